import { createHash } from "node:crypto";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openEnvironment } from "../../src/chain/environment.ts";
import { leafHash, verifyConsistency, verifyInclusion } from "../../src/chain/merkle.ts";
import { openNote } from "../../src/chain/open-note.ts";
import { decodeVerifierKey } from "../../src/chain/signed-note.ts";
import { openTables } from "../../src/chain/tables.ts";
import { verifyChain } from "../../src/chain/verify.ts";
import type { ChainEvent } from "../../src/contract/chain-event.ts";
import { copyOf, fill, must, mustOpen, open, stateDirectory } from "./fixture.ts";

const event = (payload: Record<string, string | number>, kind = "call.refused") => ({ source: "gate", kind, payload });

test("an event's hash is SHA-256 over the length-prefixed form, computed here by hand", async () => {
  const chain = mustOpen(stateDirectory());
  const first = await chain.append({ source: "gate", kind: "call.intent", payload: { n: 1, call_id: "é" } }, "flushed");
  const u32 = (n: number) => Buffer.from([0, 0, n >> 8, n & 255]);
  const u64 = (n: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(BigInt(n));
    return bytes;
  };
  const field = (text: string) => Buffer.concat([u32(Buffer.byteLength(text)), Buffer.from(text)]);
  const sha = (...parts: Buffer[]) => createHash("sha256").update(Buffer.concat(parts)).digest();
  const domain = Buffer.concat([Buffer.from("tollgate.chain.event.v1"), Buffer.alloc(9)]);
  const genesis = sha(Buffer.from(`tollgate.chain.genesis.v1\n${chain.id}`));
  const time = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
  const fields = [field("gate"), field("call.intent"), field('{"call_id":"é","n":1}')];
  const hash = sha(domain, u64(1), u64(time), genesis, ...fields).toString("hex");
  assert.equal(first, { sequence: 1, hash });
  const stored = chain.query({}).events[0] as ChainEvent;
  assert.equal(stored, {
    sequence: 1,
    timestamp: "2026-01-02T03:04:05.678Z",
    source: "gate",
    kind: "call.intent",
    payload: { call_id: "é", n: 1 },
    previousHash: genesis.toString("hex"),
    hash,
  });
  await chain.close();
});

test("events that differ only in where a field ends hash differently", async () => {
  const hashes = new Set<string>();
  for (const [source, kind] of [
    ["ga", "te.x"],
    ["gat", "e.x"],
    ["gate", "x"],
  ] as const) {
    const chain = mustOpen(stateDirectory(), { random: () => new Uint8Array(32).fill(5) });
    const answer = await chain.append({ source, kind, payload: {} }, "committed");
    if ("code" in answer) throw new Error(answer.message);
    hashes.add(answer.hash);
    await chain.close();
  }
  assert.is(hashes.size, 3);
});

test("what is appended together comes out in order, once, and is there after a restart", async () => {
  const directory = stateDirectory();
  const chain = mustOpen(directory);
  const hashes = await fill(chain, 1500);
  assert.is(chain.status().event_count, 1500);
  await chain.close();
  const again = mustOpen(directory);
  const { events, next } = again.query({ count: 1000 });
  assert.is(next, 1001);
  const rest = again.query({ count: 1000, sinceSequence: next ?? 0 });
  assert.is(rest.next, undefined);
  const all = [...events, ...rest.events];
  assert.equal(
    all.map((one) => one.hash),
    hashes,
  );
  assert.equal(
    all.map((one) => one.payload.n),
    Array.from({ length: 1500 }, (_, i) => i),
  );
  const more = await again.append(event({ n: -1 }), "committed");
  assert.is("sequence" in more && more.sequence, 1501);
  await again.close();
  assert.ok(verifyChain(directory).ok);
});

