// How many characters and columns bytes come to, for what counts them.

const SURROGATE_BYTE = 0xdc00;
const NOT_ASCII = /[\x80-\xff]+/g;
const SEQUENCE =
  /[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}/g;

/** The characters that bytes spell; a byte that is none of UTF-8 is a lone surrogate, which takes no column. */
function decoded(bytes: string): string {
  return bytes.replace(NOT_ASCII, (run) => {
    let text = "";
    let from = 0;
    for (const { 0: sequence, index } of run.matchAll(SEQUENCE)) {
      if (index > from) text += surrogates(run.slice(from, index));
      text += decodeURIComponent(escapedBytes(sequence));
      from = index + sequence.length;
    }
    return from < run.length ? text + surrogates(run.slice(from)) : text;
  });
}

const escapedBytes = (bytes: string): string => bytes.replace(/./gs, (one) => `%${one.charCodeAt(0).toString(16)}`);
const surrogates = (bytes: string): string =>
  bytes.replace(/./gs, (one) => String.fromCharCode(SURROGATE_BYTE + one.charCodeAt(0)));

/** How many characters bytes spell; those that spell none are not counted. */
export function charactersIn(bytes: string): number {
  let count = bytes.length;
  for (const [run] of bytes.matchAll(NOT_ASCII)) count += (run.match(SEQUENCE)?.length ?? 0) - run.length;
  return count;
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/gu;
const NARROW = /[\p{Mn}\p{Me}\p{Cc}\u200b-\u200f\ud800-\udfff]/gu;

/** How many columns characters take on a screen, without tabs. */
function widthOfText(text: string): number {
  if (/^[ -\x7e]*$/.test(text)) return text.length;
  return [...text].length + (text.match(WIDE)?.length ?? 0) - (text.match(NARROW)?.length ?? 0);
}

/** How many columns the bytes of a line take, a tab up to the next of every eighth. */
export function columnsOf(line: string): number {
  const [first = "", ...rest] = line.split("\t");
  let columns = widthOfText(decoded(first));
  for (const part of rest) columns += 8 - (columns % 8) + widthOfText(decoded(part));
  return columns;
}
