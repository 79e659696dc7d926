import { escapeAt } from "./escapes.ts";
import type { Pattern } from "./pattern.ts";

/** A text, the number of a group, or what happens to the case of what follows. */
export type Part = string | number | { readonly turn: string };

export interface Substitution {
  readonly parts: readonly Part[];
  readonly grouped: boolean;
  readonly global: boolean;
  readonly nth: number;
}

/** Reads what takes the place of a match. */
export function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  const say = (more: string): void => {
    const last = parts.at(-1);
    if (typeof last === "string") parts[parts.length - 1] = last + more;
    else parts.push(more);
  };
  for (let at = 0; at < text.length; ) {
    const one = text[at] as string;
    if (one === "&") {
      parts.push(0);
      at++;
    } else if (one !== "\\") {
      const next = /[&\\]/.exec(text.slice(at))?.index ?? text.length - at;
      say(text.slice(at, at + next));
      at += next;
    } else {
      const letter = text[at + 1] ?? "\\";
      const found = escapeAt(text, at);
      if (found !== undefined) say(found.text);
      else if (/\d/.test(letter)) parts.push(Number(letter));
      else if (/[ULulE]/.test(letter)) parts.push({ turn: letter });
      else say(letter);
      at = found?.end ?? at + 2;
    }
  }
  return parts;
}

/** The text with the matches replaced; undefined where none is. */
export function substituted(text: string, pattern: Pattern, what: Substitution): string | undefined {
  const { parts, grouped, global, nth } = what;
  const [part = ""] = parts;
  const only = parts.length < 2 && typeof part === "string" ? part : undefined;
  let result: string | undefined;
  let [from, count, last] = [0, 0, -1];
  for (let start = 0; start <= text.length; ) {
    const found = pattern.exec(text, start);
    if (found === undefined) break;
    const { index, end } = found;
    const width = index < end ? 0 : (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1;
    start = end + width;
    // what is empty is no match right behind another
    if (width > 0 && index === last) continue;
    last = end;
    if (++count < nth) continue;
    const groups = grouped ? pattern.groupsOf(text, found) : undefined;
    const put = only ?? filled(parts, groups ?? [text.slice(index, end)]);
    if (!global) return text.slice(0, index) + put + text.slice(end);
    result = (result ?? "") + text.slice(from, index) + put;
    from = end;
  }
  return result === undefined ? undefined : result + text.slice(from);
}

function filled(parts: readonly Part[], groups: readonly (string | undefined)[]): string {
  let [result, mode, once] = ["", "", ""];
  for (const part of parts) {
    if (typeof part === "object") {
      if (part.turn === "u" || part.turn === "l") once = part.turn;
      else [mode, once] = [part.turn === "E" ? "" : part.turn, once];
      continue;
    }
    let text = typeof part === "string" ? part : (groups[part] ?? "");
    if (text === "") continue;
    if (mode !== "") text = mode === "U" ? text.toUpperCase() : text.toLowerCase();
    if (once !== "") {
      const first = String.fromCodePoint(text.codePointAt(0) as number);
      text = (once === "u" ? first.toUpperCase() : first.toLowerCase()) + text.slice(first.length);
      once = "";
    }
    result += text;
  }
  return result;
}
