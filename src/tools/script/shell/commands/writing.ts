// mktemp, tee and truncate.
import { command, Failure, reasonOf } from "./command.ts";
import { BLOCK } from "./file-facts.ts";
import { FileJob } from "./file-job.ts";
import { below, folderOf, plain, quoted } from "./file-names.ts";
import { sizeOf } from "./sizes.ts";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const MOST_TRIES = 1000;
/** Bytes that a file is made of at once. */
const MOST_BYTES = 1 << 26;

export const mktemp = command(
  "mktemp",
  {
    flags: "dqtu",
    values: "p",
    long: { directory: "d", "dry-run": "u", quiet: "q", suffix: "=suffix", tmpdir: "?tmpdir" },
  },
  async (given) => {
    const { flags, values, operands, context, path } = given;
    const [named, more] = operands;
    if (more !== undefined) throw new Failure("too many templates");
    const fail = (message: string): Failure => new Failure(flags.has("q") ? "" : message);
    const template = named ?? "tmp.XXXXXXXXXX";
    const suffix = values.get("suffix");
    if (suffix !== undefined && !template.endsWith("X"))
      throw fail(`with --suffix, template ${quoted(template)} must end in X`);
    const stop = template.lastIndexOf("X") + 1;
    let from = stop;
    while (template[from - 1] === "X") from--;
    const [start, marks, end] = [template.slice(0, from), template.slice(from, stop), template.slice(stop)];
    if (marks.length < 3) throw fail(`too few X's in template ${quoted(template)}`);
    const tail = suffix ?? end;
    if (tail.includes("/")) throw fail(`invalid suffix ${quoted(tail)}, contains directory separator`);
    const usual = context.env.get("TMPDIR") || "/tmp";
    const asked = values.get("p") || values.get("tmpdir");
    if (flags.has("t") && template.includes("/"))
      throw fail(`invalid template, ${quoted(template)}, contains directory separator`);
    const inFolder =
      flags.has("t") || values.has("p") || values.has("tmpdir") || flags.has("tmpdir") || named === undefined;
    if (inFolder && template.startsWith("/"))
      throw fail(`invalid template, ${quoted(template)}; with --tmpdir, it may not be absolute`);
    const folder = flags.has("t") ? context.env.get("TMPDIR") || asked || "/tmp" : asked || usual;
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const letters = Array.from(marks, () => LETTERS[Math.floor(Math.random() * LETTERS.length)]).join("");
      const name = start + letters + tail;
      const shown = inFolder ? below(folder, name) : name;
      const at = path(shown);
      if (await context.fs.exists(at)) continue;
      if (!flags.has("u")) {
        try {
          if (!(await context.fs.stat(path(folderOf(shown)))).isDirectory) throw new Error("ENOTDIR");
          await (flags.has("d") ? context.fs.mkdir(at) : context.fs.writeFile(at, ""));
          await context.fs.chmod(at, flags.has("d") ? 0o700 : 0o600);
        } catch (error) {
          const what = flags.has("d") ? "directory" : "file";
          const full = inFolder ? below(folder, template) : template;
          throw fail(`failed to create ${what} via template ${quoted(full)}: ${reasonOf(error)}`);
        }
      }
      return { stdout: `${shown}\n`, stdoutKind: "text" };
    }
    throw fail(`failed to create file via template ${quoted(template)}: File exists`);
  },
);

export const tee = command(
  "tee",
  { flags: "aip", values: "", long: { append: "a", "ignore-interrupts": "i", "output-error": "?error" } },
  async ({ flags, operands, context, path, stdin }) => {
    let stderr = "";
    for (const name of operands) {
      try {
        await context.fs[flags.has("a") ? "appendFile" : "writeFile"](path(name), stdin, "latin1");
      } catch (error) {
        stderr += `tee: ${plain(name)}: ${reasonOf(error)}\n`;
      }
    }
    return { stdout: stdin, stderr, exitCode: stderr === "" ? 0 : 1 };
  },
);

/** What a file of a size is to be of, by `-s`: to it, by it, at most, at least, down or up to a multiple. */
function resized(held: number, sign: string, amount: number): number {
  switch (sign) {
    case "+":
      return held + amount;
    case "-":
      return Math.max(0, held - amount);
    case "<":
      return Math.min(held, amount);
    case ">":
      return Math.max(held, amount);
    case "/":
      return Math.floor(held / amount) * amount;
    case "%":
      return Math.ceil(held / amount) * amount;
    default:
      return amount;
  }
}

export const truncate = command(
  "truncate",
  { flags: "co", values: "rs", long: { size: "s", reference: "r", "no-create": "c", "io-blocks": "o" } },
  async (given) => {
    const { flags, values, operands } = given;
    const job = new FileJob(given);
    const [text, reference] = [values.get("s"), values.get("r")];
    if (text === undefined && reference === undefined)
      throw new Failure("you must specify either '--size' or '--reference'");
    if (text === undefined && flags.has("o")) throw new Failure("'--io-blocks' was specified but '--size' was not");
    const [, sign = "", digits = ""] = /^\s*([-+<>/%]?)\s*(.*)$/.exec(text ?? "") ?? [];
    const amount = text === undefined ? undefined : sizeOf(digits);
    if (text !== undefined && (amount === undefined || !/^\d/.test(digits)))
      throw new Failure(`Invalid number: ${quoted(text)}`);
    if (/[/%]/.test(sign) && amount === 0) throw new Failure("division by zero");
    if (reference !== undefined && text !== undefined && sign === "")
      throw new Failure("you must specify a relative '--size' with '--reference'");
    if (operands.length === 0) throw new Failure("missing file operand");
    let model: number | undefined;
    if (reference !== undefined) {
      const got = await job.tried(`cannot stat ${quoted(reference)}`, async () => {
        model = (await job.status(reference, true)).size;
      });
      if (!got) return job.done();
    }
    for (const name of operands) {
      const there = await job.found(job.path(name), true);
      if (there === undefined && flags.has("c")) continue;
      await job.tried(`cannot open ${quoted(name)} for writing`, async () => {
        if (there?.isDirectory === true) throw new Error("EISDIR");
        const wanted = (amount ?? 0) * (flags.has("o") ? BLOCK : 1);
        const size = amount === undefined ? (model as number) : resized(model ?? there?.size ?? 0, sign, wanted);
        if (size > MOST_BYTES) throw new Error("EFBIG");
        const bytes = new Uint8Array(size);
        if (there !== undefined) bytes.set((await job.bytes(name)).subarray(0, size));
        await job.fs.writeFile(job.path(name), bytes);
      });
    }
    return job.done();
  },
);
