import { monotonicNow, waitUntil } from "./clock.ts";

interface Timer {
  readonly id: number;
  due: number;
  readonly interval: number | undefined;
  readonly run: () => void;
}

/** Pending timers, the next one first. */
const pending: Timer[] = [];
let lastId = 0;

function insert(timer: Timer): void {
  let at = pending.length;
  while (at > 0 && (pending[at - 1] as Timer).due > timer.due) at--;
  pending.splice(at, 0, timer);
}

type Callback = (...given: unknown[]) => void;

function start(callback: Callback, milliseconds: number | undefined, given: unknown[], repeats: boolean): number {
  if (typeof callback !== "function") throw new TypeError("a timer needs a function");
  const delay = Math.max(0, Math.min(Number(milliseconds) || 0, 0x7fff_ffff));
  const id = ++lastId;
  const interval = repeats ? Math.max(1, delay) : undefined;
  insert({ id, due: monotonicNow() + delay, interval, run: () => callback(...given) });
  return id;
}

export function setTimeout(callback: Callback, milliseconds?: number, ...given: unknown[]): number {
  return start(callback, milliseconds, given, false);
}

export function setInterval(callback: Callback, milliseconds?: number, ...given: unknown[]): number {
  return start(callback, milliseconds, given, true);
}

export function setImmediate(callback: Callback, ...given: unknown[]): number {
  return start(callback, 0, given, false);
}

export function clearTimeout(id?: number): void {
  const at = pending.findIndex((timer) => timer.id === id);
  if (at >= 0) pending.splice(at, 1);
}

export { clearTimeout as clearImmediate, clearTimeout as clearInterval };

/** Waits for the next timer and runs it; false where none is pending. What it throws is thrown. */
export function runNextTimer(): boolean {
  const timer = pending.shift();
  if (timer === undefined) return false;
  waitUntil(timer.due);
  if (monotonicNow() < timer.due) {
    // it was not the timer that ended the wait
    pending.unshift(timer);
    return true;
  }
  if (timer.interval !== undefined) {
    timer.due = Math.max(timer.due + timer.interval, monotonicNow());
    insert(timer);
  }
  timer.run();
  return true;
}
