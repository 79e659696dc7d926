import { statfsSync } from "node:fs";
import { type Fault, fault } from "../contract/fault.ts";
import { MIB } from "../contract/units.ts";

/** Less than this and nothing more is written: the largest batch fits, and so does what ends a host in order. */
const RESERVE_BYTES = 48 * MIB;
const LOOK_EVERY_MS = 250;

/** Watches the free space of the file system that a directory is on. */
export interface Room {
  /** The reason to write nothing at this time (milliseconds), looked up at most four times a second. */
  refuses(now: number): Fault | undefined;
}

/** A full disk is refused before LMDB meets it. A directory that cannot be asked about is left to LMDB. */
export function watchRoom(directory: string, freeBytes: (directory: string) => number | undefined = askFree): Room {
  let looked = Number.NEGATIVE_INFINITY;
  let answer: Fault | undefined;
  return {
    refuses(now) {
      if (Math.abs(now - looked) < LOOK_EVERY_MS) return answer;
      looked = now;
      const free = freeBytes(directory);
      answer =
        free === undefined || free >= RESERVE_BYTES
          ? undefined
          : fault(
              "chain",
              "chain-unwritable",
              `the event was not recorded: the disk of the state directory has only ${free} bytes left: free ${RESERVE_BYTES} bytes, then try again`,
              { free, needed: RESERVE_BYTES },
            );
      return answer;
    },
  };
}

function askFree(directory: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
