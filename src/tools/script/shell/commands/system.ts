// Commands about the shell's surroundings: env, kill, mktemp, nproc, realpath, trap, truncate, uname, yes.

import { command, Failure, reasonOf } from "./command.ts";

const YES_BYTES = 1 << 20;

export const env = command(
  "env",
  { flags: "i0", values: "uC", long: { "ignore-environment": "i", unset: "u", null: "0", chdir: "C" }, strict: true },
  async ({ flags, all, values, operands, context, path }) => {
    const exported = (context as { exportedEnv?: Readonly<Record<string, string>> }).exportedEnv ?? {};
    const shown: Record<string, string> = flags.has("i") ? {} : { ...exported };
    for (const name of all.get("u") ?? []) delete shown[name];
    let at = 0;
    for (; at < operands.length && /^[A-Za-z_][A-Za-z0-9_]*=/.test(operands[at] as string); at++) {
      const [name = "", value = ""] = (operands[at] as string).split(/=(.*)/s);
      shown[name] = value;
    }
    const [name, ...words] = operands.slice(at);
    const end = flags.has("0") ? "\0" : "\n";
    if (name === undefined)
      return {
        stdout: Object.entries(shown)
          .map(([key, value]) => `${key}=${value}${end}`)
          .join(""),
      };
    const exec = context.exec as NonNullable<typeof context.exec>;
    const assigned = Object.entries(shown).map(([key, value]) => `${key}=${quoted(value)}`);
    const unset = (all.get("u") ?? []).map((key) => `unset ${key}; `).join("");
    const done = await exec(
      `${unset}${assigned.length === 0 ? "" : `export ${assigned.join(" ")}; `}${[name, ...words].map(quoted).join(" ")}`,
      {
        cwd: values.has("C") ? path(values.get("C") as string) : context.cwd,
        env: shown,
        replaceEnv: flags.has("i"),
        stdin: context.stdin as unknown as string,
        stdinKind: "bytes",
      },
    );
    return { stdout: done.stdout, stderr: done.stderr, exitCode: done.exitCode };
  },
);

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

export const kill = command(
  "kill",
  { flags: "0l", values: "s" },
  ({ flags, operands }) => {
    if (flags.has("0") && operands.every((pid) => pid === "1" || pid === "$$")) return {};
    throw new Failure(`(${operands[0] ?? ""}) - No such process`);
  },
  (words) => words.map((word) => (/^-[1-9A-Z]/.test(word) ? "-s0" : word)),
);

export const mktemp = command(
  "mktemp",
  { flags: "dqut", values: "p", long: { directory: "d", tmpdir: "p", "dry-run": "u", quiet: "q" } },
  async ({ flags, values, operands, context }) => {
    const template = operands[0] ?? "tmp.XXXXXXXXXX";
    const marks = /X{3,}(?=[^X]*$)/.exec(template);
    if (marks === null) throw new Failure(`too few X's in template '${template}'`);
    const folder = values.get("p") ?? (operands[0] === undefined || flags.has("t") ? "/tmp" : undefined);
    for (;;) {
      const letters = Array.from(marks[0], () => Math.floor(Math.random() * 36).toString(36)).join("");
      const name = template.slice(0, marks.index) + letters + template.slice(marks.index + marks[0].length);
      const shown = folder === undefined ? name : `${folder}/${name}`;
      const path = context.fs.resolvePath(context.cwd, shown);
      if (await context.fs.exists(path)) continue;
      try {
        if (flags.has("d")) await context.fs.mkdir(path);
        else if (!flags.has("u")) await context.fs.writeFile(path, "");
      } catch (error) {
        throw new Failure(`failed to create file via template '${template}': ${reasonOf(error)}`);
      }
      return { stdout: `${shown}\n` };
    }
  },
);

export const nproc = command("nproc", { flags: "", values: "", long: {} }, () => ({ stdout: "1\n" }));

