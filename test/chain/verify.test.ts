import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { encodeCheckpoint } from "../../src/chain/checkpoint.ts";
import { openEnvironment } from "../../src/chain/environment.ts";
import { encodeEvent, genesisHash, recomputeHash, statedHash } from "../../src/chain/event-record.ts";
import { encodeHead, type Head } from "../../src/chain/head.ts";
import { appendLeaf, frontierRoot, leafHash } from "../../src/chain/merkle.ts";
import { decodeSigningKey, noteSigner } from "../../src/chain/signed-note.ts";
import { openTables, readHead, type Tables } from "../../src/chain/tables.ts";
import { verifyChain } from "../../src/chain/verify.ts";
import type { VerifyOptions } from "../../src/chain/verify-report.ts";
import { copyOf, fill, must, mustOpen, stateDirectory } from "./fixture.ts";

const SIZE = 300;
const original = stateDirectory();
const earlier = stateDirectory();
let chainId = "";

test.before(async () => {
  const first = mustOpen(original, { checkpointEvery: 50 });
  chainId = first.id;
  await fill(first, 200);
  await first.close();
  for (const file of ["state.mdb", "checkpoints", "host.key", "host.pub"])
    copyFileSync(join(original, file), join(earlier, file));
  const second = mustOpen(original, { checkpointEvery: 50 });
  await fill(second, SIZE - 200, "y");
  await second.close();
});

/** Changes the tables of a copy, as someone who can write the file could. */
async function tamper(directory: string, change: (tables: Tables) => void): Promise<void> {
  const opened = openEnvironment(directory);
  if (!opened.ok) throw new Error(opened.fault.message);
  const tables = openTables(opened.environment);
  opened.environment.transactionSync(() => change(tables));
  await opened.environment.close();
}

const get = (tables: Tables, sequence: number) => Buffer.from(tables.events.get(sequence) as Buffer);

/** The record with its hash made to fit its content. */
function resealed(record: Buffer): Buffer {
  const copy = Buffer.from(record);
  recomputeHash(copy).copy(copy, 0);
  return copy;
}

/** Rebuilds events, links, tree and head from `from` on, as someone without the key would. */
function rewriteFrom(tables: Tables, from: number, size: number): void {
  const head: { last: Buffer; frontier: Head["frontier"] } = {
    last: genesisHash(chainId),
    frontier: { size: 0, roots: [] },
  };
  for (let sequence = 1; sequence <= size; sequence++) {
    if (sequence >= from) {
      tables.events.putSync(
        sequence,
        encodeEvent(sequence, 1, head.last, "gate", "call.refused", `{"forged":${sequence}}`).bytes,
      );
    }
    head.last = Buffer.from(statedHash(get(tables, sequence)));
    appendLeaf(head.frontier, leafHash(head.last), (level, index, root) => tables.nodes.putSync([level, index], root));
  }
  tables.meta.putSync("head", encodeHead(head));
}

test("an untouched chain verifies, and says what that does not prove", () => {
  const report = verifyChain(original);
  assert.equal(report.problems, []);
  assert.ok(report.ok);
  assert.is(report.verified_to, SIZE);
  assert.is(report.signed_to, SIZE);
  assert.is(report.chain_id, chainId);
  assert.is(report.unknowable.length, 3);
  const publicKey = readFileSync(join(original, "host.pub"), "utf8");
  const checkpoint = lastNote(original);
  const anchored = verifyChain(original, { publicKey, checkpoint });
  assert.ok(anchored.ok);
  assert.is(anchored.unknowable.length, 1);
});

function lastNote(directory: string): string {
  const notes = readFileSync(join(directory, "checkpoints"), "utf8").split("\n\n");
  return `${notes[notes.length - 3]}\n\n${notes[notes.length - 2]}\n`;
}

interface Case {
  readonly name: string;
  readonly change: (tables: Tables) => void;
  readonly code: string;
  readonly firstBad?: number;
  readonly drop?: readonly string[];
}

