const WHO: Readonly<Record<string, number>> = { u: 0o4700, g: 0o2070, o: 0o1007, a: 0o7777 };
const WHAT: Readonly<Record<string, number>> = { r: 0o444, w: 0o222, x: 0o111, s: 0o6000, t: 0o1000, X: 0 };

/** The bits that a mode of -perm stands for, octal or symbolic (`u=rw,g+x`); undefined for one that is none. */
export function permissionsOf(mode: string): number | undefined {
  if (/^[0-7]{1,5}$/.test(mode)) {
    const bits = Number.parseInt(mode, 8);
    return bits > 0o7777 ? undefined : bits;
  }
  let bits = 0;
  for (const clause of mode.split(",")) {
    const [, who = "", actions = ""] = /^([ugoa]*)((?:[-+=](?:[rwxXst]*|[ugo]))+)$/.exec(clause) ?? [];
    if (actions === "") return undefined;
    const mask = who === "" ? 0o7777 : [...who].reduce((sum, letter) => sum | (WHO[letter] as number), 0);
    for (const [, sign, letters = ""] of actions.matchAll(/([-+=])([a-zA-Z]*)/g)) {
      const copied = /^[ugo]$/.test(letters) ? copiedFrom(bits, letters) : undefined;
      const named = copied ?? [...letters].reduce((sum, letter) => sum | (WHAT[letter] as number), 0);
      // the sticky bit is nobody's
      const change = named & (mask | (letters.includes("t") && who === "" ? 0o1000 : 0));
      if (sign === "-") bits &= ~change;
      else bits = sign === "+" ? bits | change : (bits & ~(mask & 0o777)) | change;
    }
  }
  return bits;
}

/** What a class may, for all of them. */
function copiedFrom(bits: number, who: string): number {
  const three = (bits >> { u: 6, g: 3, o: 0 }[who as "u" | "g" | "o"]) & 7;
  return three * 0o111;
}
