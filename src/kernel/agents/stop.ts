import { isFault } from "../../contract/fault.ts";
import { refused } from "../fault.ts";
import type { KernelTool } from "../kernel-tool.ts";
import type { AgentRecord } from "../records.ts";
import { DAMAGED, lookAtRow } from "../rows.ts";
import { endAgent, exitDamaged, KILLED } from "./exit.ts";
import type { AgentsOptions } from "./options.ts";
import type { Runner } from "./runner.ts";
import { agentAt, managed, unknownAgent } from "./table.ts";
import { illegalMove } from "./transitions.ts";

const STOP_WAIT_MS = 30_000;
const LOOK_AGAIN_MS = 250;

/**
 * Ends an agent, also one whose record is damaged, where that is forced by who is no agent. A graceful stop lets the message in hand be finished, whichever host has it, and answers 0; a forced one
 * ends the run now, what it would have answered comes to nothing, and answers 137. Answers when the agent has exited.
 */
export function stopTool(options: AgentsOptions, runner: Runner): KernelTool {
  const { ledger, signals, post } = options;
  return async (caller, args, signal) => {
    const pid = Number(args.pid);
    const graceful = args.graceful !== false;
    const seen = ledger.read((state) => lookAtRow(state, "agent", pid));
    if (seen === DAMAGED && !graceful && caller.capabilities === undefined) return await endDamaged(options, pid);
    const host = seen === undefined || seen === DAMAGED ? "" : seen.host;
    const hostIsGone = host !== options.hostId && !ledger.isAlive(host);
    const done = await ledger.commit((state) => {
      const agent = managed(state, caller, pid);
      if (isFault(agent)) return agent;
      const illegal = illegalMove(agent, graceful ? "stopping" : "exited");
      if (illegal !== undefined) return illegal;
      const exit = graceful ? { code: 0, reason: "stopped" } : { code: KILLED, reason: "killed" };
      const asSeen = hostIsGone && agent.host === host ? { ...agent, host: "" } : agent;
      return endAgent(state, asSeen, exit, graceful ? "graceful" : "forced", post);
    }, "committed");
    if (isFault(done)) return done;
    signals.tell({ kind: "agents" });
    for (const receiver of done.value) signals.tell({ kind: "mail", pid: receiver });
    return await exited(options, runner, pid, signal);
  };
}

/** Nobody can be asked to finish anything where the record is damaged: it ends at once. */
async function endDamaged({ ledger, signals, post }: AgentsOptions, pid: number) {
  const done = await ledger.commit((state) => {
    const agent = lookAtRow(state, "agent", pid);
    return agent === DAMAGED ? exitDamaged(state, pid, post) : unknownAgent(pid);
  }, "committed");
  if (isFault(done)) return done;
  signals.tell({ kind: "agents" });
  for (const receiver of done.value.told) signals.tell({ kind: "mail", pid: receiver });
  return { stopped: true, agent_id: done.value.agent_id, exit_code: KILLED };
}

async function exited(options: AgentsOptions, runner: Runner, pid: number, signal: AbortSignal) {
  const { ledger, signals, stopWaitMs = STOP_WAIT_MS } = options;
  const look = () => ledger.read((state) => agentAt(state, pid));
  // Taken before the runner hears of the exit and forgets it: the run of a forced stop has ended when it is answered.
  const inHand = runner.slot(pid)?.done ?? Promise.resolve();
  const agent = await new Promise<AgentRecord | undefined>((settle) => {
    const finish = (found: AgentRecord | undefined) => {
      stopListening();
      clearInterval(poll);
      clearTimeout(deadline);
      signal.removeEventListener("abort", giveUp);
      settle(found);
    };
    const check = () => {
      const found = look();
      if (found === undefined || found.state === "exited") inHand.then(() => finish(found));
    };
    const giveUp = () => finish(look());
    const stopListening = signals.listen(check);
    const poll = setInterval(check, LOOK_AGAIN_MS);
    const deadline = setTimeout(giveUp, stopWaitMs);
    signal.addEventListener("abort", giveUp, { once: true });
    check();
  });
  if (agent === undefined) return refused("agent-not-found", `agent with pid ${pid} has exited and is no longer kept`);
  if (agent.state !== "exited") {
    return refused(
      "agent-stopping",
      `agent ${agent.agent_id} with pid ${pid} still has a message in hand and exits when it is handled: wait, or stop it with graceful false`,
      { pid },
    );
  }
  return { stopped: true, agent_id: agent.agent_id, exit_code: agent.exit?.code ?? 0 };
}
