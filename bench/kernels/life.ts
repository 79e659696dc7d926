/** Conway's game of life on 128 by 128 cells, n generations. */
const SIDE = 128;
const NOW = memory.data(16384);
const NEXT = memory.data(16384);

export function run(n: i32): i32 {
  for (let i = 0; i < 16384; i++) store<u8>(NOW + i, (i * i) % 7 == 0 || i % 5 == 0 ? 1 : 0);
  for (let turn = 0; turn < n; turn++) {
    for (let y = 0; y < SIDE; y++) {
      const above = ((y + SIDE - 1) % SIDE) * SIDE;
      const below = ((y + 1) % SIDE) * SIDE;
      for (let x = 0; x < SIDE; x++) {
        const left = (x + SIDE - 1) % SIDE;
        const right = (x + 1) % SIDE;
        const here = y * SIDE;
        const around =
          load<u8>(NOW + above + left) +
          load<u8>(NOW + above + x) +
          load<u8>(NOW + above + right) +
          load<u8>(NOW + here + left) +
          load<u8>(NOW + here + right) +
          load<u8>(NOW + below + left) +
          load<u8>(NOW + below + x) +
          load<u8>(NOW + below + right);
        const alive = around == 3 || (around == 2 && load<u8>(NOW + here + x) != 0);
        store<u8>(NEXT + here + x, alive ? 1 : 0);
      }
    }
    memory.copy(NOW, NEXT, 16384);
  }
  let cells = 0;
  for (let i = 0; i < 16384; i++) cells += load<u8>(NOW + i) * i;
  return cells;
}
