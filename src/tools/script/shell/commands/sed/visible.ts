const SIGNS: Readonly<Record<string, string>> = {
  ...{ "\\": "\\\\", "\x07": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v" },
};

/** Bytes as `l` shows them, in lines of a width; without one, in a line. */
export function visible(bytes: string, width: number, end: string): string {
  const shown = bytes.replace(
    /[^ -[\]-~]/g,
    (one) => SIGNS[one] ?? `\\${one.charCodeAt(0).toString(8).padStart(3, "0")}`,
  );
  if (width <= 0 || shown.length < width) return `${shown}$`;
  let [result, used] = ["", 0];
  for (const [piece] of shown.matchAll(/\\(?:\d{3}|.)|./g)) {
    if (used + piece.length >= width) {
      result += `\\${end}`;
      used = 0;
    }
    result += piece;
    used += piece.length;
  }
  return `${result}$`;
}
