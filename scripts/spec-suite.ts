// Runs a copy of the WebAssembly spec suite (github WebAssembly/testsuite) plain and metered, and compares the verdicts.
//
//   node --import tsx scripts/spec-suite.ts <folder> [words…] [--modules <folder>] [--verbose]
//
// Every .wast below the folder whose path holds one of the words is run, each command twice: by the engine as it is,
// and metered, with all proposals on and plenty of fuel. The meter's refusal of memories, tables, globals and tags as
// imports is off, because the suite links modules with each other. Ends with counts; exits 1 if any verdict differs.
//
// Modules are assembled by wasm-tools where @bytecodealliance/jco is installed below <folder>/node_modules of
// `--modules` (npm install @bytecodealliance/jco), or else by wabt, which knows fewer proposals. Not applicable are:
// modules that the assembler does not take, modules that the engine does not, text that is to be malformed, and calls
// that JavaScript cannot make; vectors and the bits of a NaN go through a module written for it.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { wat } from "../test/store/meter/metered-run.ts";
import { folderAt, refuseArguments, scriptArguments } from "./script-arguments.mjs";
import { head, isList, type List, readScript } from "./spec-suite/script-reader.ts";
import { NotApplicable, ScriptRun, type Verdict } from "./spec-suite/script-run.ts";
import { meteredWorld, plainWorld, Refused } from "./spec-suite/worlds.ts";

type Assemble = (text: string) => Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>;

const COMMANDS = /^(module|register|invoke|get|assert_\w+|thread|wait|input|output|script|either)$/;

interface Counts {
  commands: number;
  equal: number;
  passing: number;
  refused: number;
  notApplicable: number;
  differences: number;
}

const { folder, words, modulesFolder, verbose } = readArguments();
const total = noCounts();
const reasons = new Map<string, number>();
const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".wast"))
  .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
  .sort();
if (files.length === 0) refuseArguments(`there is no such .wast in ${folder}`);
const assemble = await assembler(modulesFolder);
for (const file of files) {
  const counts = await runFile(file);
  for (const key of Object.keys(total) as (keyof Counts)[]) total[key] += counts[key];
  if (verbose || counts.differences > 0 || counts.refused > 0) report(file, counts);
}
report(`${files.length} files, Node.js ${process.version}`, total);
for (const [reason, count] of [...reasons].sort((a, b) => b[1] - a[1]).slice(0, 40))
  console.log(`${String(count).padStart(7)}  ${reason}`);
process.exitCode = total.differences > 0 || total.commands === 0 ? 1 : 0;

async function runFile(file: string): Promise<Counts> {
  const counts = noCounts();
  const text = readFileSync(join(folder, file), "utf8");
  const commands = readScript(text);
  const inline = commands.some((command) => !COMMANDS.test(head(command)));
  const bytes = new Map<List, Uint8Array<ArrayBuffer> | string>();
  for (const node of inline ? [] : commands.flatMap(modulesOf)) bytes.set(node, await moduleBytes(node, text));
  const bytesOf = (node: List) => {
    const found = bytes.get(node);
    if (found === undefined || typeof found === "string") throw new NotApplicable(found ?? "no module");
    return found;
  };
  const worlds = [plainWorld(), meteredWorld()] as const;
  const [plain, metered] = worlds.map((world) => new ScriptRun(world, bytesOf)) as [ScriptRun, ScriptRun];
  /** Whether the meter refused the last module: what is called of it is refused with it. */
  let refused = false;
  for (const command of inline ? [] : commands) {
    counts.commands++;
    const one = outcome(plain, command);
    const other = outcome(metered, command);
    if (other instanceof Refused) refused = true;
    else if (head(command) === "module") refused = false;
    const line = text.slice(0, command.start).split("\n").length;
    if (other instanceof Refused && !(one instanceof Error) && one.shown === "threw CompileError") {
      // what no engine takes is not taken, whatever is said of it
      counts.equal++;
      if (one.passes) counts.passing++;
    } else if (other instanceof Refused) {
      counts.refused++;
      note(`refused by name: ${other.message}`);
      if (verbose) console.log(`  refused ${file}:${line} ${other.message}`);
    } else if (one instanceof NotApplicable && other instanceof NotApplicable) {
      counts.notApplicable++;
      note(`not applicable: ${one.message.split("\n")[0]!.slice(0, 90)}`);
    } else if (!(one instanceof Error) && !(other instanceof Error) && same(one, other)) {
      counts.equal++;
      if (one.passes) counts.passing++;
      else if (verbose) console.log(`  fails in both ${file}:${line} ${one.shown}`);
    } else if (refused && other instanceof NotApplicable) counts.refused++;
    else {
      counts.differences++;
      console.log(`  DIFFERENCE ${file}:${line} ${head(command)}: plain ${told(one)}, metered ${told(other)}`);
    }
  }
  return counts;
}