test("a draft that cannot be recorded answers `internal`, takes no place, and nothing throws", async () => {
  const chain = mustOpen(stateDirectory());
  const cases: [string, Parameters<typeof chain.append>[0], RegExp][] = [
    ["64 KiB and more", event({ text: "x".repeat(65_536) }), /65536 bytes/],
    ["more bytes than characters", event({ text: "é".repeat(40_000) }), /65536 bytes/],
    ["lone surrogate", event({ text: "\ud800" }), /surrogate/],
    ["NaN", event({ n: Number.NaN }), /number/],
    ["empty kind", event({}, ""), /dotted/],
    ["kind with a newline", event({}, "a\nb"), /dotted/],
    ["long kind", event({}, "a".repeat(65)), /dotted/],
    ["intent without a call id", event({}, "call.intent"), /call_id/],
  ];
  for (const [name, draft, message] of cases) {
    const answer = await chain.append(draft, "committed");
    assert.ok("code" in answer && answer.code === "internal" && message.test(answer.message), name);
  }
  const biggest = await chain.append(event({ text: "x".repeat(65_536 - 11) }), "flushed");
  assert.is("sequence" in biggest && biggest.sequence, 1);
  await chain.close();
  const late = await chain.append(event({}), "committed");
  assert.ok("code" in late && late.code === "chain-unwritable");
});

test("query filters, orders and pages; follow sees what comes later", async () => {
  const chain = mustOpen(stateDirectory());
  for (let i = 1; i <= 20; i++) {
    await chain.append({ source: i % 2 ? "gate" : "host", kind: i % 5 ? "a.b" : "c", payload: { i } }, "committed");
  }
  const numbers = (query: Parameters<typeof chain.query>[0]) => chain.query(query).events.map((one) => one.sequence);
  assert.equal(numbers({ source: "host", kind: "c" }), [10, 20]);
  assert.equal(numbers({ sinceSequence: 18 }), [18, 19, 20]);
  assert.equal(numbers({ untilSequence: 2 }), [1, 2]);
  assert.equal(numbers({ sinceSequence: 5, untilSequence: 4 }), []);
  assert.equal(numbers({ order: "descending", count: 3 }), [20, 19, 18]);
  assert.is(chain.query({ order: "descending", count: 3 }).next, 17);
  assert.equal(numbers({ order: "descending", untilSequence: 17, sinceSequence: 16 }), [17, 16]);
  assert.equal(numbers({ count: -5 }), [1]);
  const abort = new AbortController();
  const seen: number[] = [];
  const following = (async () => {
    for await (const one of chain.follow(19, abort.signal, 5)) if (seen.push(one.sequence) === 4) abort.abort();
  })();
  await fill(chain, 2);
  await following;
  assert.equal(seen, [19, 20, 21, 22]);
  await chain.close();
});

test("proofs from stored nodes verify against the signed checkpoint", async () => {
  const directory = stateDirectory();
  const chain = mustOpen(directory);
  const hashes = await fill(chain, 700);
  const small = chain.status().root_hash;
  await fill(chain, 130);
  const root = Buffer.from(chain.status().root_hash, "hex");
  for (const sequence of [1, 2, 255, 256, 257, 512, 513, 699, 700]) {
    const proof = chain.inclusionProof(sequence, 830);
    if ("code" in proof) throw new Error(proof.message);
    const path = proof.path.map((hash) => Buffer.from(hash, "hex"));
    const leaf = leafHash(Buffer.from(hashes[sequence - 1] as string, "hex"));
    assert.ok(verifyInclusion(leaf, sequence - 1, 830, path, root), String(sequence));
  }
  const proof = chain.consistencyProof(700, 830);
  if ("code" in proof) throw new Error(proof.message);
  assert.ok(
    verifyConsistency(
      700,
      830,
      Buffer.from(small, "hex"),
      root,
      proof.path.map((hash) => Buffer.from(hash, "hex")),
    ),
  );
  for (const [a, b] of [
    [0, 1],
    [1, 831],
    [5, 4],
    [1.5, 3],
  ] as const) {
    assert.ok("code" in chain.inclusionProof(a, b) && "code" in chain.consistencyProof(a, b));
  }
  const written = await chain.checkpoint();
  assert.ok(written !== undefined && "note" in written && written.size === 830);
  const key = decodeVerifierKey(readFileSync(join(directory, "host.pub"), "utf8"));
  const text = openNote(chain.lastCheckpoint() ?? "", must(key));
  assert.is(text, `tollgate/${chain.id}\n830\n${root.toString("base64")}\n`);
  assert.is(await chain.checkpoint(), undefined);
  await chain.close();
});

