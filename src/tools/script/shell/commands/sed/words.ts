// What stands behind the names of commands.
import { plainText } from "./escapes.ts";
import type { Arguments } from "./program.ts";
import type { Reader } from "./reader.ts";
import { substitutionAt } from "./substitution.ts";
import { tableAt } from "./table.ts";

type Words = (reader: Reader) => Arguments;

const nothing: Words = (reader) => {
  reader.end();
  return {};
};

const text: Words = (reader) => {
  reader.blanks();
  if (reader.here === "") reader.fail("expected \\ after `a', `c' or `i'");
  if (reader.take(/^\\[ \t]*$/) !== undefined) return {};
  // a backslash keeps the blanks behind it, where there is more than those
  if (reader.take(/^\\[ \t]*\n/) === undefined) reader.take(/^\\/);
  return { text: plainText(reader.lines()) };
};

const label: Words = (reader) => {
  reader.blanks();
  return { text: reader.skip(/[^\s;}#]/) };
};

const file: Words = (reader) => ({ text: fileNameAt(reader) });

const number: Words = (reader) => {
  reader.blanks();
  const given = reader.number();
  reader.end();
  return given === undefined ? {} : { number: given };
};

/** The rest of the line. */
export function fileNameAt(reader: Reader): string {
  reader.blanks();
  const name = reader.skip(/[^\n]/);
  if (name === "") reader.fail("missing filename in r/R/w/W commands");
  return name;
}

const WORDS: Readonly<Record<string, Words>> = {
  "{": () => ({}),
  ":": (reader) => {
    const found = label(reader);
    if (found.text === "") reader.fail('":" lacks a label');
    return found;
  },
  e: (reader) => reader.fail("e/r/w commands disabled in sandbox mode"),
  s: substitutionAt,
  v: (reader) => {
    reader.skip(/[^\n;]/);
    return {};
  },
  y: tableAt,
  ...Object.fromEntries([..."=dDgGhHnNpPxzF"].map((name) => [name, nothing])),
  ...Object.fromEntries([..."aic"].map((name) => [name, text])),
  ...Object.fromEntries([..."btT"].map((name) => [name, label])),
  ...Object.fromEntries([..."lqQ"].map((name) => [name, number])),
  ...Object.fromEntries([..."rRwW"].map((name) => [name, file])),
};

/** Reads what belongs to a command. */
export function wordsAt(reader: Reader, name: string): Arguments {
  const words = Object.hasOwn(WORDS, name) ? WORDS[name] : undefined;
  return words === undefined ? reader.fail(`unknown command: \`${name}'`) : words(reader);
}
