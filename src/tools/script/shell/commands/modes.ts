// Permission bits as commands are given them: octal or symbolic.

/** What files are made without, as the shell's `umask` says. */
export const UMASK = 0o022;

const WHO: Readonly<Record<string, number>> = { u: 0o4700, g: 0o2070, o: 0o1007, a: 0o7777 };
const SHIFT: Readonly<Record<string, number>> = { u: 6, g: 3, o: 0 };
const BITS: Readonly<Record<string, number>> = { r: 0o444, w: 0o222, x: 0o111, s: 0o6000, t: 0o1000 };
const CLAUSE = /^([ugoa]*)((?:[-+=](?:[ugo]|[rwxXst]*|[0-7]+))+)$/;
const ACTION = /([-+=])([0-7]+|[ugo]|[rwxXst]*)/g;

/** A change of permission bits: from what there is to what is to be. */
export type ModeChange = (mode: number, isFolder: boolean) => number;

/** What a mode's text asks for; undefined for one that is none. Bits of `umask` are not changed for nobody in particular. */
export function modeChange(text: string, umask = UMASK): ModeChange | undefined {
  if (/^[0-7]+$/.test(text)) {
    const mode = Number.parseInt(text, 8);
    if (mode > 0o7777) return undefined;
    // a folder keeps its set-id bits unless they are named
    const kept = text.length > 4 ? 0 : 0o6000;
    return (old, isFolder) => (isFolder ? mode | (old & kept) : mode);
  }
  const clauses = text.split(",").map((clause) => CLAUSE.exec(clause));
  if (clauses.includes(null)) return undefined;
  return (old, isFolder) => {
    let mode = old;
    for (const [, who = "", actions = ""] of clauses as RegExpExecArray[])
      for (const [, operator = "", what = ""] of actions.matchAll(ACTION))
        mode = applied(mode, isFolder, umask, who, operator, what);
    return mode;
  };
}

function applied(mode: number, isFolder: boolean, umask: number, who: string, operator: string, what: string): number {
  const named = [...who].reduce((bits, letter) => bits | (WHO[letter] as number), 0);
  const affected = who === "" ? 0o7777 : named;
  // without a who the umask holds back
  const allowed = who === "" ? 0o7777 & ~umask : named;
  let bits = 0;
  if (/^[0-7]+$/.test(what)) {
    bits = Number.parseInt(what, 8) & 0o7777;
  } else if (/^[ugo]$/.test(what)) {
    const from = (mode >> (SHIFT[what] as number)) & 7;
    bits = (from << 6) | (from << 3) | from;
  } else {
    for (const letter of what)
      bits |= letter === "X" ? (isFolder || (mode & 0o111) !== 0 ? 0o111 : 0) : (BITS[letter] ?? 0);
  }
  bits &= allowed;
  if (operator === "+") return mode | bits;
  if (operator === "-") return mode & ~bits;
  const keptBits = isFolder && !/[st]/.test(what) ? 0o6000 : 0;
  return (mode & ~(affected & ~keptBits)) | bits;
}
