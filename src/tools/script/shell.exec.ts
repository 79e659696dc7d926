import { Bash, getCommandNames, type IFileSystem, MountableFs } from "just-bash/browser";
import { interruptAt, monotonicNow } from "../../script/guest/clock.ts";
import { grantedRoots, type Root } from "../../script/guest/roots.ts";
import { serve } from "../../script/guest/serve.ts";
import { ToolError } from "../../script/guest/tool-error.ts";
import { bounded } from "./shell/bounded-output.ts";
import { COMMANDS } from "./shell/commands/all.ts";
import { shellWord } from "./shell/commands/running.ts";
import { takeExitTrap } from "./shell/commands/system.ts";
import { LIMITS } from "./shell/limits.ts";
import { Memory } from "./shell/memory.ts";
import { RootFileSystem } from "./shell/root-file-system.ts";
import { type Arguments, jobOf } from "./shell/saved-command.ts";

interface Answer {
  readonly exit_code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly duration_ms: number;
  readonly cut?: { readonly stdout: number; readonly stderr: number };
}

/** What a command that was stopped for its time ends with, as coreutils' `timeout` has it. */
const TIMED_OUT = 124;
/** How long after its time a command that does not look at its signal is ended. */
const GRACE_MS = 200;

// The shell is made here, so that it stands in the image: a call begins with one that is ready.
const memory = new Memory();
memory.mkdirSync("/tmp", { recursive: true });
const bash = new Bash({
  fs: memory,
  cwd: "/",
  env: { USER: "user", LOGNAME: "user", SHELL: "/bin/bash", TMPDIR: "/tmp", LANG: "C.UTF-8", TERM: "dumb" },
  executionLimits: LIMITS,
  defenseInDepth: false,
  customCommands: COMMANDS,
});
/** Commands load their code at first use: this is it, so that the image has it. */
bash.exec(
  `for name in ${[...getCommandNames(), ...COMMANDS.map(({ name }) => name)].join(" ")}; do $name --help; done >/dev/null 2>&1 </dev/null`,
);

let answer: (() => Answer) | undefined;

serve(
  async (given: Arguments): Promise<Answer> => {
    const began = monotonicNow();
    const { command, args, cwd, stdin = "", timeout_ms, variables } = jobOf(given);
    const due = timeout_ms === undefined ? Number.POSITIVE_INFINITY : began + timeout_ms;
    if (command.includes("\0") || args?.some((word) => word.includes("\0")) === true)
      throw new ToolError("invalid-command", "the command has a NUL character, which no word can have: leave it out");
    const { env, ...shell } = await shellIn(grantedRoots(), cwd);
    if (variables !== undefined) (bash as unknown as { state: { arrays: unknown } }).state.arrays = variables.lists;
    if (timeout_ms !== undefined) {
      interruptAt(due + GRACE_MS);
      answer = () => {
        if (monotonicNow() <= due + GRACE_MS) return undefined as never;
        return timedOut(began, timeout_ms, "", "");
      };
    }
    const done = await bash.exec(args === undefined ? command : shellWord(command), {
      ...shell,
      env: { ...variables?.values, ...env },
      stdin,
      rawScript: true,
      ...(timeout_ms !== undefined && { signal: signalAt(due) }),
      ...(args !== undefined && { args: [...args] }),
    });
    const { exitCode } = done;
    let { stdout, stderr } = done;
    const trapped = takeExitTrap();
    if (trapped !== undefined) {
      const last = await bash.exec(trapped, { cwd: done.env.PWD ?? shell.cwd, env: done.env, rawScript: true });
      stdout += last.stdout;
      stderr += last.stderr;
    }
    interruptAt(Number.POSITIVE_INFINITY);
    answer = undefined;
    if (exitCode === TIMED_OUT && monotonicNow() > due) return timedOut(began, timeout_ms ?? 0, stdout, stderr);
    return answerOf(exitCode, stdout, stderr, began);
  },
  () => answer?.(),
);

/** Hangs the granted directories in where the host has them, and finds the directory to begin in. */
async function shellIn(
  roots: readonly Root[],
  cwd: string | undefined,
): Promise<{ cwd: string; env: Record<string, string> }> {
  const first = roots[0]?.path ?? "/tmp";
  const fs = new MountableFs({ base: memory });
  for (const { fd, path } of roots) fs.mount(path, new RootFileSystem(fd));
  (bash as { fs: IFileSystem }).fs = fs;
  (bash as unknown as { state: { startTime: number } }).state.startTime = Date.now();
  const here = cwd === undefined ? first : cwd.startsWith("/") ? cwd : `${first}/${cwd}`;
  const directory = fs.resolvePath("/", here);
  const isDirectory = await fs.stat(directory).then(
    (found) => found.isDirectory,
    () => undefined,
  );
  if (isDirectory === undefined)
    throw new ToolError("file-not-found", `cannot begin in ${directory}: it does not exist or cannot be entered`);
  if (!isDirectory) throw new ToolError("not-a-directory", `cannot begin in ${directory}: it is not a folder`);
  return { cwd: directory, env: { HOME: first } };
}

/** Says at each look whether the time is up, which a timer could not while commands run. */
function signalAt(due: number): AbortSignal {
  const { signal } = new AbortController();
  Object.defineProperty(signal, "aborted", { get: () => monotonicNow() > due });
  return signal;
}

function timedOut(began: number, milliseconds: number, stdout: string, stderr: string): Answer {
  const said = `${stderr}tollgate: the command was ended after ${milliseconds} ms: give it a larger timeout_ms\n`;
  return answerOf(TIMED_OUT, stdout, said, began);
}

function answerOf(exitCode: number, stdout: string, stderr: string, began: number): Answer {
  const out = bounded(stdout);
  const err = bounded(stderr);
  return {
    exit_code: exitCode & 0xff,
    stdout: out.text,
    stderr: err.text,
    duration_ms: Math.round((monotonicNow() - began) * 1000) / 1000,
    ...((out.cut > 0 || err.cut > 0) && { cut: { stdout: out.cut, stderr: err.cut } }),
  };
}
