import type { Command } from "./command.ts";
import { serve } from "./serve.ts";

/** A command before its code is loaded. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<Command>;
}

/**
 * All commands, in the order of the help. Each but `serve` is loaded only when it is asked for: what `serve` does not
 * need must not slow its start, and what it needs is quickest to load at once.
 */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "serve",
    summary: "serve tools to a client over stdio (MCP or JSON-RPC)",
    load: async () => serve,
  },
  {
    name: "call",
    summary: "make one call through the gate, from this terminal",
    load: async () => (await import("./call.ts")).call,
  },
  {
    name: "tools",
    summary: "list the tools, or show one with its schema",
    load: async () => (await import("./tools.ts")).tools,
  },
  {
    name: "chain status",
    summary: "how long the chain is and what its head is",
    load: async () => (await import("./chain-status.ts")).chainStatus,
  },
  {
    name: "chain tail",
    summary: "the last events, or all that come",
    load: async () => (await import("./chain-tail.ts")).chainTail,
  },
  {
    name: "chain verify",
    summary: "check every event, proof and signature",
    load: async () => (await import("./chain-verify.ts")).chainVerify,
  },
  {
    name: "policy check",
    summary: "check policies before they are used",
    load: async () => (await import("./policy-check.ts")).policyCheck,
  },
  {
    name: "policy show",
    summary: "print the policy that is in force",
    load: async () => (await import("./policy-show.ts")).policyShow,
  },
  {
    name: "init",
    summary: "the snippet that makes a client start tollgate",
    load: async () => (await import("./init.ts")).init,
  },
  {
    name: "doctor",
    summary: "check this machine, the installation and the configuration",
    load: async () => (await import("./doctor.ts")).doctor,
  },
];
