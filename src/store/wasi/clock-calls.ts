import { randomFillSync } from "node:crypto";
import { performance } from "node:perf_hooks";
import { ERRNO } from "./errno.ts";
import { CLOCK, EVENT_TYPE, MAX_SUBSCRIPTIONS, RIGHT, SIZE } from "./layout.ts";
import type { HostFunction, RunState } from "./run-state.ts";

const NS_PER_MS = 1_000_000;
const SUBSCRIPTION_ABSTIME = 1;
/** randomFillSync takes at most 2³¹−1 bytes at a time. */
const RANDOM_STEP = 1 << 30;

/**
 * Time, sleep and randomness (witx: clock_*, poll_oneoff, random_get). Without the grant a clock, and with it every
 * timer, is ENOTCAPABLE, and so is randomness. A sleep never lasts beyond the run's deadline.
 */
export function createClockCalls(state: RunState): Record<string, HostFunction> {
  const { memory, table } = state;
  const sleeper = new Int32Array(new SharedArrayBuffer(4));

  function now(clock: number): bigint {
    // microseconds of the wall clock, made of the origin and the monotonic part
    if (clock === CLOCK.realtime)
      return BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n;
    return process.hrtime.bigint();
  }

  function refusesClock(clock: number): number {
    if (!state.run.authority.clock) return ERRNO.notcapable;
    if (clock === CLOCK.realtime || clock === CLOCK.monotonic) return ERRNO.success;
    return clock === CLOCK.processCpu || clock === CLOCK.threadCpu ? ERRNO.notsup : ERRNO.inval;
  }

  /** Milliseconds until a clock subscription at this address is due; negative is an errno. */
  function delay(at: number): number {
    const clock = memory.view.getUint32(at + 16, true);
    const errno = refusesClock(clock);
    if (errno !== ERRNO.success) return -errno;
    const timeout = memory.view.getBigUint64(at + 24, true);
    const absolute = (memory.view.getUint16(at + 40, true) & SUBSCRIPTION_ABSTIME) !== 0;
    const left = absolute ? timeout - now(clock) : timeout;
    return left <= 0n ? 0 : Number(left) / NS_PER_MS;
  }

  /** Bytes ready on a descriptor; negative is an errno. Files and streams never block here. */
  function ready(fd: number, write: boolean): number {
    const descriptor = table.get(fd);
    if (descriptor === undefined) return -ERRNO.badf;
    if (descriptor.kind === "directory") return -ERRNO.badf;
    if ((descriptor.rightsBase & (write ? RIGHT.fdWrite : RIGHT.fdRead)) === 0) return -ERRNO.notcapable;
    return descriptor.kind === "stdin" ? state.run.stdin.length - state.stdinPosition : 1;
  }

  function writeEvent(at: number, userdata: bigint, errno: number, type: number, bytes: number): void {
    memory.bytes.fill(0, at, at + SIZE.event);
    memory.view.setBigUint64(at, userdata, true);
    memory.view.setUint16(at + 8, errno, true);
    memory.view.setUint8(at + 10, type);
    memory.view.setBigUint64(at + 16, BigInt(bytes), true);
  }

  function poll_oneoff(input: number, output: number, count: number, result: number): number {
    const subscriptions = count >>> 0;
    if (subscriptions === 0 || subscriptions > MAX_SUBSCRIPTIONS) return ERRNO.inval;
    const from = input >>> 0;
    const to = output >>> 0;
    if (!memory.has(from, subscriptions * SIZE.subscription)) return ERRNO.fault;
    if (!memory.has(to, subscriptions * SIZE.event) || !memory.has(result >>> 0, 4)) return ERRNO.fault;
    state.charge(subscriptions * SIZE.subscription);
    // a copy, because the guest may lay the events over the subscriptions
    const records = Buffer.from(memory.bytes.subarray(from, from + subscriptions * SIZE.subscription));
    const due: number[] = [];
    let soonest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < subscriptions; i++) {
      const at = i * SIZE.subscription;
      const type = records[at + 8];
      if (type === EVENT_TYPE.clock) due.push(delay(from + at));
      else if (type === EVENT_TYPE.fdRead || type === EVENT_TYPE.fdWrite) due.push(0);
      else return ERRNO.inval;
      soonest = Math.min(soonest, Math.max(0, due[i]!));
    }
    if (!sleep(soonest)) return ERRNO.intr;
    let events = 0;
    for (let i = 0; i < subscriptions; i++) {
      if (due[i]! > soonest) continue;
      const at = i * SIZE.subscription;
      const type = records[at + 8]!;
      const outcome =
        type === EVENT_TYPE.clock
          ? Math.min(due[i]!, 0)
          : ready(records.readUInt32LE(at + 16), type === EVENT_TYPE.fdWrite);
      writeEvent(
        to + events * SIZE.event,
        records.readBigUInt64LE(at),
        outcome < 0 ? -outcome : ERRNO.success,
        type,
        Math.max(0, outcome),
      );
      events++;
    }
    memory.view.setUint32(result >>> 0, events, true);
    return ERRNO.success;
  }

  /** False when the deadline came first. */
  function sleep(milliseconds: number): boolean {
    if (milliseconds <= 0) return true;
    const left = state.run.deadline - performance.now();
    if (left > 0) Atomics.wait(sleeper, 0, 0, Math.min(milliseconds, left));
    return milliseconds <= left;
  }

  return {
    clock_res_get(clock: number, result: number): number {
      const errno = refusesClock(clock >>> 0);
      if (errno !== ERRNO.success) return errno;
      if (!memory.has(result >>> 0, 8)) return ERRNO.fault;
      memory.view.setBigUint64(result >>> 0, clock === CLOCK.realtime ? 1000n : 1n, true);
      return ERRNO.success;
    },

    clock_time_get(clock: number, _precision: bigint, result: number): number {
      const errno = refusesClock(clock >>> 0);
      if (errno !== ERRNO.success) return errno;
      if (!memory.has(result >>> 0, 8)) return ERRNO.fault;
      memory.view.setBigUint64(result >>> 0, now(clock), true);
      return ERRNO.success;
    },

    poll_oneoff,

    random_get(address: number, length: number): number {
      if (!state.run.authority.random) return ERRNO.notcapable;
      const start = address >>> 0;
      const end = start + (length >>> 0);
      if (!memory.has(start, length >>> 0)) return ERRNO.fault;
      state.charge(length >>> 0);
      for (let at = start; at < end; at += RANDOM_STEP) {
        randomFillSync(memory.bytes, at, Math.min(RANDOM_STEP, end - at));
      }
      return ERRNO.success;
    },
  };
}
