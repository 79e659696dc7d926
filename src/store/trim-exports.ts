import { ALLOCATORS, ENTRY_POINTS, INITIALIZER } from "./module-report.ts";

const EXPORT_SECTION = 7;
const HEADER_BYTES = 8;
const KIND = { function: 0, memory: 2 } as const;
/** Names that the meter added, and the guest cannot have. */
const METER_PREFIX = "tollgate:";
/** With so few there is little to gain. */
const FEW = 16;

const USED: ReadonlySet<string> = new Set([...ENTRY_POINTS, ...ALLOCATORS, INITIALIZER]);

/**
 * The module without the exports that no host looks at, or undefined where it has few. The engine makes a JavaScript
 * function for each exported function of each instance: QuickJS, which exports 480, is instantiated three times as fast
 * without. `bytes` must be a module that the meter wrote: it declares what `ref.func` refers to by itself, where
 * otherwise an export may be what declares it (core specification 3.4.10).
 */
export function trimExports(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | undefined {
  const reader = { bytes, at: HEADER_BYTES };
  while (reader.at < bytes.length) {
    const start = reader.at;
    const id = bytes[reader.at++];
    const size = u32(reader);
    if (id === EXPORT_SECTION) return replaced(bytes, start, reader.at, reader.at + size);
    reader.at += size;
  }
  return undefined;
}

interface Reader {
  readonly bytes: Uint8Array;
  at: number;
}

function replaced(
  bytes: Uint8Array<ArrayBuffer>,
  start: number,
  from: number,
  end: number,
): Uint8Array<ArrayBuffer> | undefined {
  const reader = { bytes, at: from };
  const count = u32(reader);
  if (count <= FEW) return undefined;
  const kept: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const at = reader.at;
    const length = u32(reader);
    const name = Buffer.from(bytes.buffer, bytes.byteOffset + reader.at, length).toString("latin1");
    reader.at += length;
    const kind = bytes[reader.at++];
    u32(reader);
    const used = kind === KIND.memory || (kind === KIND.function && USED.has(name)) || name.startsWith(METER_PREFIX);
    if (used) kept.push(bytes.subarray(at, reader.at));
  }
  const items = kept.reduce((sum, item) => sum + item.length, 0);
  const counted = leb(kept.length);
  const head = [EXPORT_SECTION, ...leb(counted.length + items), ...counted];
  const trimmed = new Uint8Array(start + head.length + items + bytes.length - end);
  trimmed.set(bytes.subarray(0, start));
  trimmed.set(head, start);
  let to = start + head.length;
  for (const item of kept) {
    trimmed.set(item, to);
    to += item.length;
  }
  trimmed.set(bytes.subarray(end), to);
  return trimmed;
}

/** An unsigned LEB128 of 32 bits (5.2.2); the module was validated. */
function u32(reader: Reader): number {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = reader.bytes[reader.at++] as number;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value >>> 0;
  }
}

function leb(value: number): number[] {
  const bytes: number[] = [];
  for (let left = value; ; left >>>= 7) {
    if (left < 0x80) return [...bytes, left];
    bytes.push((left & 0x7f) | 0x80);
  }
}
