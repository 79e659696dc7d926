// Commands about the shell's surroundings: env, kill, nproc, trap, uname, yes.

import { command, Failure } from "./command.ts";
import { shellWord } from "./running.ts";

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
    const assigned = Object.entries(shown).map(([key, value]) => `${key}=${shellWord(value)}`);
    const unset = (all.get("u") ?? []).map((key) => `unset ${key}; `).join("");
    const done = await exec(
      `${unset}${assigned.length === 0 ? "" : `export ${assigned.join(" ")}; `}${[name, ...words].map(shellWord).join(" ")}`,
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

export const kill = command(
  "kill",
  { flags: "0l", values: "s" },
  ({ flags, operands }) => {
    if (flags.has("0") && operands.every((pid) => pid === "1" || pid === "$$")) return {};
    throw new Failure(`(${operands[0] ?? ""}) - No such process`);
  },
  (words) => words.map((word) => (/^-[1-9A-Z]/.test(word) ? "-s0" : word)),
);

export const nproc = command("nproc", { flags: "", values: "", long: {} }, () => ({ stdout: "1\n" }));

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
