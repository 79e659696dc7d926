// What a host call left to be read: n ≥ 0 is an answer of n bytes, n < 0 an error document of −1 − n bytes.

/** Copies up to `length` bytes from `offset` of what the last host call left; answers how many, or -1. */
// @ts-ignore: decorator
@external("tollgate", "answer_read")
export declare function answer_read(to: usize, offset: i32, length: i32): i32;

/** How many bytes wait after a host call that gave `result`. */
export function answerLength(result: i32): usize {
  return <usize>(result < 0 ? -1 - result : result);
}