test("checkpoints are written every so many events, at close, and into the witness", async () => {
  const directory = stateDirectory();
  const witness = join(stateDirectory(), "witness");
  const chain = mustOpen(directory, { checkpointEvery: 10, witness });
  for (let i = 0; i < 35; i++) await chain.append(event({ i }), "flushed");
  await chain.close();
  const notes = readFileSync(join(directory, "checkpoints"), "utf8");
  assert.is(readFileSync(witness, "utf8"), notes);
  const report = verifyChain(directory, { witness });
  assert.ok(report.ok, JSON.stringify(report.problems));
  assert.is(report.signed_to, 35);
  assert.ok(report.checkpoint_count >= 3 && report.checkpoint_count <= 4, String(report.checkpoint_count));
});

test("an intent is open only when its host is gone without an outcome", async () => {
  const directory = stateDirectory();
  const chain = mustOpen(directory);
  await chain.append(event({ call_id: "a" }, "call.intent"), "flushed");
  await chain.append(event({ call_id: "b" }, "call.intent"), "flushed");
  await chain.append(event({ call_id: "a" }, "call.outcome"), "committed");
  await chain.append(event({ call_id: "never announced" }, "call.outcome"), "committed");
  assert.equal(chain.openIntents(), []);
  await chain.close();
  const next = mustOpen(directory);
  assert.equal(
    next.openIntents().map(({ callId, sequence }) => ({ callId, sequence })),
    [{ callId: "b", sequence: 2 }],
  );
  await next.close();
});

test("everything in the state directory is private from its first byte, but the public key", async () => {
  const directory = stateDirectory();
  const before = process.umask(0);
  const chain = mustOpen(directory);
  await fill(chain, 1);
  await chain.close();
  process.umask(before);
  for (const file of ["host.key", "state.mdb", "state.mdb-lock", "checkpoints"]) {
    assert.is(statSync(join(directory, file)).mode & 0o777, 0o600, file);
  }
});

test("a key file that others can read, that is a link, damaged, missing or of another chain stops the start", async () => {
  const directory = stateDirectory();
  const chain = mustOpen(directory);
  await fill(chain, 3);
  await chain.close();
  const other = stateDirectory();
  await mustOpen(other).close();
  const key = readFileSync(join(directory, "host.key"), "utf8");
  const cases: [string, (path: string) => void, RegExp][] = [
    ["group", (path) => chmodSync(path, 0o640), /read by others/],
    ["world", (path) => chmodSync(path, 0o604), /read by others/],
    ["damaged", (path) => writeFileSync(path, key.replace("+KEY+", "+KEI+")), /damaged/],
    ["cut", (path) => writeFileSync(path, key.slice(0, 40)), /damaged/],
    ["huge", (path) => writeFileSync(path, key.padEnd(5000)), /not a key file/],
    ["missing", (path) => rmSync(path), /missing/],
    [
      "link",
      (path) => {
        renameSync(path, `${path}.real`);
        symlinkSync(`${path}.real`, path);
      },
      /cannot be read/,
    ],
    ["another chain's", (path) => writeFileSync(path, readFileSync(join(other, "host.key"))), /is of chain/],
    [
      "directory",
      (path) => {
        rmSync(path);
        mkdirSync(path);
      },
      /not a key file/,
    ],
  ];
  for (const [name, spoil, message] of cases) {
    const copy = copyOf(directory);
    spoil(join(copy, "host.key"));
    const opened = open(copy);
    assert.ok(!opened.ok && opened.fault.code === "chain-unwritable" && message.test(opened.fault.message), name);
    assert.not.ok(!opened.ok && opened.fault.message.includes(key.slice(60, 80)), name);
  }
});

test("a chain that was cut off, rolled back or replaced is refused at the start", async () => {
  const directory = stateDirectory();
  const chain = mustOpen(directory);
  await fill(chain, 10);
  await chain.close();
  const old = copyOf(directory);
  const second = mustOpen(directory);
  await fill(second, 10);
  await second.close();

  const rolledBack = copyOf(directory);
  writeFileSync(join(rolledBack, "state.mdb"), readFileSync(join(old, "state.mdb")));
  const deleted = copyOf(directory);
  rmSync(join(deleted, "state.mdb"));
  const cut = copyOf(directory);
  writeFileSync(join(cut, "state.mdb"), readFileSync(join(cut, "state.mdb")).subarray(0, 9000));
  const garbage = copyOf(directory);
  writeFileSync(join(garbage, "state.mdb"), Buffer.alloc(100_000, 7));
  for (const [name, copy, message] of [
    ["rolled back", rolledBack, /ends at event 10, but a checkpoint speaks of 20/],
    ["deleted", deleted, /is new, but a checkpoint speaks of 20 events/],
    ["cut", cut, /cut off/],
    ["garbage", garbage, /not an LMDB file/],
  ] as const) {
    const opened = open(copy);
    assert.ok(!opened.ok && message.test(opened.fault.message), `${name}: ${opened.ok || opened.fault.message}`);
    assert.not(verifyChain(copy).ok, name);
  }
});

