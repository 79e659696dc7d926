/** Characters of one stream that an answer carries. */
const MOST = 512 * 1024;
const KEPT_AT_END = MOST / 4;

/**
 * The text as an answer carries it, and how many characters of it were left out: of a long one its beginning and its
 * end, with a line between them that says how much is missing.
 */
export function bounded(text: string): { readonly text: string; readonly cut: number } {
  const whole = text.toWellFormed();
  if (whole.length <= MOST) return { text: whole, cut: 0 };
  const head = whole.slice(0, MOST - KEPT_AT_END);
  const tail = whole.slice(-KEPT_AT_END);
  const cut = whole.length - head.length - tail.length;
  return {
    text: `${head}\n[tollgate: ${cut} characters left out here: write long output to a file, or ask for less]\n${tail}`.toWellFormed(),
    cut,
  };
}
