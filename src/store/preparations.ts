import type { Fault } from "../contract/fault.ts";
import type { FromWorker, ToWorker } from "./messages.ts";
import { sharedNow } from "./shared-clock.ts";
import type { WorkerSlot } from "./worker-slot.ts";

export type Reply = Extract<FromWorker, { kind: "prepared" | "inspected" }>;
export type Request = Extract<ToWorker, { kind: "prepare" | "inspect" }>;

interface Job {
  readonly request: Request;
  readonly settle: (reply: Reply["result"]) => void;
  /** The worker that has it in hand. */
  slot?: WorkerSlot;
}

/** The modules that are to be metered and compiled, or inspected, in a worker; every one is answered once. */
export class Preparations {
  #waiting: Job[] = [];
  readonly #underWay = new Map<number, Job>();
  #nextId = 1;

  get waiting(): number {
    return this.#waiting.length;
  }

  get underWay(): number {
    return this.#underWay.size;
  }

  add(make: (id: number) => Request): Promise<Reply["result"]> {
    return new Promise((settle) => this.#waiting.push({ request: make(this.#nextId++), settle }));
  }

  /** Hands the one that waited longest to a worker. */
  begin(slot: WorkerSlot): void {
    const job = this.#waiting.shift();
    if (job === undefined) return;
    job.slot = slot;
    slot.preparing = job.request.id;
    slot.preparingSince = sharedNow();
    this.#underWay.set(job.request.id, job);
    slot.post(job.request);
    slot.announce();
  }

  replied(slot: WorkerSlot, { id, result }: Reply): void {
    const job = this.#underWay.get(id);
    slot.preparing = 0;
    this.#underWay.delete(id);
    job?.settle(result);
  }

  /** Answers what a worker that ended had in hand. */
  failed(slot: WorkerSlot, reason: Fault): void {
    for (const [id, job] of this.#underWay) {
      if (job.slot !== slot) continue;
      this.#underWay.delete(id);
      job.settle(reason);
    }
  }

  /** Answers everything that waits. */
  refuseWaiting(reason: Fault): void {
    for (const job of this.#waiting.splice(0)) job.settle(reason);
  }

  /** Answers everything. */
  refuseAll(reason: Fault): void {
    this.refuseWaiting(reason);
    for (const job of this.#underWay.values()) job.settle(reason);
    this.#underWay.clear();
  }
}
