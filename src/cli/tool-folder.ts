import { expandPath } from "../host/xdg.ts";
import type { CommandContext } from "./command.ts";

/** The folder that a command about a tool's sources is given; the current one where none is. */
export function folderOperand({ ambient, args }: CommandContext): string {
  const typed = args.operands[0];
  return typed === undefined ? ambient.cwd : (expandPath(typed, ambient.cwd, ambient.env) ?? typed);
}
