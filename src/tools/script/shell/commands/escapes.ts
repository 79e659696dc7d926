// Escapes with a backslash, as C has them: read and written.

/** What the letter behind a backslash stands for. */
export const ESCAPES: Readonly<Record<string, string>> = {
  ...{ a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v", "\\": "\\" },
};
const LETTERS: ReadonlyMap<string, string> = new Map(
  Object.entries(ESCAPES).map(([letter, character]) => [character, letter]),
);

/** A character as its number in octal digits: `\033`. */
export function octalEscape(character: string): string {
  return `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`;
}

/** A character by its letter where it has one, else by its number: `\n`, `\033`. */
export function escapeOf(character: string): string {
  const letter = LETTERS.get(character);
  return letter === undefined ? octalEscape(character) : `\\${letter}`;
}
