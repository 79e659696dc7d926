// asc: --runtime incremental
/** Prints doubles by the shortest digits that read back the same, and reads them again, n times. */
export function run(n: i32): i32 {
  let hash = 0;
  for (let i = 1; i <= n; i++) {
    const text = (<f64>i / 7 + 1 / <f64>i).toString();
    const back = parseFloat(text);
    hash = hash * 31 + text.length + <i32>back;
  }
  return hash;
}
