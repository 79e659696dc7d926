import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import type { HostCallBounds } from "./host-calls.ts";
import type { WorkerSetup } from "./messages.ts";
import type { ProtectedPath } from "./wasi/host.ts";

/** How workers are started. */
export interface WorkerOptions {
  readonly workerUrl: URL;
  readonly protectedPaths: readonly ProtectedPath[];
  readonly protectedNames: readonly string[];
  readonly hostCalls: readonly HostCallBounds[];
}

/** A thread that was started, and the main thread's ends of what leads to it. */
export interface WorkerThread {
  readonly worker: Worker;
  readonly port: MessagePort;
  /** Takes answers of host calls that are too large for shared memory. */
  readonly answers: MessagePort;
}

/**
 * Starts a thread that is given nothing of the process: no environment, no arguments, no stdin; only the paths and names
 * that it protects and the memory that it shares. Nothing of it keeps the process alive. Its heap is bounded to 256 MiB
 * (guests' memories are not in that), its stack to 4 MiB.
 */
export function startWorkerThread(
  options: WorkerOptions,
  mailbox: SharedArrayBuffer,
  callAnswers: SharedArrayBuffer,
): WorkerThread {
  const messages = new MessageChannel();
  const answers = new MessageChannel();
  // the handlers stay here: functions do not travel
  const calls = options.hostCalls.map(({ name, requestBytes, answerBytes, callsPerRun }) => ({
    name,
    requestBytes,
    answerBytes,
    callsPerRun,
  }));
  const setup: WorkerSetup = {
    mailbox,
    port: messages.port2,
    protectedPaths: options.protectedPaths,
    protectedNames: options.protectedNames,
    hostCalls: { calls, answers: callAnswers, port: answers.port2 },
  };
  answers.port1.unref();
  const worker = new Worker(options.workerUrl, {
    workerData: setup,
    transferList: [messages.port2, answers.port2],
    name: "tollgate-store",
    env: {},
    argv: [],
    execArgv: [],
    stdin: false,
    resourceLimits: { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 },
  });
  worker.unref();
  return { worker, port: messages.port1, answers: answers.port1 };
}
