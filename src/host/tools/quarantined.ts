import { type Fault, fault } from "../../contract/fault.ts";

/** A fault that names what does not run, and why. */
export function quarantined(name: string, { version }: { readonly version: string }, why: string): Fault {
  return fault("trust", "tool-quarantined", `${name} ${version} does not run: ${why}`, { tool: name, version });
}