const cases: readonly Case[] = [
  {
    name: "an edited payload",
    change: (t) => {
      const record = get(t, 77);
      record[record.length - 3] = (record[record.length - 3] as number) ^ 1;
      t.events.putSync(77, record);
    },
    code: "event-edited",
    firstBad: 77,
  },
  {
    name: "an edited time",
    change: (t) => {
      const record = get(t, 5);
      record[47] = (record[47] as number) ^ 1;
      t.events.putSync(5, record);
    },
    code: "event-edited",
    firstBad: 5,
  },
  {
    name: "an edit whose hash was made to fit",
    change: (t) => {
      const record = get(t, 77);
      record[record.length - 3] = 0x35;
      t.events.putSync(77, resealed(record));
    },
    code: "event-displaced",
    firstBad: 78,
  },
  {
    name: "an edit of the last event whose hash was made to fit",
    change: (t) => {
      const record = get(t, SIZE);
      record[record.length - 3] = 0x35;
      t.events.putSync(SIZE, resealed(record));
    },
    code: "tree",
  },
  { name: "a deleted first event", change: (t) => t.events.removeSync(1), code: "event-missing", firstBad: 1 },
  { name: "a deleted event", change: (t) => t.events.removeSync(150), code: "event-missing", firstBad: 150 },
  {
    name: "a deleted event, those behind it moved up",
    change: (t) => {
      for (let i = 150; i < SIZE; i++) t.events.putSync(i, get(t, i + 1));
      t.events.removeSync(SIZE);
    },
    code: "event-displaced",
    firstBad: 150,
  },
  {
    name: "an inserted event, those behind it moved down",
    change: (t) => {
      for (let i = SIZE; i >= 100; i--) t.events.putSync(i + 1, get(t, i));
      const previous = statedHash(get(t, 99));
      t.events.putSync(100, encodeEvent(100, 1, previous, "gate", "call.refused", "{}").bytes);
    },
    code: "event-displaced",
    firstBad: 101,
  },
  {
    name: "two events that changed places",
    change: (t) => {
      const [a, b] = [get(t, 40), get(t, 41)];
      t.events.putSync(40, b);
      t.events.putSync(41, a);
    },
    code: "event-displaced",
    firstBad: 40,
  },
  {
    name: "a record cut short",
    change: (t) => t.events.putSync(9, get(t, 9).subarray(0, 90)),
    code: "event-damaged",
    firstBad: 9,
  },
  {
    name: "a record with bytes behind its end",
    change: (t) => t.events.putSync(9, Buffer.concat([get(t, 9), Buffer.from([0])])),
    code: "event-damaged",
    firstBad: 9,
  },
  { name: "an empty record", change: (t) => t.events.putSync(9, Buffer.alloc(0)), code: "event-damaged", firstBad: 9 },
  { name: "a record under a name", change: (t) => t.events.putSync("x", Buffer.from("y")), code: "event-unknown" },
  { name: "a record at zero", change: (t) => t.events.putSync(0, get(t, 1)), code: "event-unknown", firstBad: 1 },
  {
    name: "the last events cut off",
    change: (t) => {
      for (let i = 290; i <= SIZE; i++) t.events.removeSync(i);
    },
    code: "truncated",
    firstBad: 290,
  },
  {
    name: "the last events cut off, the head made to fit",
    change: (t) => cutTo(t, 289),
    code: "truncated",
    firstBad: 290,
  },
  {
    name: "history rewritten from 100 on with links, tree and head made to fit",
    change: (t) => rewriteFrom(t, 100, SIZE),
    code: "checkpoint-mismatch",
  },
  {
    name: "history rewritten and the checkpoint file deleted",
    change: (t) => rewriteFrom(t, 250, SIZE),
    drop: ["checkpoints"],
    code: "checkpoint-mismatch",
  },
  { name: "a stored tree node changed", change: (t) => t.nodes.putSync([8, 0], Buffer.alloc(32)), code: "tree" },
  { name: "a stored tree node removed", change: (t) => t.nodes.removeSync([8, 0]), code: "tree" },
  { name: "the head removed", change: (t) => t.meta.removeSync("head"), code: "tree" },
  { name: "the head damaged", change: (t) => t.meta.putSync("head", Buffer.alloc(41)), code: "tree" },
  { name: "the identity removed", change: (t) => t.meta.removeSync("identity"), code: "unreadable" },
  {
    name: "the identity of another chain",
    change: (t) =>
      t.meta.putSync(
        "identity",
        Buffer.from((t.meta.get("identity") as Buffer).toString().replace(chainId, "0".repeat(32))),
      ),
    code: "key",
  },
  {
    name: "a checkpoint removed from the database",
    change: (t) => t.checkpoints.removeSync(200),
    code: "checkpoint-missing",
  },
  {
    name: "a checkpoint whose signature was changed",
    change: (t) =>
      t.checkpoints.putSync(200, Buffer.from(String(t.checkpoints.get(200)).replace(/.{8}\n$/, "AAAAAAA=\n"))),
    code: "checkpoint-signature",
  },
  {
    name: "a checkpoint that another key signed",
    change: (t) => {
      const head = readHead(t);
      if (head === undefined || head === "damaged") throw new Error("no head");
      const text = encodeCheckpoint({ origin: `tollgate/${chainId}`, size: SIZE, root: frontierRoot(head.frontier) });
      t.checkpoints.putSync(299, Buffer.from(noteSigner(`tollgate/${chainId}`, new Uint8Array(32).fill(3)).sign(text)));
    },
    code: "checkpoint-signature",
  },
];

