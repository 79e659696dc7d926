import { createHash } from "node:crypto";
import { type Fault, fault } from "../../contract/fault.ts";
import { SHELL_TOOL } from "../../contract/manifest.ts";
import type { Registry } from "../registry.ts";

/** Reads the module that saved commands run in. */
export type ReadShell = () => Promise<Uint8Array | Fault>;

/** The module of the shell that ships, held to its seal each time that it is read. */
export const shellModule =
  (registry: Registry): ReadShell =>
  async () => {
    const shell = registry.get(SHELL_TOOL);
    if (shell === undefined) return damaged("it is not among what ships");
    const { moduleBytes, moduleHash } = shell;
    try {
      const bytes = moduleBytes instanceof Uint8Array ? moduleBytes : new Uint8Array(await moduleBytes());
      const found = createHash("sha256").update(bytes).digest("hex");
      return found === moduleHash ? bytes : damaged(`it has SHA-256 ${found}, sealed as ${moduleHash}`);
    } catch (error) {
      return damaged(`it cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
    }
  };

const damaged = (why: string): Fault =>
  fault("host", "internal", `the module of ${SHELL_TOOL} is not as it ships: ${why}: install tollgate again`);
