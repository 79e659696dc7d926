/** Shortest paths over a grid of 64 by 64 with a binary heap, n times. */
const SIDE = 64;
const FAR = 1 << 30;
const DISTANCE = new StaticArray<i32>(4096);
const HEAP_KEY = new StaticArray<i32>(20480);
const HEAP_NODE = new StaticArray<i32>(20480);
let size = 0;

function push(key: i32, node: i32): void {
  let i = size++;
  while (i > 0) {
    const parent = (i - 1) >> 1;
    if (HEAP_KEY[parent] <= key) break;
    HEAP_KEY[i] = HEAP_KEY[parent];
    HEAP_NODE[i] = HEAP_NODE[parent];
    i = parent;
  }
  HEAP_KEY[i] = key;
  HEAP_NODE[i] = node;
}

function pop(): void {
  const key = HEAP_KEY[--size];
  const node = HEAP_NODE[size];
  let i = 0;
  while (true) {
    let child = 2 * i + 1;
    if (child >= size) break;
    if (child + 1 < size && HEAP_KEY[child + 1] < HEAP_KEY[child]) child++;
    if (HEAP_KEY[child] >= key) break;
    HEAP_KEY[i] = HEAP_KEY[child];
    HEAP_NODE[i] = HEAP_NODE[child];
    i = child;
  }
  HEAP_KEY[i] = key;
  HEAP_NODE[i] = node;
}

function relax(x: i32, y: i32, base: i32): void {
  if (x < 0 || y < 0 || x >= SIDE || y >= SIDE) return;
  const node = y * SIDE + x;
  const distance = base + 1 + ((<u32>node * 2654435761) >> 28);
  if (distance < DISTANCE[node]) {
    DISTANCE[node] = distance;
    push(distance, node);
  }
}

export function run(n: i32): i32 {
  let sum = 0;
  for (let turn = 0; turn < n; turn++) {
    for (let i = 0; i < 4096; i++) DISTANCE[i] = FAR;
    DISTANCE[turn] = 0;
    size = 0;
    push(0, turn);
    while (size > 0) {
      const key = HEAP_KEY[0];
      const node = HEAP_NODE[0];
      pop();
      if (key > DISTANCE[node]) continue;
      const x = node % SIDE;
      const y = node / SIDE;
      relax(x + 1, y, key);
      relax(x - 1, y, key);
      relax(x, y + 1, key);
      relax(x, y - 1, key);
    }
    sum += DISTANCE[4095];
  }
  return sum;
}
