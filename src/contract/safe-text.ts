const PLAIN = /^[ -~]*$/;

/**
 * What has no visible shape of its own, or changes the shape of what stands around it: controls, format
 * characters, surrogates, private use and unassigned (C), every separator (Z, the plain space is let through),
 * default-ignorable code points (zero-width, variation selectors, tags, fillers), bidirectional controls, and the
 * one blank letter outside those classes, U+2800.
 */
const UNSAFE = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\u2800]/u;

/**
 * Makes text from outside fit for a terminal, a question to a person, a reason or a log: the answer is one line of
 * at most `max` code points in which every character can be seen. Controls (ESC and newlines among them), bidirectional
 * controls, invisible, zero-width and tag characters, odd spaces and lone surrogates stand as `\u{…}`; an escape is
 * never cut in two. What is too long ends with `…`, which counts. Sources: Unicode UAX #9 §2 (bidirectional
 * controls), UTR #36 §3.1 and UTS #39 §3.1 (what identifiers should not hold), UAX #44 (default-ignorable).
 *
 * `max` is a whole number of at least 1. Work is bounded by `max`, not by the length of `value`.
 */
export function safeText(value: string, max: number): string {
  if (value.length <= max && PLAIN.test(value)) return value;
  let text = "";
  let length = 0;
  let cut = 0; // where `text` may end so that an ellipsis still fits
  for (const character of value) {
    const shown = character !== " " && UNSAFE.test(character) ? escaped(character) : character;
    const width = shown.length === character.length ? 1 : shown.length;
    if (length + width > max) return `${text.slice(0, cut)}…`;
    text += shown;
    length += width;
    if (length < max) cut = text.length;
  }
  return text;
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) as number).toString(16)}}`;
}
