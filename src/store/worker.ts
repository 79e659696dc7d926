import { type MessagePort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { fault } from "../contract/fault.ts";
import type { Outcome } from "../contract/outcome.ts";
import type { Authority } from "../contract/permit.ts";
import { type GuestModule, GuestRunner } from "./guest-run.ts";
import { HostCallClient, type HostCallRequest } from "./host-call-client.ts";
import { COUNTER_MASK, FIGURE, Mailbox, SLOT, WORD, WORKER } from "./mailbox.ts";
import { writeExit } from "./mailbox-records.ts";
import type { FromWorker, ToWorker, WorkerSetup } from "./messages.ts";
import { ENTRY_POINTS } from "./module-report.ts";
import { NoteSender } from "./note-sender.ts";
import { inspectModule, prepareModule } from "./prepare.ts";
import { sharedNow } from "./shared-clock.ts";
import { createWasiHost } from "./wasi/host.ts";

/** How long the worker looks for work before it sleeps, in turns of a loop that takes some tens of microseconds. */
const SPIN_TURNS = 200;
/** How long it sleeps where it wakes fastest before it goes back to its event loop, in milliseconds. */
const WAIT_MS = 20;
/** Runs after which the engine gets a turn of the event loop, for the collection of code and memory. */
const RUNS_A_TURN = 256;

/** One worker thread: takes runs from the mailbox, one after the other, until it is terminated. */
class StoreWorker {
  readonly #mailbox: Mailbox;
  readonly #port: MessagePort;
  readonly #runner: GuestRunner;
  readonly #modules = new Map<number, GuestModule>();
  readonly #authorities = new Map<number, Authority>();
  readonly #inputs = new Map<number, Uint8Array>();
  #received = 0;
  #taken = 0;
  #looping = false;

  constructor(setup: WorkerSetup) {
    this.#mailbox = new Mailbox(setup.mailbox);
    this.#port = setup.port;
    const host = createWasiHost({ ...setup, sleep: (milliseconds) => this.#mailbox.sleep(milliseconds) });
    const notes = new NoteSender((note) =>
      this.#post({ kind: "note", sequence: this.#mailbox.load(WORD.current), note }),
    );
    const ask = (call: Omit<HostCallRequest, "sequence">): void =>
      this.#post({ ...call, sequence: this.#mailbox.load(WORD.current) }, [call.request.buffer]);
    const calls = new HostCallClient(setup.hostCalls, ask, notes);
    this.#runner = new GuestRunner(host, () => this.#mailbox.cancelled, calls);
  }

  start(): void {
    this.#port.on("message", (message: ToWorker) => {
      this.#received = (this.#received + 1) | 0;
      this.#handle(message);
      this.#work();
    });
    // a worker that has not said so is given nothing while another can take it
    this.#post(0);
    this.#work();
  }

  /** Works until there is nothing left, then sleeps: first where a wake is quick, then in the event loop. */
  #work(): void {
    if (this.#looping) return;
    this.#looping = true;
    const mailbox = this.#mailbox;
    mailbox.store(WORD.worker, WORKER.awake);
    let runs = 0;
    for (;;) {
      while (this.#takeOne()) {
        if (++runs >= RUNS_A_TURN) {
          this.#looping = false;
          setImmediate(() => this.#work());
          return;
        }
      }
      if (this.#spin()) continue;
      if (this.#runner.next.isDue) {
        this.#runner.next.make();
        continue;
      }
      const seen = mailbox.load(WORD.wake);
      mailbox.store(WORD.worker, WORKER.waiting);
      if (this.#hasWork()) {
        mailbox.store(WORD.worker, WORKER.awake);
        continue;
      }
      const woken = Atomics.wait(mailbox.words, WORD.wake, seen, WAIT_MS) !== "timed-out";
      if (woken) {
        mailbox.store(WORD.worker, WORKER.awake);
        continue;
      }
      mailbox.store(WORD.worker, WORKER.listening);
      if (!this.#hasWork()) break;
      mailbox.store(WORD.worker, WORKER.awake);
    }
    this.#looping = false;
  }

  #hasWork(): boolean {
    return this.#mailbox.load(WORD.handed) !== this.#taken || this.#mailbox.load(WORD.posted) !== this.#received;
  }

  #spin(): boolean {
    for (let turn = 0; turn < SPIN_TURNS; turn++) if (this.#hasWork()) return true;
    return false;
  }

  /** Does one thing; false when there is nothing to do. */
  #takeOne(): boolean {
    const mailbox = this.#mailbox;
    // read before the messages are: what a run needs is posted before the run is handed
    const handed = mailbox.load(WORD.handed);
    if (mailbox.load(WORD.posted) !== this.#received) {
      const next = receiveMessageOnPort(this.#port);
      if (next !== undefined) {
        this.#received = (this.#received + 1) | 0;
        this.#handle(next.message as ToWorker);
        return true;
      }
    }
    if (handed === this.#taken) return false;
    const slot = mailbox.handedSlot(this.#taken);
    this.#taken = (this.#taken + 1) & COUNTER_MASK;
    if (mailbox.claim(slot, SLOT.begun)) this.#run(slot);
    else {
      this.#inputs.delete(slot);
      mailbox.setState(slot, SLOT.free);
    }
    return true;
  }

  #run(slot: number): void {
    const mailbox = this.#mailbox;
    mailbox.began = sharedNow();
    mailbox.store(WORD.current, mailbox.figure(slot, FIGURE.sequence));
    const length = mailbox.figure(slot, FIGURE.inputLength);
    const stdin = length < 0 ? this.#inputs.get(slot) : mailbox.input(slot, length);
    this.#inputs.delete(slot);
    const guest = this.#modules.get(mailbox.figure(slot, FIGURE.module));
    const authority = this.#authorities.get(mailbox.figure(slot, FIGURE.authority));
    const outcome =
      guest === undefined || authority === undefined || stdin === undefined
        ? incomplete()
        : this.#runner.run(guest, authority, stdin, ENTRY_POINTS[mailbox.figure(slot, FIGURE.entry)]);
    mailbox.store(WORD.current, 0);
    this.#answer(slot, outcome);
  }

  #answer(slot: number, outcome: Outcome): void {
    const mailbox = this.#mailbox;
    const notes = this.#runner.sentNotes;
    this.#runner.sentNotes = false;
    // what travels in the mailbox may overtake what was posted
    if (!notes && writeExit(mailbox, slot, outcome)) {
      mailbox.finish(slot);
      if (Atomics.exchange(mailbox.words, WORD.calling, 1) === 0) this.#post(0);
      return;
    }
    const transfer = outcome.kind === "exited" ? [outcome.stdout.buffer as ArrayBuffer] : [];
    mailbox.setState(slot, SLOT.done);
    this.#post({ kind: "outcome", slot, outcome }, transfer);
  }

  #handle(message: ToWorker): void {
    switch (message.kind) {
      case "wake":
        return;
      case "module":
        this.#modules.set(message.id, message);
        return;
      case "authority":
        this.#authorities.set(message.id, message.authority);
        return;
      case "forget":
        for (const id of message.modules) this.#modules.delete(id);
        this.#runner.next.drop();
        if (message.authorities) this.#authorities.clear();
        return;
      case "input":
        this.#inputs.set(message.slot, message.bytes);
        return;
      case "prepare":
        this.#post({ kind: "prepared", id: message.id, result: prepareModule(message.bytes, message) });
        return;
      case "inspect":
        this.#post({ kind: "inspected", id: message.id, result: inspectModule(message.bytes, message) });
        return;
    }
  }

  #post(message: FromWorker, transfer: ArrayBuffer[] = []): void {
    this.#port.postMessage(message, transfer);
  }
}

function incomplete(): Outcome {
  return {
    kind: "fault",
    fault: fault("store", "internal", "the store failed on this run: a part of it did not reach the worker"),
    stderr: new Uint8Array(0),
    usage: { fuelConsumed: 0, memoryPeak: 0, durationMs: 0 },
  };
}

new StoreWorker(workerData as WorkerSetup).start();
