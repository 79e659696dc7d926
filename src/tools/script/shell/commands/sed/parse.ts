// A script of sed as commands.
import { Failure } from "../command.ts";
import { addressesAt } from "./addresses.ts";
import type { Chunk, Command, Manner } from "./program.ts";
import { Reader } from "./reader.ts";
import { wordsAt } from "./words.ts";

type Open = Command & { jump: number };

/** Throws a {@link Failure} that says what is wrong, and where. */
export function commandsOf(chunks: readonly Chunk[], manner: Manner): readonly Command[] {
  const reader = new Reader(chunks, manner);
  const commands: Open[] = [];
  const blocks: Open[] = [];
  for (reader.skip(/[\s;]/); reader.here !== ""; reader.skip(/[\s;]/)) {
    const addresses = addressesAt(reader);
    const name = reader.pass();
    const { from, to } = addresses;
    if (name === "") reader.fail("missing command");
    if (name === "#") {
      if (from !== undefined) reader.fail("comments don't accept any addresses");
      reader.skip(/[^\n]/);
      continue;
    }
    if (name === "}") {
      const block = blocks.pop();
      if (block === undefined || from !== undefined) return reader.fail("unexpected `}'");
      block.jump = commands.length;
      reader.end();
      continue;
    }
    if (name === ":" && from !== undefined) reader.fail(": doesn't want any addresses");
    if (/[qQ]/.test(name) && to !== undefined) reader.fail("command only uses one address");
    const command = { name, ...addresses, jump: 0, ...wordsAt(reader, name) };
    if (name === "{") blocks.push(command);
    commands.push(command);
  }
  if (blocks.length > 0) throw new Failure("-e expression #1, char 0: unmatched `{'");
  label(commands);
  return commands;
}

/** Says of each jump where it leads. */
function label(commands: readonly Open[]): void {
  const labels = new Map<string, number>();
  for (const [i, { name, text = "" }] of commands.entries()) if (name === ":") labels.set(text, i);
  for (const command of commands) {
    if (!/[btT]/.test(command.name)) continue;
    const { text = "" } = command;
    const jump = text === "" ? commands.length : labels.get(text);
    if (jump === undefined) throw new Failure(`can't find label for jump to \`${text}'`, 4);
    command.jump = jump;
  }
}
