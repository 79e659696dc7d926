import { readFileSync } from "node:fs";
import { join } from "node:path";
import { originOf } from "./checkpoint.ts";
import { type CheckpointClaim, collectClaims } from "./claims.ts";
import { type Environment, openEnvironment } from "./environment.ts";
import { decodeEvent, genesisHash, recomputeHash, statedHash } from "./event-record.ts";
import { PUBLIC_KEY_FILE } from "./host-key.ts";
import { chainIdOf } from "./identity.ts";
import { appendLeaf, frontierRoot, leafHash } from "./merkle.ts";
import { decodeVerifierKey, type NoteVerifier } from "./signed-note.ts";
import { FORMAT, openTables, readHead, readIdentity, type Tables } from "./tables.ts";
import {
  type ChainProblem,
  conclude,
  emptyWalk,
  type VerifyOptions,
  type VerifyReport,
  type Walk,
} from "./verify-report.ts";

const MOST_PROBLEMS = 32;

/**
 * Checks the whole chain of a state directory: every event's hash, link and place, every stored tree node, every
 * checkpoint's signature, and that each tree that was ever signed is a beginning of the tree that is there.
 * Reads only, in one pass and bounded memory, also beside running hosts. Never throws.
 */
export function verifyChain(directory: string, options: VerifyOptions = {}): VerifyReport {
  const problems: ChainProblem[] = [];
  const report = (problem: ChainProblem) => {
    if (problems.length < MOST_PROBLEMS) problems.push(problem);
  };
  let environment: Environment | undefined;
  try {
    // Claims first: a running host may add events and then checkpoints while this reads.
    const claims = collectClaims(directory, options, report);
    const opened = openEnvironment(directory, { readOnly: true });
    if (!opened.ok) {
      report({ code: "unreadable", message: opened.fault.message });
      return conclude(undefined, emptyWalk(), 0, 0, problems, options);
    }
    environment = opened.environment;
    const tables = openTables(environment);
    const verifier = identify(directory, tables, options, report);
    if (verifier === undefined) return conclude(undefined, emptyWalk(), 0, 0, problems, options);
    claims.addStored(tables);
    const signed = claims.checkSignatures(verifier, originOf(chainIdOf(verifier.publicKey)));
    const walk = walkEvents(tables, chainIdOf(verifier.publicKey), signed, report);
    checkHead(tables, walk, report);
    const signedTo = judgeClaims(signed, walk, report);
    return conclude(chainIdOf(verifier.publicKey), walk, signedTo, claims.storedCount(), problems, options);
  } catch (error) {
    report({
      code: "unreadable",
      message: `the chain cannot be read: ${error instanceof Error ? error.message : error}`,
    });
    return conclude(undefined, emptyWalk(), 0, 0, problems, options);
  } finally {
    environment?.close().catch(() => {});
  }
}

/** The key that everything is measured by: the operator's where given, else the one that the chain names itself. */
function identify(
  directory: string,
  tables: Tables,
  options: VerifyOptions,
  report: (problem: ChainProblem) => void,
): NoteVerifier | undefined {
  const identity = readIdentity(tables);
  if (identity === undefined || identity === "damaged") {
    report({ code: "unreadable", message: `the chain's identity is ${identity ?? "missing"}: restore a backup` });
    return undefined;
  }
  if (identity.format > FORMAT) {
    report({ code: "format", message: `the chain has format ${identity.format} and this version knows ${FORMAT}` });
    return undefined;
  }
  const own = decodeVerifierKey(identity.key);
  if (own === undefined || chainIdOf(own.publicKey) !== identity.chain_id || own.name !== originOf(identity.chain_id)) {
    report({ code: "key", message: "the chain's name is not that of its key: its identity was edited" });
    return undefined;
  }
  const kept = options.publicKey ?? readIfThere(join(directory, PUBLIC_KEY_FILE));
  const keptBy = options.publicKey === undefined ? PUBLIC_KEY_FILE : "the operator's key";
  const expected = kept === undefined ? own : decodeVerifierKey(kept.trim());
  if (expected === undefined) {
    report({ code: "key", message: `${keptBy} is not a verifier key` });
    return undefined;
  }
  if (chainIdOf(expected.publicKey) !== identity.chain_id) {
    report({ code: "key", message: `${keptBy} is of another chain: the database was replaced` });
    return undefined;
  }
  return expected;
}

