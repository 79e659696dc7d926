import { type Fault, isFault } from "../../../contract/fault.ts";
import type { Ledger } from "../../../contract/ledger.ts";
import { DEFAULT_LIMITS } from "../../../contract/limits.ts";
import type { LogLine } from "../../../contract/note.ts";
import { refused } from "../../fault.ts";
import type { AgentRecord } from "../../records.ts";
import type { Handling, HandlingResult } from "../handling.ts";
import type { Backend } from "../runner.ts";
import { type ChildAnswer, NativeChild, type NativeCommand } from "./child.ts";
import { endNoted, noteProcess, sweepNoted } from "./process-note.ts";

export interface NativeBackend extends Backend {
  /** Ends what hosts started that were killed before they could end it. Never rejects. */
  sweep(): Promise<void>;
}

/**
 * Runs agents as commands that the operator configured by template name, one child process each. A child that answers
 * wrongly, too late or not at all is ended with its process group, and the next message starts a new one.
 */
export function nativeBackend(
  commands: Readonly<Record<string, NativeCommand>>,
  ledger: Ledger,
  hostId: string,
): NativeBackend {
  const children = new Map<number, NativeChild>();
  const listeners = new Map<number, (line: LogLine) => void>();

  const has = (template: string) => Object.hasOwn(commands, template);

  async function childOf(agent: AgentRecord): Promise<NativeChild> {
    const { pid, template } = agent;
    const known = children.get(pid);
    if (known !== undefined && !known.ended) return known;
    endNoted(ledger, pid);
    const child = new NativeChild(commands[template] as NativeCommand, (message) =>
      listeners.get(pid)?.({ level: "info", message }),
    );
    children.set(pid, child);
    if ((await child.started) && child.group !== undefined && !(await noteProcess(ledger, agent, child.group)))
      child.kill();
    return child;
  }

  async function start(agent: AgentRecord): Promise<Fault | undefined> {
    if (await (await childOf(agent)).started) return undefined;
    children.delete(agent.pid);
    return refused("start-failed", `the command of the template ${agent.template} could not be started`);
  }

  async function run({ agent, input, signal, onLog }: Handling): Promise<HandlingResult> {
    const began = performance.now();
    const child = await childOf(agent);
    listeners.set(agent.pid, onLog);
    const kill = () => child.kill();
    signal.addEventListener("abort", kill, { once: true });
    if (signal.aborted) kill();
    const deadlineMs = agent.capabilities.limits.deadlineMs ?? DEFAULT_LIMITS.deadlineMs;
    let late = false;
    const deadline = setTimeout(() => {
      late = true;
      child.kill();
    }, deadlineMs);
    const answer = await child.ask(input);
    clearTimeout(deadline);
    signal.removeEventListener("abort", kill);
    listeners.delete(agent.pid);
    const usage = { fuelConsumed: 0, memoryPeak: 0, durationMs: performance.now() - began };
    if (answer.ok) return { kind: "answer", answer: answer.answer, usage };
    return { kind: "fault", fault: late ? tooLate(deadlineMs) : faultOf(answer), usage };
  }

  return {
    has,
    start,
    async handle(handling) {
      const result = await run(handling);
      const done = await ledger.commit(handling.conclude(result), "committed");
      if (isFault(done)) return done;
      // Its process may have been changed by the message that failed: the next one gets a new process.
      if (result.kind === "fault") release(handling.agent.pid);
      return result;
    },
    release,
    sweep: () => sweepNoted(ledger, hostId, (pid, group) => children.get(pid)?.group === group),
  };

  function release(pid: number): void {
    children.get(pid)?.kill();
    children.delete(pid);
  }
}

function tooLate(deadlineMs: number): Fault {
  return refused("execution-timeout", `the command did not answer within ${deadlineMs} ms`, {
    deadline_ms: deadlineMs,
  });
}

function faultOf({ end, detail }: Extract<ChildAnswer, { ok: false }>): Fault {
  return refused(end === "exited" || end === "killed" ? "native-exited" : end, `the command ended: ${detail}`);
}