export const realpath = command(
  "realpath",
  {
    flags: "emszqLP",
    values: "",
    long: { "canonicalize-existing": "e", "canonicalize-missing": "m", "no-symlinks": "s" },
  },
  async ({ flags, operands, context, path }) => {
    if (operands.length === 0) throw new Failure("missing operand");
    let stdout = "";
    let stderr = "";
    for (const operand of operands) {
      const absolute = path(operand);
      const parent = absolute.slice(0, Math.max(1, absolute.lastIndexOf("/")));
      try {
        if (flags.has("s") || flags.has("m")) stdout += `${absolute}\n`;
        else if (flags.has("e") || (await context.fs.exists(absolute)))
          stdout += `${await context.fs.realpath(absolute)}\n`;
        else stdout += `${(await context.fs.realpath(parent)).replace(/\/$/, "")}/${absolute.split("/").at(-1)}\n`;
      } catch (error) {
        stderr += `realpath: ${operand}: ${reasonOf(error)}\n`;
      }
    }
    return { stdout, stderr, exitCode: stderr === "" ? 0 : 1 };
  },
);

let atExit: string | undefined;

/** What a script has asked to be run when it ends, once. */
export function takeExitTrap(): string | undefined {
  const asked = atExit;
  atExit = undefined;
  return asked;
}

/** Signals never come; the end of the script does. */
export const trap = command("trap", { flags: "lp", values: "", strict: true }, ({ operands }) => {
  const [action, ...signals] = operands;
  if (signals.some((signal) => /^(EXIT|0)$/.test(signal)))
    atExit = action === "-" || action === "" ? undefined : action;
  return {};
});

export const truncate = command(
  "truncate",
  { flags: "c", values: "sr", long: { size: "s" } },
  async ({ values, operands, context, path, read }) => {
    const [, sign = "", digits = "", unit = ""] = /^([+<>-]?)(\d+)([KMG]?)$/.exec(values.get("s") ?? "") ?? [];
    if (digits === "") throw new Failure("you must specify a size with '-s'");
    const amount = Number(digits) * ({ K: 1024, M: 1048576, G: 1073741824 }[unit] ?? 1);
    for (const operand of operands) {
      const held = (await context.fs.exists(path(operand))) ? await read(operand) : "";
      const size =
        sign === "+"
          ? held.length + amount
          : sign === "-"
            ? Math.max(0, held.length - amount)
            : sign === "<"
              ? Math.min(held.length, amount)
              : sign === ">"
                ? Math.max(held.length, amount)
                : amount;
      if (size > 1 << 26) throw new Failure(`failed to truncate '${operand}' at ${size} bytes: File too large`);
      await context.fs.writeFile(path(operand), held.slice(0, size).padEnd(size, "\0"), "latin1");
    }
    return {};
  },
);

export const uname = command(
  "uname",
  {
    flags: "asnrvmpio",
    values: "",
    long: { all: "a", "kernel-name": "s", nodename: "n", "kernel-release": "r", machine: "m" },
  },
  ({ flags }) => {
    const parts: readonly (readonly [string, string])[] = [
      ["s", "Linux"],
      ["n", "localhost"],
      ["r", "6.0.0-tollgate"],
      ["v", "#1"],
      ["m", "x86_64"],
      ["o", "GNU/Linux"],
    ];
    const shown = parts.filter(([flag]) => flags.has("a") || flags.has(flag) || (flags.size === 0 && flag === "s"));
    return { stdout: `${shown.map(([, text]) => text).join(" ")}\n` };
  },
);

export const yes = command("yes", { flags: "", values: "", strict: true }, ({ operands }) => {
  // No command runs beside another here, so that it ends by itself: after more than is ever wanted.
  const line = `${operands.length === 0 ? "y" : operands.join(" ")}\n`;
  return { stdout: line.repeat(Math.ceil(YES_BYTES / line.length)) };
});
