import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { checkProof, proofDocument, proveEvent } from "../../src/chain/event-proof.ts";
import { decodeVerifierKey, type NoteVerifier } from "../../src/chain/signed-note.ts";
import { isFault } from "../../src/contract/fault.ts";
import type { Json, JsonObject } from "../../src/contract/json.ts";
import { fill, mustOpen, stateDirectory } from "./fixture.ts";

const keyOf = (directory: string): NoteVerifier =>
  decodeVerifierKey(readFileSync(join(directory, "host.pub"), "utf8").trim()) as NoteVerifier;

/** Every document that differs from this one in one value. */
function* altered(value: Json): Iterable<Json> {
  if (Array.isArray(value)) {
    for (const [i, one] of value.entries()) for (const other of altered(one)) yield value.with(i, other);
    if (value.length > 1) yield [...value].reverse();
    yield value.slice(1);
    yield [...value, ...(value.length > 0 ? [value[0] as Json] : ["0".repeat(64)])];
  } else if (typeof value === "object" && value !== null) {
    for (const [key, one] of Object.entries(value)) {
      for (const other of altered(one as Json)) yield { ...value, [key]: other };
      const { [key]: _, ...rest } = value as JsonObject;
      yield rest;
    }
  } else if (typeof value === "number") {
    yield value + 1;
    yield String(value);
  } else if (typeof value === "string") {
    yield `${value.slice(0, -2)}${value.at(-2) === "0" ? "1" : "0"}${value.at(-1)}`;
    yield "";
  }
}

test("the proof of every event holds with the chain's key and nothing else; altered anywhere it does not", async () => {
  const directory = stateDirectory();
  const chain = mustOpen(directory, { checkpointEvery: 8 });
  await fill(chain, 13);
  for (let sequence = 1; sequence <= 13; sequence++) {
    const proof = await proveEvent(chain, sequence);
    assert.not(isFault(proof), JSON.stringify(proof));
    const document = JSON.parse(JSON.stringify(proofDocument(proof as never)));
    assert.equal(checkProof(document, keyOf(directory)), { sequence });
    let tried = 0;
    for (const other of altered(document)) {
      if (JSON.stringify(other) === JSON.stringify(document)) continue;
      assert.type(checkProof(other, keyOf(directory)), "string", JSON.stringify(other));
      tried++;
    }
    assert.ok(tried > 30, `${tried} tried`);
  }
  const other = stateDirectory();
  await mustOpen(other).close();
  const document = proofDocument((await proveEvent(chain, 1)) as never);
  assert.is(checkProof(document, keyOf(other)), "the checkpoint is not signed with this key");
  for (const sequence of [0, 14, 1.5]) assert.ok(isFault(await proveEvent(chain, sequence)), String(sequence));
  for (const nothing of [null, [], "x", {}]) assert.type(checkProof(nothing, keyOf(directory)), "string");
  await chain.close();
});

test.run();
