const VERSION = /^(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})$/;

/** The three numbers of a version, which tell its order; undefined for text that is none, such as one with a suffix. */
export function readVersion(text: string): readonly [major: number, minor: number, patch: number] | undefined {
  const parts = VERSION.exec(text);
  return parts === null ? undefined : [Number(parts[1]), Number(parts[2]), Number(parts[3])];
}

/** Whether `a` is a later version than `b`. Text that is no version is later than nothing, and nothing is later than it. */
export function isLaterVersion(a: string, b: string): boolean {
  const [left, right] = [readVersion(a), readVersion(b)];
  if (left === undefined || right === undefined) return false;
  const at = left.findIndex((part, i) => part !== right[i]);
  return at !== -1 && (left[at] as number) > (right[at] as number);
}
