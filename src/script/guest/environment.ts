import { hostFunction, native, SCRATCH, SCRATCH_BYTES, scratchView } from "./native.ts";

const sizesGet = hostFunction("environ_sizes_get");
const get = hostFunction("environ_get");

/** The variables that the tool was given, by name; none where it was given none. */
export function environment(): Readonly<Record<string, string>> {
  if (sizesGet(SCRATCH, SCRATCH + 4) !== 0) return {};
  const count = scratchView.getUint32(0, true);
  const size = scratchView.getUint32(4, true);
  const texts = SCRATCH + 4 * count;
  if (4 * count + size > SCRATCH_BYTES) throw new Error("the variables are too long to be read");
  if (get(SCRATCH, texts) !== 0) return {};
  const entries = native
    .decode(texts, size)
    .split("\0")
    .filter((entry) => entry !== "")
    .map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]);
  return Object.fromEntries(entries);
}
