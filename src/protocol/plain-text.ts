/**
 * Control characters, line and paragraph separators, bidirectional and invisible formatting, private use,
 * unassigned code points and halves of surrogate pairs (Unicode general categories C, Zl, Zp; UTS 55).
 */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/**
 * One line of text that no terminal, log or dialog can misread: what could move the cursor, reorder, hide or forge
 * a line is written as `\u{…}`, and what is beyond `max` characters is cut and marked with an ellipsis.
 */
export function plainLine(text: string, max: number): string {
  const cut = text.length > max ? `${text.slice(0, endsInPair(text, max) ? max - 1 : max)}…` : text;
  return cut.replace(UNSAFE, (character) => `\\u{${(character.codePointAt(0) as number).toString(16)}}`);
}

function endsInPair(text: string, at: number): boolean {
  return (text.codePointAt(at - 1) ?? 0) > 0xffff;
}
