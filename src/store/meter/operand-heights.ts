/**
 * By how much each operator changes the height of the operand stack (core spec 3.3). Operators whose change hangs on a
 * type that the module declares (blocks, calls) or on a prefixed opcode are 0 here; {@link WorkBounds} adds the rest.
 * An opcode that is not known counts as a push: that a height is thought to be more than it is does no harm.
 */
export const HEIGHT = new Int8Array(256).fill(1);
/** The same behind the prefix 0xfc, and behind 0xfd up to 255; relaxed SIMD never pushes more than it pops. */
export const MISC_HEIGHT = new Int8Array(18);
export const SIMD_HEIGHT = new Int8Array(256).fill(-1);

function set(table: Int8Array, change: number, ...ranges: readonly (number | readonly [number, number])[]): void {
  for (const range of ranges) {
    const [from, to] = typeof range === "number" ? [range, range] : range;
    table.fill(change, from, to + 1);
  }
}

// unreachable to return_call_ref, delegate and catch_all: nothing but what a condition or an index takes
set(HEIGHT, 0, [0x00, 0x19], 0x1f);
set(HEIGHT, -1, 0x04, 0x0a, 0x0d, 0x0e, 0x11, 0x13, 0x14, 0x15);
set(HEIGHT, -1, 0x1a);
set(HEIGHT, -2, [0x1b, 0x1c]);
set(HEIGHT, 1, 0x20, 0x23);
set(HEIGHT, 0, 0x22, 0x25);
set(HEIGHT, -1, 0x21, 0x24);
set(HEIGHT, -2, 0x26);
set(HEIGHT, 0, [0x28, 0x35], 0x40);
set(HEIGHT, -2, [0x36, 0x3e]);
set(HEIGHT, 1, 0x3f, [0x41, 0x44]);
// numeric operators: tests, conversions and those of one operand keep the height, the others take two
set(HEIGHT, -1, [0x46, 0xa6]);
set(HEIGHT, 0, 0x45, 0x50, [0x67, 0x69], [0x79, 0x7b], [0x8b, 0x91], [0x99, 0x9f], [0xa7, 0xc4]);
set(HEIGHT, 1, 0xd0, 0xd2);
set(HEIGHT, 0, 0xd1, 0xd4, 0xd5, 0xfc, 0xfd);
set(HEIGHT, -1, 0xd3, 0xd6);

// memory.init, copy, fill, table.init, copy, fill; table.grow; table.size
set(MISC_HEIGHT, -3, 8, 10, 11, 12, 14, 17);
set(MISC_HEIGHT, -1, 15);
set(MISC_HEIGHT, 1, 16);

// loads, splats, extract_lane, not, any_true, and what has one operand
set(SIMD_HEIGHT, 0, [0, 10], [15, 22], 24, 25, 27, 29, 31, 33, 77, 83, [92, 100], [103, 106]);
set(SIMD_HEIGHT, 0, 116, 117, 122, [124, 129], 131, 132, [135, 138], 148, 160, 161, 163, 164, [167, 170]);
set(SIMD_HEIGHT, 0, 192, 193, 195, 196, [199, 202], 224, 225, 227, 236, 237, 239, [248, 255]);
// v128.store, bitselect, store_lane
set(SIMD_HEIGHT, -2, 11, 82, [88, 91]);
// v128.const
set(SIMD_HEIGHT, 1, 12);