function cutTo(t: Tables, size: number): void {
  for (let i = size + 1; i <= SIZE; i++) t.events.removeSync(i);
  for (const { key } of [...t.checkpoints.getRange({ start: size + 1 })]) t.checkpoints.removeSync(key);
  rewriteFrom(t, size + 1, size);
}

for (const { name, change, code, firstBad, drop } of cases) {
  test(`found: ${name}`, async () => {
    const copy = copyOf(original);
    await tamper(copy, change);
    for (const file of drop ?? []) rmSync(join(copy, file));
    const report = verifyChain(copy);
    assert.not(report.ok);
    assert.ok(
      report.problems.some((problem) => problem.code === code),
      JSON.stringify(report.problems),
    );
    if (firstBad !== undefined) assert.is(report.first_bad, firstBad, JSON.stringify(report.problems));
  });
}

function verifyWith(directory: string, options: VerifyOptions = {}) {
  const report = verifyChain(directory, options);
  return { ok: report.ok, codes: report.problems.map((problem) => problem.code), report };
}

test("found: the database rolled back, by the checkpoint file beside it", () => {
  const copy = copyOf(original);
  copyFileSync(join(earlier, "state.mdb"), join(copy, "state.mdb"));
  const { codes, report } = verifyWith(copy);
  assert.ok(codes.includes("truncated") && codes.includes("checkpoint-missing"), String(codes));
  assert.is(report.first_bad, 201);
});

test("found only from outside: everything rolled back together", () => {
  assert.ok(verifyWith(earlier).ok, "by itself an older copy is a whole chain, and the report says so");
  assert.match(verifyWith(earlier).report.unknowable.join(), /roll-back of the whole directory/);
  const { ok, report } = verifyWith(earlier, { checkpoint: lastNote(original) });
  assert.not(ok);
  assert.is(report.first_bad, 201);
  const witness = join(stateDirectory(), "witness");
  copyFileSync(join(original, "checkpoints"), witness);
  assert.not(verifyWith(earlier, { witness }).ok);
  assert.ok(verifyWith(original, { witness }).ok);
  assert.not(verifyWith(original, { witness: `${witness}-missing` }).ok);
});

test("found only from outside: a whole other chain in its place", async () => {
  const other = stateDirectory();
  const chain = mustOpen(other);
  await fill(chain, SIZE);
  await chain.close();
  assert.ok(verifyWith(other).ok);
  assert.equal(verifyWith(other, { publicKey: readFileSync(join(original, "host.pub"), "utf8") }).codes, ["key"]);
  assert.ok(verifyWith(other, { checkpoint: lastNote(original) }).codes.includes("checkpoint-signature"));
  const swapped = copyOf(original);
  copyFileSync(join(other, "state.mdb"), join(swapped, "state.mdb"));
  assert.equal(verifyWith(swapped).codes, ["key"]);
});

test("found: two histories of one chain spliced together", async () => {
  const fork = copyOf(earlier);
  const chain = mustOpen(fork, { checkpointEvery: 50 });
  await fill(chain, SIZE - 200, "fork");
  await chain.close();
  assert.ok(verifyWith(fork).ok);
  const records = new Map<number, Buffer>();
  await tamper(fork, (t) => {
    for (let i = 251; i <= SIZE; i++) records.set(i, get(t, i));
  });
  const spliced = copyOf(original);
  await tamper(spliced, (t) => {
    for (const [sequence, record] of records) t.events.putSync(sequence, record);
  });
  assert.is(verifyWith(spliced).report.first_bad, 251);
  // and a fork that is whole in itself does not pass for the original
  assert.ok(verifyWith(fork, { checkpoint: lastNote(original) }).codes.includes("checkpoint-mismatch"));
});

test("not found, and said so: the holder of the key rewrites what no kept checkpoint covers", async () => {
  const copy = copyOf(original);
  const key = must(decodeSigningKey(readFileSync(join(copy, "host.key"), "utf8")));
  await tamper(copy, (t) => {
    rewriteFrom(t, 250, SIZE);
    const head = readHead(t);
    if (head === undefined || head === "damaged") throw new Error("no head");
    for (const { key: size } of [...t.checkpoints.getRange({ start: 201 })]) t.checkpoints.removeSync(size);
    const text = encodeCheckpoint({ origin: `tollgate/${chainId}`, size: SIZE, root: frontierRoot(head.frontier) });
    const note = key.sign(text);
    t.checkpoints.putSync(SIZE, Buffer.from(note));
    writeFileSync(join(copy, "checkpoints"), `${note}\n`);
  });
  const { ok, report } = verifyWith(copy);
  assert.ok(ok);
  assert.match(report.unknowable.join(), /whoever holds host\.key/);
  assert.not(verifyWith(copy, { checkpoint: lastNote(original) }).ok);
});

test.run();
