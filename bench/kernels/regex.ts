/** A matcher of regular expressions that goes back, by recursion, over a line of text, n times. */
const LINE = "the quick brown fox jumps over the lazy dog and aaaaaaaaaaaaab";
const PATTERNS = ["a*a*b$", "f.x.*o.e", "z*y.d", "q.*k.*l"];
const TEXT = memory.data(128);
const PATTERN = memory.data(256);

function matchStar(c: u8, pattern: usize, text: usize): bool {
  do {
    if (matchHere(pattern, text)) return true;
    const t = load<u8>(text++);
    if (t == 0 || (t != c && c != 46)) return false;
  } while (true);
}

function matchHere(pattern: usize, text: usize): bool {
  const c = load<u8>(pattern);
  if (c == 0) return true;
  const next = load<u8>(pattern + 1);
  if (next == 42) return matchStar(c, pattern + 2, text);
  if (c == 36 && next == 0) return load<u8>(text) == 0;
  const t = load<u8>(text);
  return t != 0 && (c == 46 || c == t) ? matchHere(pattern + 1, text + 1) : false;
}

export function run(n: i32): i32 {
  for (let i = 0; i < LINE.length; i++) store<u8>(TEXT + i, LINE.charCodeAt(i));
  for (let p = 0; p < PATTERNS.length; p++) {
    for (let i = 0; i < PATTERNS[p].length; i++) store<u8>(PATTERN + p * 64 + i, PATTERNS[p].charCodeAt(i));
  }
  let found = 0;
  for (let turn = 0; turn < n; turn++) {
    const pattern = PATTERN + (turn & 3) * 64;
    for (let at = 0; at <= LINE.length; at++) if (matchHere(pattern, TEXT + at)) found += at;
  }
  return found;
}
