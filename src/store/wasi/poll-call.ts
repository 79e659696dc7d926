import { fstatSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { clockNow, refusesClock } from "./clock-calls.ts";
import { ERRNO, errnoOf } from "./errno.ts";
import { EVENT_FLAG, EVENT_TYPE, MAX_SUBSCRIPTIONS, RIGHT, SIZE } from "./layout.ts";
import type { HostFunction, RunState } from "./run-state.ts";

const NS_PER_MS = 1_000_000;
const SUBSCRIPTION_ABSTIME = 1;

/** What came of one subscription. */
interface Readiness {
  readonly errno: number;
  readonly bytes: number;
  readonly flags: number;
}

/** A subscription as it was read: when it is due, in milliseconds from now, or what is wrong with it. */
interface Subscription {
  readonly userdata: bigint;
  readonly type: number;
  readonly fd: number;
  readonly delay: number;
  readonly errno: number;
}

/**
 * `poll_oneoff`: waits until the first of 1 to 1024 subscriptions is due, and reports all that are due then. Files and
 * streams never block here, so they are due at once; at the end of a file or of stdin the event says hang-up. What is
 * wrong with one subscription is the error of its event: a clock that was not granted is ENOTCAPABLE, a descriptor
 * that is none EBADF. A count out of bounds or a type that does not exist is EINVAL for all.
 *
 * A sleep never outlasts the run: its deadline and its cancellation end both. Charged by the bytes of the
 * subscriptions; sleeping itself costs no fuel.
 */
export function createPollCall(state: RunState): Record<"poll_oneoff", HostFunction> {
  const { memory, table } = state;

  function poll_oneoff(input: number, output: number, count: number, result: number): number {
    const subscriptions = count >>> 0;
    if (subscriptions === 0 || subscriptions > MAX_SUBSCRIPTIONS) return ERRNO.inval;
    const from = input >>> 0;
    const to = output >>> 0;
    if (!memory.has(from, subscriptions * SIZE.subscription)) return ERRNO.fault;
    if (!memory.has(to, subscriptions * SIZE.event) || !memory.has(result >>> 0, 4)) return ERRNO.fault;
    state.charge(subscriptions * SIZE.subscription);
    // all are read before any event is written: the guest may lay the events over the subscriptions
    const waiting: Subscription[] = [];
    let soonest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < subscriptions; i++) {
      const subscription = read(from + i * SIZE.subscription);
      if (subscription === undefined) return ERRNO.inval;
      waiting.push(subscription);
      soonest = Math.min(soonest, subscription.delay);
    }
    if (!sleep(soonest)) return ERRNO.intr;
    let events = 0;
    for (const subscription of waiting) {
      if (subscription.delay > soonest) continue;
      write(to + events * SIZE.event, subscription);
      events++;
    }
    memory.view.setUint32(result >>> 0, events, true);
    return ERRNO.success;
  }

  function read(at: number): Subscription | undefined {
    const { view } = memory;
    const userdata = view.getBigUint64(at, true);
    const type = view.getUint8(at + 8);
    const fd = view.getUint32(at + 16, true);
    if (type === EVENT_TYPE.fdRead || type === EVENT_TYPE.fdWrite) return { userdata, type, fd, delay: 0, errno: 0 };
    if (type !== EVENT_TYPE.clock) return undefined;
    const flags = view.getUint16(at + 40, true);
    const unknown = (flags & ~SUBSCRIPTION_ABSTIME) !== 0 ? ERRNO.inval : ERRNO.success;
    const errno = refusesClock(state, fd) || unknown;
    const delay = errno === ERRNO.success ? delayOf(fd, view.getBigUint64(at + 24, true), flags) : 0;
    return { userdata, type, fd, delay, errno };
  }

  function delayOf(clock: number, timeout: bigint, flags: number): number {
    const left = (flags & SUBSCRIPTION_ABSTIME) !== 0 ? timeout - clockNow(clock) : timeout;
    return left <= 0n ? 0 : Number(left) / NS_PER_MS;
  }

  function write(at: number, { userdata, type, fd, errno }: Subscription): void {
    const found = type === EVENT_TYPE.clock ? { errno, bytes: 0, flags: 0 } : ready(fd, type === EVENT_TYPE.fdWrite);
    memory.bytes.fill(0, at, at + SIZE.event);
    memory.view.setBigUint64(at, userdata, true);
    memory.view.setUint16(at + 8, found.errno, true);
    memory.view.setUint8(at + 10, type);
    memory.view.setBigUint64(at + 16, BigInt(found.bytes), true);
    memory.view.setUint16(at + 24, found.flags, true);
  }

  /** What a descriptor is ready for. */
  function ready(fd: number, writes: boolean): Readiness {
    const descriptor = table.get(fd);
    if (descriptor === undefined || descriptor.kind === "directory") return refused(ERRNO.badf);
    const needed = RIGHT.pollFdReadwrite | (writes ? RIGHT.fdWrite : RIGHT.fdRead);
    if (state.refuses(descriptor, needed, false) !== ERRNO.success) return refused(ERRNO.notcapable);
    if (writes) return { errno: ERRNO.success, bytes: 1, flags: 0 };
    try {
      const left =
        descriptor.kind === "stdin"
          ? state.run.stdin.length - state.stdinPosition
          : Math.max(0, fstatSync(descriptor.hostFd).size - descriptor.position);
      return { errno: ERRNO.success, bytes: left, flags: left === 0 ? EVENT_FLAG.hangup : 0 };
    } catch (error) {
      return refused(errnoOf(error));
    }
  }

  /** False when the deadline came first; the run's hooks end it then, and when it was cancelled. */
  function sleep(milliseconds: number): boolean {
    const until = performance.now() + milliseconds;
    for (let now = performance.now(); now < until; now = performance.now()) {
      state.charge(0);
      const left = state.run.deadline - now;
      if (left < 0) return false;
      // a little beyond the deadline, so that it has passed
      state.sleep(Math.min(until - now, left + 0.01));
    }
    if (milliseconds > 0) state.charge(0);
    return true;
  }

  return { poll_oneoff };
}

function refused(errno: number): Readiness {
  return { errno, bytes: 0, flags: 0 };
}