test("a witness that cannot be written, is ahead of the chain or is of another chain stops the start", async () => {
  const directory = stateDirectory();
  const outside = stateDirectory();
  const witness = join(outside, "witness");
  const chain = mustOpen(directory, { witness });
  await fill(chain, 5);
  await chain.close();
  const old = copyOf(directory);
  const second = mustOpen(directory, { witness });
  await fill(second, 5);
  await second.close();
  const refused = (where: string, file: string): string => {
    const opened = open(where, { witness: file });
    if (opened.ok) throw new Error("it was opened");
    assert.is(opened.fault.code, "chain-unwritable");
    return opened.fault.message;
  };
  assert.match(refused(old, witness), /ends at event 5, but a checkpoint speaks of 10/);
  assert.match(refused(stateDirectory(), witness), /is new, but a checkpoint speaks of 10/);
  assert.match(refused(directory, join(outside, "missing", "witness")), /witness file cannot be written/);
  assert.match(refused(directory, outside), /witness file cannot be written/);
  const other = stateDirectory();
  await mustOpen(other).close();
  assert.match(refused(other, witness), /another chain/);
});

test("a witness that fails later shows in the status until it works again", async () => {
  const outside = stateDirectory();
  const witness = join(outside, "witness");
  const chain = mustOpen(stateDirectory(), { witness });
  rmSync(witness);
  mkdirSync(witness);
  await fill(chain, 1);
  const written = await chain.checkpoint();
  assert.ok(written !== undefined && "code" in written);
  assert.match(chain.status().checkpoint_fault ?? "", /witness/);
  rmSync(witness, { recursive: true });
  await fill(chain, 1);
  await chain.checkpoint();
  assert.is(chain.status().checkpoint_fault, undefined);
  await chain.close();
});

test("a newer format is refused and left as it is", async () => {
  const directory = stateDirectory();
  await mustOpen(directory).close();
  const opened = openEnvironment(directory);
  if (!opened.ok) throw new Error(opened.fault.message);
  const tables = openTables(opened.environment);
  const identity = JSON.parse((tables.meta.get("identity") as Buffer).toString()) as object;
  await tables.meta.put("identity", Buffer.from(JSON.stringify({ ...identity, format: 2 })));
  await opened.environment.close();
  const refused = open(directory);
  assert.ok(!refused.ok && /format 2 .*newer tollgate/.test(refused.fault.message));
  assert.is(verifyChain(directory).problems[0]?.code, "format");
});

test("a state directory that is missing is a fault with the next step, and is not made", () => {
  const directory = join(stateDirectory(), "missing");
  const opened = open(directory);
  assert.ok(!opened.ok && /mode 0700/.test(opened.fault.message));
  assert.not(existsSync(directory));
  assert.not(verifyChain(directory).ok);
});

test("a torn end of the checkpoint file does not stop a start, and verify says so", async () => {
  const directory = stateDirectory();
  const chain = mustOpen(directory);
  await fill(chain, 5);
  await chain.close();
  appendFileSync(join(directory, "checkpoints"), "tollgate/abc\n5");
  const again = mustOpen(directory);
  await again.close();
  assert.is(verifyChain(directory).problems[0]?.code, "checkpoint-damaged");
});

test("the file grows beyond the address space that was reserved for it", async () => {
  const directory = stateDirectory();
  const opened = openEnvironment(directory, { mapBytes: 256 * 1024 });
  if (!opened.ok) throw new Error(opened.fault.message);
  const chain = mustOpen(directory, { environment: opened.environment });
  for (let round = 0; round < 6; round++) {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => chain.append(event({ i, text: "x".repeat(8000) }), "committed")),
    );
    for (const answer of answers) assert.not.ok("code" in answer, JSON.stringify(answer));
  }
  await chain.close();
  await opened.environment.close();
  assert.ok(statSync(join(directory, "state.mdb")).size > 2_000_000);
  assert.is(verifyChain(directory).verified_to, 300);
});

test.run();
