/** The product of two n by n matrices of floats, four columns at a time. */
const A = memory.data(262144, 16);
const B = memory.data(262144, 16);
const C = memory.data(262144, 16);

export function run(n: i32): i32 {
  for (let i = 0; i < n * n; i++) {
    store<f32>(A + (i << 2), <f32>(i % 7));
    store<f32>(B + (i << 2), <f32>(i % 5));
  }
  const row = n << 2;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < row; j += 16) {
      let sum = f32x4.splat(0);
      let b = B + j;
      for (let k = 0; k < row; k += 4) {
        sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(A + i * row + k), v128.load(b)));
        b += row;
      }
      v128.store(C + i * row + j, sum);
    }
  }
  let sum: f32 = 0;
  for (let i = 0; i < n * n; i++) sum += load<f32>(C + (i << 2));
  return <i32>sum;
}
