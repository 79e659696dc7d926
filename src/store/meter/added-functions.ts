import type { BinaryWriter } from "./binary-writer.ts";
import type { ModuleLayout } from "./layout.ts";
import { OP } from "./opcodes.ts";
import type { AddedFunction } from "./signatures.ts";

/**
 * Writes the body of an added function. Outward: the parameters and the counter from the global go in, the counter from
 * the results goes back to the global. Inward: the counter from the parameters is in the global while the host has it.
 */
export function emitAddedFunction(out: BinaryWriter, layout: ModuleLayout, added: AddedFunction, fuel: number): void {
  const parameters = layout.typeParameters[added.type]!.count;
  out.reserve(32 + parameters * 4);
  const span = out.open(parameters * 2 + 9);
  out.byte(0);
  if (added.direction === "inward") {
    instruction(out, OP.localGet, parameters);
    instruction(out, OP.globalSet, fuel);
  }
  for (let i = 0; i < parameters; i++) instruction(out, OP.localGet, i);
  if (added.direction === "outward") instruction(out, OP.globalGet, fuel);
  instruction(out, OP.call, added.target);
  instruction(out, added.direction === "outward" ? OP.globalSet : OP.globalGet, fuel);
  out.byte(OP.end);
  out.close(span);
}

function instruction(out: BinaryWriter, op: number, index: number): void {
  out.byte(op);
  out.u32(index);
}
