const SIGNS: Readonly<Record<string, string>> = { a: "\x07", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" };

/** The character that a backslash at a place and what follows stand for; undefined where they stand for none. */
export function escapeAt(text: string, at: number): { readonly text: string; readonly end: number } | undefined {
  const letter = text[at + 1] ?? "";
  const sign = SIGNS[letter];
  if (sign !== undefined) return { text: sign, end: at + 2 };
  if (letter === "c" && at + 2 < text.length)
    return {
      text: String.fromCharCode((text[at + 2] as string).toUpperCase().charCodeAt(0) ^ 64),
      end: at + 3,
    };
  const digits = /^(?:x([0-9a-fA-F]{1,2})|o([0-7]{1,3})|d([0-9]{1,3}))/.exec(text.slice(at + 1, at + 5));
  if (digits === null) return undefined;
  const [all, hex, octal, decimal] = digits;
  const code = hex ? Number.parseInt(hex, 16) : octal ? Number.parseInt(octal, 8) : Number(decimal);
  return { text: String.fromCharCode(code & 255), end: at + 1 + all.length };
}

/** Text with its characters in the place of what stands for them; a backslash before another is left out. */
export function plainText(text: string): string {
  let result = "";
  for (let at = 0; at < text.length; ) {
    const next = text.indexOf("\\", at);
    if (next < 0) return result + text.slice(at);
    result += text.slice(at, next);
    const found = escapeAt(text, next);
    result += found?.text ?? text[next + 1] ?? "";
    at = found?.end ?? next + 2;
  }
  return result;
}