function outcome(run: ScriptRun, command: List): Verdict | NotApplicable | Refused {
  try {
    return run.run(command);
  } catch (error) {
    if (error instanceof NotApplicable || error instanceof Refused) return error;
    throw error;
  }
}

function same(one: Verdict, other: Verdict): boolean {
  return one.passes === other.passes && one.shown === other.shown;
}

function told(result: Verdict | Error): string {
  return result instanceof Error
    ? result.message
    : `${result.passes ? "passes" : "fails"} with ${result.shown || "nothing"}`;
}

function modulesOf(command: List): List[] {
  if (head(command) === "module") return command.items[1] === "instance" ? [] : [command];
  const first = command.items[1];
  return head(command).startsWith("assert_") && head(first) === "module" ? [first as List] : [];
}

/** The module's bytes, or why there are none. */
async function moduleBytes(node: List, text: string): Promise<Uint8Array<ArrayBuffer> | string> {
  const items = node.items.filter((item, i) => i > 0 && item !== "definition" && !`${item}`.startsWith("$"));
  const strings = items.filter((item) => item instanceof Uint8Array) as Uint8Array[];
  if (items[0] === "binary") return new Uint8Array(Buffer.concat(strings));
  let source = text.slice(node.start, node.end).replace(/^\(\s*module\s+definition\b/, "(module ");
  if (items[0] === "quote") {
    source = Buffer.concat(strings.flatMap((string) => [string, Buffer.from(" ")])).toString();
    if (!/^\s*\(module/.test(source)) source = `(module ${source})`;
  } else if (!items.every(isList)) return "a module of an unknown form";
  try {
    return new Uint8Array(await assemble(source));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return items[0] === "quote"
      ? "text that is to be malformed"
      : `the assembler does not take it: ${message.replace(/\s+/g, " ")}`;
  }
}

async function assembler(below: string | undefined): Promise<Assemble> {
  try {
    const path = createRequire(join(resolve(below ?? "."), "none.js")).resolve("@bytecodealliance/jco");
    const { parse } = (await import(pathToFileURL(path).href)) as {
      parse: Assemble;
    };
    console.log("modules are assembled by wasm-tools");
    return parse;
  } catch {
    console.log("modules are assembled by wabt; for the newer proposals, npm install @bytecodealliance/jco elsewhere");
    return wat;
  }
}

function note(reason: string): void {
  reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
}

function noCounts(): Counts {
  return { commands: 0, equal: 0, passing: 0, refused: 0, notApplicable: 0, differences: 0 };
}

function report(what: string, counts: Counts): void {
  const { commands, equal, passing, refused, notApplicable, differences } = counts;
  console.log(
    `${what}: ${commands} commands, ${equal} equal (${passing} passing), ${refused} refused by name, ` +
      `${notApplicable} not applicable, ${differences} differences`,
  );
}

function readArguments() {
  const { values, positionals } = scriptArguments(import.meta.url, {
    allowPositionals: true,
    options: { modules: { type: "string" }, verbose: { type: "boolean", default: false } },
  });
  const [folder, ...words] = positionals;
  if (folder === undefined) return refuseArguments("name the folder of the suite");
  return {
    folder: folderAt(folder),
    words,
    modulesFolder: values.modules && folderAt(values.modules),
    verbose: values.verbose,
  };
}
