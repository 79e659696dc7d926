import type { BigIntStats } from "node:fs";

/** Access and modification time in nanoseconds since 1970. */
export interface FileTimes {
  readonly atimeNs: bigint;
  readonly mtimeNs: bigint;
}

interface Setting {
  /** What the guest asked for. */
  readonly asked: FileTimes;
  /** What the file had afterwards. */
  readonly stored: FileTimes;
  readonly ctimeNs: bigint;
}

/** Files whose times are remembered; the one set longest ago is forgotten first. */
const REMEMBERED = 1024;

/**
 * The nanoseconds of the times that a guest set in this run. Node hands times to the system through libuv, which cuts
 * them to whole microseconds (uv__fs_to_timespec), so that is what the disk holds and what every other process, and
 * the next run, sees. Within the run the guest is told the time as it set it, as an attribute cache would.
 *
 * A remembered time never differs from the one on disk by a microsecond or more: it counts only for the same device
 * and inode, only while the status change time is what it was when the times were set, and each of the two only while
 * the disk still has the very time that was stored then. Any later write, change of times, mode or name by anybody
 * makes the disk's time count.
 */
export class ExactTimes {
  readonly #settings = new Map<string, Setting>();

  /** The times of a file as the guest is told them. */
  of(stat: BigIntStats): FileTimes {
    if (this.#settings.size === 0) return stat;
    const setting = this.#settings.get(keyOf(stat));
    if (setting === undefined || setting.ctimeNs !== stat.ctimeNs) return stat;
    const { asked, stored } = setting;
    return {
      atimeNs: stored.atimeNs === stat.atimeNs ? asked.atimeNs : stat.atimeNs,
      mtimeNs: stored.mtimeNs === stat.mtimeNs ? asked.mtimeNs : stat.mtimeNs,
    };
  }

  /** Remembers what was asked for; `after` is the stat taken after the times were set. */
  remember(asked: FileTimes, after: BigIntStats): void {
    const key = keyOf(after);
    this.#settings.delete(key);
    const { atimeNs, mtimeNs, ctimeNs } = after;
    if (!closeTo(asked.atimeNs, atimeNs) || !closeTo(asked.mtimeNs, mtimeNs)) return;
    if (asked.atimeNs === atimeNs && asked.mtimeNs === mtimeNs) return;
    if (this.#settings.size >= REMEMBERED) {
      for (const oldest of this.#settings.keys()) {
        this.#settings.delete(oldest);
        break;
      }
    }
    this.#settings.set(key, { asked, stored: { atimeNs, mtimeNs }, ctimeNs });
  }

  clear(): void {
    this.#settings.clear();
  }
}

/**
 * A time for utimes(2) as Node takes it: seconds as a numeric string, since a negative number would mean now. Half a
 * microsecond is added, because a double holds today's times only to 240 ns and what it falls short of would cost a
 * whole microsecond.
 */
export function secondsOf(nanoseconds: bigint): string {
  const half = nanoseconds < 0n ? -0.5 : 0.5;
  return String((Number(nanoseconds / 1000n) + half) / 1e6);
}

function keyOf(stat: BigIntStats): string {
  return `${stat.dev}:${stat.ino}`;
}

function closeTo(a: bigint, b: bigint): boolean {
  const difference = a - b;
  return difference > -1000n && difference < 1000n;
}
