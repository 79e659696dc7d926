/** A radix-2 Fourier transform of 2^n complex doubles, in place, forth. */
const RE = new StaticArray<f64>(65536);
const IM = new StaticArray<f64>(65536);

export function run(n: i32): i32 {
  const size = 1 << n;
  for (let i = 0; i < size; i++) {
    RE[i] = (i * 37) % 101;
    IM[i] = 0;
  }
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    while (j & bit) {
      j ^= bit;
      bit >>= 1;
    }
    j ^= bit;
    if (i < j) {
      const t = RE[i];
      RE[i] = RE[j];
      RE[j] = t;
    }
  }
  for (let half = 1; half < size; half <<= 1) {
    const angle = -Math.PI / half;
    const stepRe = Math.cos(angle);
    const stepIm = Math.sin(angle);
    for (let base = 0; base < size; base += half << 1) {
      let wr: f64 = 1;
      let wi: f64 = 0;
      for (let k = base; k < base + half; k++) {
        const tr = wr * RE[k + half] - wi * IM[k + half];
        const ti = wr * IM[k + half] + wi * RE[k + half];
        RE[k + half] = RE[k] - tr;
        IM[k + half] = IM[k] - ti;
        RE[k] += tr;
        IM[k] += ti;
        const next = wr * stepRe - wi * stepIm;
        wi = wr * stepIm + wi * stepRe;
        wr = next;
      }
    }
  }
  let sum: f64 = 0;
  for (let i = 0; i < size; i++) sum += Math.abs(RE[i]) + Math.abs(IM[i]);
  return <i32>sum;
}
