/** Takeuchi's function: three-way recursion, nothing but calls. */
function tak(x: i32, y: i32, z: i32): i32 {
  return y >= x ? z : tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y));
}

export function run(n: i32): i32 {
  return tak(n, (n * 2) / 3, n / 3);
}
