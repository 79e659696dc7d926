import { forwardAnswer, readRequest, requestAt, requestLength } from "../guest/forward.ts";

// @ts-ignore: decorator
@external("tollgate", "kv.get")
declare function call(request: usize, length: i32): i32;

export function _start(): void {
  readRequest();
  forwardAnswer(call(requestAt(), requestLength()));
}
