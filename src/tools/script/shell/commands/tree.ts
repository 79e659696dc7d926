// tree, as its manual has it for output that goes to no terminal.
import type { CommandContext, FsStat } from "just-bash/browser";
import { bytesOf } from "./bytes.ts";
import { command, Failure } from "./command.ts";
import { type Entry, listing } from "./entries.ts";
import { modeOf } from "./file-facts.ts";
import { kindOf } from "./find/found.ts";
import { globOf } from "./glob.ts";

interface Wanted {
  readonly flags: ReadonlySet<string>;
  /** Whether lines are drawn with signs of ASCII. */
  readonly ascii: boolean;
  readonly levels: number;
  readonly shown: (name: string) => boolean;
  readonly hidden: (name: string) => boolean;
}

interface Frame {
  readonly path: string;
  readonly at: string;
  readonly indent: string;
  readonly entries: readonly Entry[];
  next: number;
}

const UNITS = "KMGT";

function anyOf(patterns: readonly string[], ignoreCase: boolean): (name: string) => boolean {
  const globs = patterns
    .flatMap((pattern) => pattern.split("|"))
    .map((one) => globOf(one.replace(/\/$/, ""), ignoreCase));
  return (name) => globs.some((matches) => matches(name));
}

function sizeOf(size: number, human: boolean): string {
  if (!human) return String(size).padStart(11);
  let [value, unit] = [size, -1];
  for (; value >= 1024 && unit < UNITS.length - 1; unit++) value /= 1024;
  if (unit < 0) return String(size).padStart(4);
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)}${UNITS[unit]}`.padStart(4);
}

/** What stands in brackets before a name. */
function facts(status: FsStat, flags: ReadonlySet<string>): string {
  const parts = [
    ...(flags.has("p") ? [modeOf(status)] : []),
    ...(flags.has("s") || flags.has("h") ? [sizeOf(status.size, flags.has("h"))] : []),
  ];
  return parts.length === 0 ? "" : `[${parts.join(" ")}]  `;
}

class Drawing {
  text = "";
  folders = 0;
  files = 0;
  failed = false;
  readonly #context: CommandContext;
  readonly #wanted: Wanted;
  readonly #list: ReturnType<typeof listing>;

  constructor(context: CommandContext, wanted: Wanted) {
    this.#context = context;
    this.#wanted = wanted;
    this.#list = listing(context.fs);
  }

  async draw(start: string): Promise<void> {
    const { fs, cwd } = this.#context;
    const at = fs.resolvePath(cwd, start);
    const status = await fs.stat(at).catch(() => undefined);
    if (status?.isDirectory !== true) {
      this.failed = true;
      this.text += `${start}  [error opening dir]\n`;
      return;
    }
    const mark = this.#wanted.flags.has("F") && !start.endsWith("/") ? "/" : "";
    this.text += `${facts(status, this.#wanted.flags)}${start}${mark}\n`;
    this.folders++;
    const open: Frame[] = [{ path: start, at, indent: "", entries: await this.#entries(at), next: 0 }];
    for (let frame = open.at(-1); frame !== undefined; frame = open.at(-1)) {
      const entry = frame.entries[frame.next++];
      if (entry === undefined) open.pop();
      else await this.#entry(frame, entry, open);
    }
  }

  async #entry(frame: Frame, { name, kind }: Entry, open: Frame[]): Promise<void> {
    const { flags, levels } = this.#wanted;
    const { fs } = this.#context;
    const isLast = frame.next === frame.entries.length;
    const at = frame.at === "/" ? `/${name}` : `${frame.at}/${name}`;
    const path = frame.path.endsWith("/") ? frame.path + name : `${frame.path}/${name}`;
    const isFolder = kind === "d";
    const target = kind === "l" ? await fs.readlink(at).catch(() => "") : undefined;
    const followed = kind === "l" ? await fs.stat(at).catch(() => undefined) : undefined;
    const needed = flags.has("p") || flags.has("s") || flags.has("h") || (flags.has("F") && kind === "f");
    const status = needed ? await fs.lstat(at).catch(() => undefined) : undefined;
    const before = status === undefined ? "" : facts(status, flags);
    const executable = status !== undefined && (status.mode & 0o111) !== 0 ? "*" : "";
    const mark = !flags.has("F") ? "" : isFolder ? "/" : kind === "l" ? "" : executable;
    const [branch, corner, trunk] = this.#wanted.ascii ? ["|-- ", "`-- ", "|   "] : ["├── ", "└── ", "│\u00a0\u00a0 "];
    const head = flags.has("i") ? "" : frame.indent + (isLast ? corner : branch);
    const shown = flags.has("Q") ? `"${flags.has("f") ? path : name}"` : flags.has("f") ? path : name;
    this.text += `${head}${before}${shown}${target === undefined ? "" : ` -> ${target}`}${mark}\n`;
    if (isFolder || followed?.isDirectory === true) this.folders++;
    else this.files++;
    const isOpened = isFolder || (flags.has("l") && followed?.isDirectory === true && open.length < MOST_LINKED);
    if (!isOpened || open.length >= levels) return;
    open.push({
      path,
      at,
      indent: frame.indent + (isLast ? "    " : trunk),
      entries: await this.#entries(at),
      next: 0,
    });
  }

  /** What is shown of a folder, in order. */
  async #entries(at: string): Promise<Entry[]> {
    const { flags, shown, hidden } = this.#wanted;
    const { fs } = this.#context;
    const found: Entry[] = [];
    for (const { name, kind: known } of await this.#list(at).catch(() => [])) {
      if ((name.startsWith(".") && !flags.has("a")) || hidden(name)) continue;
      const path = at === "/" ? `/${name}` : `${at}/${name}`;
      const kind = known ?? (await fs.lstat(path).then(kindOf, () => "?" as const));
      if (kind !== "d" && (flags.has("d") || !shown(name))) continue;
      if (kind === "d" && flags.has("prune") && (await this.#entries(path)).length === 0) continue;
      found.push({ name, kind });
    }
    if (flags.has("r")) found.reverse();
    return flags.has("dirsfirst")
      ? [...found.filter(({ kind }) => kind === "d"), ...found.filter(({ kind }) => kind !== "d")]
      : found;
  }

  get report(): string {
    const folders = `${this.folders} director${this.folders === 1 ? "y" : "ies"}`;
    return this.#wanted.flags.has("d")
      ? `\n${folders}\n`
      : `\n${folders}, ${this.files} file${this.files === 1 ? "" : "s"}\n`;
  }
}

/** Folders in each other that links are followed into. */
const MOST_LINKED = 40;

export const tree = command(
  "tree",
  {
    flags: "adfilpshrCnFQvU",
    values: "LPIo",
    long: {
      ...{ dirsfirst: "dirsfirst", noreport: "noreport", prune: "prune", charset: "=charset" },
    },
  },
  async ({ flags, values, all, operands, context, path }) => {
    const levels = values.get("L");
    if (levels !== undefined && !/^[1-9]\d*$/.test(levels)) throw new Failure("Invalid level, must be greater than 0.");
    const patterns = all.get("P");
    const drawing = new Drawing(context, {
      flags,
      ascii: /^(?:US-)?ascii$/i.test(values.get("charset") ?? ""),
      levels: levels === undefined ? Number.POSITIVE_INFINITY : Number(levels),
      shown: patterns === undefined ? () => true : anyOf(patterns, false),
      hidden: anyOf(all.get("I") ?? [], false),
    });
    for (const start of operands.length === 0 ? ["."] : operands) await drawing.draw(start);
    const stdout = bytesOf(drawing.text + (flags.has("noreport") ? "" : drawing.report));
    const exitCode = drawing.failed ? 2 : 0;
    const file = values.get("o");
    if (file === undefined) return { stdout, exitCode };
    await context.fs.writeFile(path(file), stdout, "latin1");
    return { exitCode };
  },
);
