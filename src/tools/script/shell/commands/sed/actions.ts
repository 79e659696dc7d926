// What the commands do.
import type { Machine } from "./machine.ts";
import type { Command } from "./program.ts";
import { substituted } from "./substitute.ts";
import { visible } from "./visible.ts";

/** What follows: the next command, another one, or the end of the cycle. */
export type Next = undefined | number | "print" | "delete" | "again" | "quit";

/** Does what a command says; `active` is whether lines of its range follow. */
export type Action = (machine: Machine, command: Command, active: boolean) => Next;

const firstLine = (text: string, end: string): [text: string, whole: boolean] => {
  const at = text.indexOf(end);
  return at < 0 ? [text, true] : [text.slice(0, at), false];
};

export const ACTIONS: Readonly<Record<string, Action>> = {
  "{": () => undefined,
  ":": () => undefined,
  v: () => undefined,
  "=": (machine) => {
    machine.output.line(`${machine.lines.number}`);
  },
  a: (machine, { text }) => {
    machine.pending.push(text === undefined ? "" : `${text}\n`);
  },
  b: (_, { jump }) => jump,
  c: (machine, { text }, active) => {
    if (!active && text !== undefined) machine.output.line(text);
    return "delete";
  },
  d: () => "delete",
  D: (machine) => {
    const { space } = machine;
    const at = space.indexOf(machine.end);
    if (at < 0) return "delete";
    machine.space = space.slice(at + 1);
    return "again";
  },
  F: (machine) => {
    machine.output.line(machine.lines.name);
  },
  g: (machine) => {
    machine.space = machine.hold;
    machine.ended = machine.holdEnded;
  },
  G: (machine) => {
    machine.space += machine.end + machine.hold;
    machine.ended = machine.holdEnded;
  },
  h: (machine) => {
    machine.hold = machine.space;
    machine.holdEnded = machine.ended;
  },
  H: (machine) => {
    machine.hold += machine.end + machine.space;
    machine.holdEnded = machine.ended;
  },
  i: (machine, { text }) => {
    if (text !== undefined) machine.output.line(text);
  },
  l: (machine, { number }) => {
    const { width, encode } = machine.world;
    machine.output.line(visible(encode(machine.space), number ?? width, machine.end));
  },
  n: (machine) => {
    if (machine.lines.isLast()) return "print";
    if (!machine.world.silent) machine.print();
    machine.next();
    return undefined;
  },
  N: (machine) => {
    if (machine.lines.isLast()) return machine.world.posix ? "delete" : "print";
    const before = machine.space + machine.end;
    machine.next();
    machine.space = before + machine.space;
    return undefined;
  },
  p: (machine) => {
    machine.print();
  },
  P: (machine) => {
    const [line, whole] = firstLine(machine.space, machine.end);
    machine.output.line(line, !whole || machine.ended);
  },
  q: (machine, { number = 0 }) => {
    if (!machine.world.silent) machine.print();
    machine.code = number;
    return "quit";
  },
  Q: (machine, { number = 0 }) => {
    machine.code = number;
    return "quit";
  },
  r: (machine, { text = "" }) => {
    machine.pending.push(machine.world.content(text) ?? "");
  },
  R: (machine, { text = "" }) => {
    const line = machine.lineOf(text);
    if (line !== undefined) machine.pending.push(line);
  },
  s: (machine, command) => {
    const what = command.substitution as NonNullable<Command["substitution"]>;
    const result = substituted(machine.space, machine.pattern(command.pattern), what);
    if (result === undefined) return;
    machine.space = result;
    machine.replaced = true;
    if (what.prints) machine.print();
    if (command.text !== "") machine.world.file(command.text as string).line(result, machine.ended);
  },
  t: (machine, { jump }) => {
    if (!machine.replaced) return undefined;
    machine.replaced = false;
    return jump;
  },
  T: (machine, { jump }) => {
    if (!machine.replaced) return jump;
    machine.replaced = false;
    return undefined;
  },
  w: (machine, { text = "" }) => {
    machine.world.file(text).line(machine.space, machine.ended);
  },
  W: (machine, { text = "" }) => {
    const [line, whole] = firstLine(machine.space, machine.end);
    machine.world.file(text).line(line, !whole || machine.ended);
  },
  x: (machine) => {
    [machine.space, machine.hold] = [machine.hold, machine.space];
    [machine.ended, machine.holdEnded] = [machine.holdEnded, machine.ended];
  },
  y: (machine, { table }) => {
    const known = table as NonNullable<Command["table"]>;
    let result = "";
    for (const one of machine.space) result += known.get(one) ?? one;
    machine.space = result;
  },
  z: (machine) => {
    machine.space = "";
  },
};
