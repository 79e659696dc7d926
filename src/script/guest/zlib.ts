// What scripts find as `node:zlib`: whole buffers only.

import { gunzipSync as gunzip, gzipSync as gzip } from "fflate";

type Level = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

export const constants = {
  Z_NO_COMPRESSION: 0,
  Z_BEST_SPEED: 1,
  Z_BEST_COMPRESSION: 9,
  Z_DEFAULT_COMPRESSION: -1,
} as const;

export function gzipSync(bytes: Uint8Array, { level = -1 }: { readonly level?: number } = {}): Uint8Array {
  return gzip(bytes, { level: (level < 0 ? 6 : level) as Level, mtime: 0 });
}

export function gunzipSync(bytes: Uint8Array): Uint8Array {
  return gunzip(bytes);
}
