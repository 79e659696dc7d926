/** The n queens, by bit masks: recursion inside a loop of few turns. */
function place(all: i32, columns: i32, left: i32, right: i32): i32 {
  if (columns == all) return 1;
  let found = 0;
  let free = all & ~(columns | left | right);
  while (free != 0) {
    const bit = free & -free;
    free ^= bit;
    found += place(all, columns | bit, (left | bit) << 1, (right | bit) >> 1);
  }
  return found;
}

export function run(n: i32): i32 {
  return place((1 << n) - 1, 0, 0, 0);
}
