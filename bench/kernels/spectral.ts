/** The spectral norm of a matrix that is computed as it is read: n by n divisions, a small function in each. */
const U = new StaticArray<f64>(1024);
const V = new StaticArray<f64>(1024);
const T = new StaticArray<f64>(1024);

function cell(i: i32, j: i32): f64 {
  return 1.0 / (((i + j) * (i + j + 1)) / 2 + i + 1);
}

function times(n: i32, from: StaticArray<f64>, to: StaticArray<f64>, transposed: bool): void {
  for (let i = 0; i < n; i++) {
    let sum: f64 = 0;
    for (let j = 0; j < n; j++) sum += (transposed ? cell(j, i) : cell(i, j)) * from[j];
    to[i] = sum;
  }
}

export function run(n: i32): i32 {
  for (let i = 0; i < n; i++) U[i] = 1;
  for (let turn = 0; turn < 4; turn++) {
    times(n, U, T, false);
    times(n, T, V, true);
    times(n, V, T, false);
    times(n, T, U, true);
  }
  let uv: f64 = 0;
  let vv: f64 = 0;
  for (let i = 0; i < n; i++) {
    uv += U[i] * V[i];
    vv += V[i] * V[i];
  }
  return <i32>(Math.sqrt(uv / vv) * 1e8);
}
