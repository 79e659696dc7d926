import { safeText } from "../contract/safe-text.ts";
import { nearest } from "../host/nearest.ts";
import type { Ambient } from "../host/settings.ts";
import { readArguments } from "./arguments.ts";
import { EXIT, type ExitCode } from "./command.ts";
import { COMMANDS, type CommandEntry } from "./commands.ts";
import { misused, note } from "./output.ts";
import { programVersion } from "./version.ts";

/** Runs the command that the arguments name, and answers the exit code of the process. */
export async function run(ambient: Ambient, signal: AbortSignal): Promise<ExitCode> {
  const { argv } = ambient;
  const [first] = argv;
  if (first === undefined || first === "--help" || first === "-h") return programHelp(ambient, first !== undefined);
  if (first === "--version") {
    ambient.stdout.write(`${programVersion(ambient.packageRoot)}\n`);
    return EXIT.ok;
  }
  if (first === "help") {
    return argv.length === 1
      ? programHelp(ambient, true)
      : run({ ...ambient, argv: [...argv.slice(1), "--help"] }, signal);
  }
  const group = COMMANDS.filter(({ name }) => name.startsWith(`${first} `));
  if (group.length > 0 && (argv[1] === "--help" || argv[1] === "-h")) {
    ambient.stdout.write((await import("./help.ts")).groupHelp(first, group));
    return EXIT.ok;
  }
  const entry = findCommand(argv);
  if (typeof entry === "string") return misused(ambient, entry, group.length > 0 ? first : "");
  const { spec, run: start } = await entry.load();
  const args = readArguments(spec, argv.slice(entry.name.split(" ").length));
  if (typeof args === "string") return misused(ambient, args, entry.name);
  if (args.flag("help")) {
    ambient.stdout.write((await import("./help.ts")).commandHelp(spec));
    return EXIT.ok;
  }
  return start({ args, ambient, signal });
}

async function programHelp(ambient: Ambient, asked: boolean): Promise<ExitCode> {
  const text = (await import("./help.ts")).programHelp(COMMANDS);
  (asked ? ambient.stdout : ambient.stderr).write(text);
  return asked ? EXIT.ok : EXIT.usage;
}

function findCommand(argv: readonly string[]): CommandEntry | string {
  const first = argv[0] as string;
  const exact = COMMANDS.find(({ name }) => name === first || name === `${first} ${argv[1]}`);
  if (exact !== undefined) return exact;
  const group = COMMANDS.filter(({ name }) => name.startsWith(`${first} `)).map(({ name }) => name);
  if (group.length > 0) {
    const second = argv[1];
    const says =
      second === undefined || second.startsWith("-") ? "something is missing" : unknown(`${first} ${second}`, group);
    return `${says}: there is ${group.join(", ")}`;
  }
  const words = [...new Set(COMMANDS.map(({ name }) => name.split(" ")[0] as string)), "help"];
  return unknown(first, words);
}

function unknown(name: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  return `unknown command "${safeText(name, 60)}"${meant === undefined ? "" : `: did you mean "${meant}"?`}`;
}

/** Says that the program itself failed, and how to report it. */
export function failed(ambient: Ambient, error: unknown): ExitCode {
  const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  note(ambient, `tollgate: the program failed: ${detail}: run tollgate doctor, and report it if that finds nothing`);
  if (ambient.env.TOLLGATE_DEBUG !== undefined && error instanceof Error) ambient.stderr.write(`${error.stack}\n`);
  return EXIT.environment;
}
