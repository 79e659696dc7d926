/** The Mandelbrot set on n by n points, 50 turns at most each. */
export function run(n: i32): i32 {
  let total = 0;
  for (let y = 0; y < n; y++) {
    for (let x = 0; x < n; x++) {
      const cr = (2.0 * x) / n - 1.5;
      const ci = (2.0 * y) / n - 1;
      let zr: f64 = 0;
      let zi: f64 = 0;
      let i = 0;
      while (i < 50 && zr * zr + zi * zi < 4) {
        const next = zr * zr - zi * zi + cr;
        zi = 2 * zr * zi + ci;
        zr = next;
        i++;
      }
      total += i;
    }
  }
  return total;
}
