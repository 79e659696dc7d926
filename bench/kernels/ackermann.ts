/** Ackermann's function: recursion as deep as it is wide. */
function ackermann(m: i32, n: i32): i32 {
  if (m == 0) return n + 1;
  if (n == 0) return ackermann(m - 1, 1);
  return ackermann(m - 1, ackermann(m, n - 1));
}

export function run(n: i32): i32 {
  return ackermann(2, n);
}
