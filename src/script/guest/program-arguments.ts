import { addressOf, hostFunction, native, SCRATCH, scratchView } from "./native.ts";

const sizesGet = hostFunction("args_sizes_get");
const get = hostFunction("args_get");

/** What the permit of this run says beside the call: strings that no caller can reach. None where it says nothing. */
export function programArguments(): readonly string[] {
  if (sizesGet(SCRATCH, SCRATCH + 4) !== 0) return [];
  const count = scratchView.getUint32(0, true);
  const size = scratchView.getUint32(4, true);
  if (count === 0) return [];
  const bytes = new Uint8Array(4 * count + size);
  const at = addressOf(bytes);
  if (get(at, at + 4 * count) !== 0) return [];
  return native
    .decode(at + 4 * count, size)
    .split("\0")
    .slice(0, count);
}
