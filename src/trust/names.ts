import { SHELL_FAMILY } from "./saved-command.ts";

/** First parts of names that are the program's own, whether or not a tool of this version has them. */
const OWN_FAMILIES: readonly string[] = [
  "agent",
  "config",
  "cron",
  "doc",
  "fs",
  "git",
  "host",
  "http",
  "ipc",
  "kv",
  "net",
  "policy",
  SHELL_FAMILY,
  "sys",
  "template",
  "tollgate",
  "tool",
];

/**
 * How a name looks to a hurried reader, and to clients that replace its dots: two names with one skeleton are one name to
 * somebody. After Unicode UTS #39 §4 (confusable detection) for what a tool's name can hold.
 */
export function skeletonOf(name: string): string {
  return name
    .replace(/[._]/g, "")
    .replaceAll("rn", "m")
    .replaceAll("vv", "w")
    .replaceAll("cl", "d")
    .replace(/[1i]/g, "l")
    .replaceAll("0", "o")
    .replaceAll("5", "s")
    .replaceAll("2", "z");
}

const familyOf = (name: string): string => name.split(".")[0] as string;

/** Names that are taken, by how they look. */
export class TakenNames {
  readonly #listed = new Map<string, string>();
  readonly #looks = new Map<string, string>();
  readonly #families = new Set(OWN_FAMILIES);
  readonly #shipped = new Set<string>();

  /** `shipped` are the names of what ships, whose families no other tool may be in. */
  constructor(shipped: Iterable<string> = []) {
    for (const name of shipped) {
      this.add(name);
      this.#families.add(familyOf(name));
      this.#shipped.add(name);
    }
  }

  /** Whether what ships has this very name. */
  isShipped(name: string): boolean {
    return this.#shipped.has(name);
  }

  /** Whether names that begin so are the program's own. */
  isOwnFamily(family: string): boolean {
    return this.#families.has(family);
  }

  add(name: string): void {
    this.#listed.set(name.replaceAll(".", "_"), name);
    this.#looks.set(skeletonOf(name), name);
  }

  /** Another name that clients would list as the same. */
  listedAs(listed: string): string | undefined {
    return this.#listed.get(listed);
  }

  /** Another name that looks the same. */
  looksLike(skeleton: string): string | undefined {
    return this.#looks.get(skeleton);
  }
}

/**
 * Says why no tool may be deployed under this name beside those that there are, or nothing. Saved commands, and they alone,
 * are in the family of the shell.
 */
export function nameProblem(name: string, taken: TakenNames, isSavedCommand = false): string | undefined {
  const family = familyOf(name);
  if (taken.isShipped(name)) return `${name} is a tool that ships: use a name of your own`;
  if (taken.isOwnFamily(family) && !(isSavedCommand && family === SHELL_FAMILY))
    return `names that begin with ${family}. are tollgate's own: use a family of your own`;
  const listed = name.replaceAll(".", "_");
  const same = taken.listedAs(listed);
  if (same !== undefined && same !== name) return `clients would list it and ${same} both as ${listed}: rename it`;
  const like = taken.looksLike(skeletonOf(name));
  if (like !== undefined && like !== name) return `it looks like ${like}, which is another tool: rename it`;
  return undefined;
}
