// asc: --runtime minimal
/** Grows and frees binary trees of depth n by a general allocator. */
function grow(depth: i32): usize {
  const node = heap.alloc(8);
  store<u32>(node, depth > 0 ? <u32>grow(depth - 1) : 0);
  store<u32>(node, depth > 0 ? <u32>grow(depth - 1) : 0, 4);
  return node;
}

function fell(node: usize): i32 {
  let count = 1;
  const left = load<u32>(node);
  if (left != 0) count += fell(left) + fell(load<u32>(node, 4));
  heap.free(node);
  return count;
}

export function run(n: i32): i32 {
  let count = 0;
  for (let turn = 0; turn < 4; turn++) count += fell(grow(n));
  return count;
}
