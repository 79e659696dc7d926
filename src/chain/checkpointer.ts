import { type Fault, fault } from "../contract/fault.ts";
import { encodeCheckpoint, originOf } from "./checkpoint.ts";
import { appendNote, checkpointPath } from "./checkpoint-file.ts";
import { answered, type Environment, storageFault } from "./environment.ts";
import type { Head } from "./head.ts";
import { frontierRoot } from "./merkle.ts";
import type { NoteSigner } from "./signed-note.ts";
import type { Tables } from "./tables.ts";

/** A checkpoint that was written: the tree size and the note. */
export interface WrittenCheckpoint {
  readonly size: number;
  readonly note: string;
}

/** Signs what the chain is, off the path of calls. */
export interface Checkpointer {
  /** Why the last checkpoint could not be written, everywhere it should be; undefined where it was. */
  fault(): Fault | undefined;
  /** Starts a checkpoint in the background when enough events are unsigned. */
  observe(head: Head): void;
  /** Signs this head unless a tree of its size or more is signed. One at a time; never rejects. */
  sign(head: Head): Promise<WrittenCheckpoint | Fault | undefined>;
}

export function openCheckpointer(
  environment: Environment,
  tables: Tables,
  chainId: string,
  signer: NoteSigner,
  signedSize: number,
  every: number,
  witness: string | undefined,
  /** Records what is to stand before a checkpoint of this head, and answers the head behind it. Never rejects. */
  complete: (head: Head) => Promise<Head> = async (head) => head,
): Checkpointer {
  let signed = signedSize;
  let tail: Promise<unknown> = Promise.resolve();
  let scheduled = false;
  let lastFault: Fault | undefined;

  const write = async (from: Head): Promise<WrittenCheckpoint | Fault | undefined> => {
    if (from.frontier.size <= signed) return undefined;
    const head = await complete(from);
    const { size } = head.frontier;
    const note = signer.sign(encodeCheckpoint({ origin: originOf(chainId), size, root: frontierRoot(head.frontier) }));
    try {
      // A signature must never be ahead of the disk: after a loss of power it would look like a roll-back.
      await environment.write(() => answered(tables.checkpoints.put(size, Buffer.from(note))));
      await environment.flushed();
      signed = Math.max(signed, size);
      await appendNote(checkpointPath(environment.directory), note);
    } catch (error) {
      return storageFault("the checkpoint was not written", error);
    }
    if (witness === undefined) return { size, note };
    try {
      await appendNote(witness, note);
      return { size, note };
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      return fault(
        "chain",
        "chain-unwritable",
        `the witness file was not written: ${detail}: check the configured path`,
      );
    }
  };

  const sign = (head: Head) => {
    const done = tail.then(async () => {
      const answer = await write(head);
      if (answer !== undefined) lastFault = "code" in answer ? answer : undefined;
      return answer;
    });
    tail = done;
    return done;
  };

  return {
    fault: () => lastFault,
    observe(head) {
      if (scheduled || head.frontier.size - signed < every) return;
      scheduled = true;
      setImmediate(() => {
        sign(head).finally(() => {
          scheduled = false;
        });
      });
    },
    sign,
  };
}
