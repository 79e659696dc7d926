import { type Fault, fault } from "../contract/fault.ts";

/** How tools are listed over MCP: `fs_read_file` or `fs.read_file`. Both spellings are always accepted. */
export type ToolNameStyle = "underscore" | "dotted";

/** What large clients accept (Claude Desktop: `^[a-zA-Z0-9_-]{1,64}$`; Cursor: server and tool together 60). */
const LISTED_NAME = /^[a-z][a-z0-9_]{0,39}$/;

/** A one-to-one map between dotted identities and the names that clients see. */
export interface ToolNames {
  /** The name to list for a dotted identity. */
  listed(dotted: string): string;
  /** The dotted identity for either spelling, or `undefined` for a name that no tool has. */
  resolve(name: string): string | undefined;
}

/**
 * Maps the names of tools one to one, or says which two fall together once dots become underscores (`a.b_c` and
 * `a.b.c`), or which name large clients would refuse.
 */
export function createToolNames(dottedNames: readonly string[], style: ToolNameStyle): ToolNames | Fault {
  const listed = new Map<string, string>();
  const resolved = new Map<string, string>();
  for (const dotted of dottedNames) {
    const plain = dotted.replaceAll(".", "_");
    if (!LISTED_NAME.test(plain)) {
      return fault(
        "host",
        "tool-name-refused",
        `tool ${dotted} would be listed as ${plain}, which clients refuse: use at most 40 lower-case letters, digits and underscores`,
      );
    }
    const other = resolved.get(plain);
    if (other !== undefined) {
      return fault(
        "host",
        "tool-name-refused",
        `tools ${other} and ${dotted} would both be listed as ${plain}: rename one of them`,
      );
    }
    resolved.set(plain, dotted);
    resolved.set(dotted, dotted);
    listed.set(dotted, style === "dotted" ? dotted : plain);
  }
  return {
    listed: (dotted) => listed.get(dotted) ?? dotted,
    resolve: (name) => resolved.get(name),
  };
}