/** Walks the events until the first bad one. */
function walkEvents(
  tables: Tables,
  chainId: string,
  claims: readonly CheckpointClaim[],
  report: (problem: ChainProblem) => void,
): Walk {
  const walk = emptyWalk();
  walk.last = genesisHash(chainId);
  const wanted = new Set(claims.map((claim) => claim.size));
  if (wanted.has(0)) walk.roots.set(0, frontierRoot(walk.frontier));
  const onComplete = (level: number, index: number, root: Buffer) => {
    const stored = tables.nodes.get([level, index]);
    if (stored === undefined || !stored.equals(root)) {
      report({
        code: "tree",
        sequence: (index + 1) * 2 ** level,
        message: `the stored tree node ${level}/${index} is ${stored === undefined ? "missing" : "not that of its events"}`,
      });
    }
  };
  for (const { key, value } of tables.events.getRange({})) {
    const sequence = walk.frontier.size + 1;
    const problem = judgeEvent(key, value, sequence, walk.last);
    if (problem !== undefined) {
      walk.firstBad = sequence;
      report(problem);
      return walk;
    }
    walk.last = Buffer.from(statedHash(value));
    appendLeaf(walk.frontier, leafHash(walk.last), onComplete);
    if (wanted.has(sequence)) walk.roots.set(sequence, frontierRoot(walk.frontier));
  }
  return walk;
}

function judgeEvent(key: unknown, record: Buffer, sequence: number, previous: Buffer): ChainProblem | undefined {
  if (typeof key !== "number" || key < sequence) {
    return { code: "event-unknown", sequence, message: `there is a record ${String(key)} that no chain has` };
  }
  if (key > sequence) return { code: "event-missing", sequence, message: `event ${sequence} is missing` };
  const event = decodeEvent(record);
  if (event === undefined) {
    return { code: "event-damaged", sequence, message: `event ${sequence} is damaged: its record is not one event` };
  }
  if (!recomputeHash(record).equals(statedHash(record))) {
    return {
      code: "event-edited",
      sequence,
      message: `event ${sequence} was edited: its hash is not that of its content`,
    };
  }
  if (event.sequence !== sequence) {
    return {
      code: "event-displaced",
      sequence,
      message: `in the place of event ${sequence} stands event ${event.sequence}`,
    };
  }
  if (event.previousHash !== previous.toString("hex")) {
    return {
      code: "event-displaced",
      sequence,
      message: `event ${sequence} does not follow event ${sequence - 1}: it, or what was before it, was replaced`,
    };
  }
  return undefined;
}

function checkHead(tables: Tables, walk: Walk, report: (problem: ChainProblem) => void): void {
  if (walk.firstBad !== undefined) return;
  const head = readHead(tables);
  const { size } = walk.frontier;
  if (
    head === undefined ? size === 0 : head !== "damaged" && head.frontier.size === size && head.last.equals(walk.last)
  ) {
    if (head === undefined || head === "damaged" || frontierRoot(head.frontier).equals(frontierRoot(walk.frontier)))
      return;
    report({ code: "tree", sequence: size, message: "the head's tree is not that of the events" });
    return;
  }
  if (head !== undefined && head !== "damaged" && head.frontier.size > size) {
    walk.firstBad = size + 1;
    report({
      code: "truncated",
      sequence: size + 1,
      message: `events ${size + 1} to ${head.frontier.size} are missing: the chain was cut off`,
    });
    return;
  }
  report({ code: "tree", sequence: size, message: "the head is damaged or not that of the events" });
}

/** Compares each signed tree with the one that is there; answers the largest that agrees. */
function judgeClaims(claims: readonly CheckpointClaim[], walk: Walk, report: (problem: ChainProblem) => void): number {
  let signedTo = 0;
  for (const claim of claims) {
    const root = walk.roots.get(claim.size);
    if (root === undefined) {
      if (walk.firstBad === undefined) walk.firstBad = walk.frontier.size + 1;
      report({
        code: walk.firstBad <= walk.frontier.size ? "checkpoint-mismatch" : "truncated",
        sequence: claim.size,
        message: `${claim.where} has a checkpoint for ${claim.size} events, but only ${walk.frontier.size} are intact: what follows was cut off, rolled back or changed`,
      });
    } else if (!root.equals(claim.root)) {
      report({
        code: "checkpoint-mismatch",
        sequence: claim.size,
        message: `the first ${claim.size} events are not those that the checkpoint in ${claim.where} signed: history was rewritten`,
      });
    } else {
      signedTo = Math.max(signedTo, claim.size);
    }
  }
  return signedTo;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
