const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const DIGITS = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * Whether a text is base64 that decodes to one thing for every reader (RFC 4648 §4): padded, nothing between the digits,
 * and no bits left over. Linear in its length.
 */
export function isBase64(text: string): boolean {
  if (text.length % 4 !== 0 || !DIGITS.test(text)) return false;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  if (padding === 0) return true;
  const last = ALPHABET.indexOf(text[text.length - padding - 1] as string);
  return (last & (padding === 2 ? 0b1111 : 0b11)) === 0;
}

/** How many bytes it decodes to. */
export function base64Bytes(text: string): number {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return (text.length / 4) * 3 - padding;
}
