// Signatures that other verifiers accept and that must not count here.
import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { isSignature, keyIdOf } from "../../src/trust/ed25519.ts";

const hex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

function keyOf(seed: Uint8Array) {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: "der", type: "pkcs8" });
  const publicKey = new Uint8Array(createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32));
  return { publicKey, sign: (message: Uint8Array) => new Uint8Array(sign(null, message, key)) };
}

const toBig = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);
const toBytes = (value: bigint) => Buffer.from(value.toString(16).padStart(64, "0"), "hex").reverse();

test("RFC 8032 §7.1, test 1 and 2 verify, and not over another message, by another key or with a bit changed", () => {
  const vectors = [
    [
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
      "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ],
    [
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
      "72",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ],
  ] as const;
  for (const [i, [key, message, signature]] of vectors.entries()) {
    assert.ok(isSignature(hex(signature), hex(message), hex(key)));
    assert.not.ok(isSignature(hex(signature), hex(`${message}00`), hex(key)));
    assert.not.ok(isSignature(hex(signature), hex(message), hex(vectors[1 - i]?.[0] as string)));
    for (let bit = 0; bit < 512; bit += 37) {
      const changed = hex(signature);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      assert.not.ok(isSignature(changed, hex(message), hex(key)), `bit ${bit}`);
    }
  }
});

test("what a key signed verifies, and the same signature with the group's order added to S does not", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.uint8Array({ maxLength: 200 }), (seed, message) => {
      const key = keyOf(seed);
      const signature = key.sign(message);
      assert.ok(isSignature(signature, message, key.publicKey));
      const again = signature.slice();
      again.set(toBytes(toBig(signature.subarray(32)) + ORDER), 32);
      assert.not.ok(isSignature(again, message, key.publicKey));
    }),
    { numRuns: 20 },
  );
});

/** Every point of small order, in each encoding that somebody decodes (Chalkias and others 2020, table 1). */
const SMALL_ORDER = [
  "0100000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000080",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0000000000000000000000000000000000000000000000000000000000000080",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
] as const;

test("a key of small order, for which one signature is good for every message, vouches for nothing", () => {
  const message = new TextEncoder().encode("anything");
  // R and S both zero-like: where the key has small order, S·B = R + h·A can hold without a secret.
  const S = "00".repeat(32);
  for (const key of SMALL_ORDER) {
    for (const R of SMALL_ORDER) assert.not.ok(isSignature(hex(R + S), message, hex(key)), `key ${key}, R ${R}`);
  }
  // The test proves something only if a laxer verifier does accept one of these.
  const spki = (key: string) =>
    createPublicKey({
      key: Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), hex(key)]),
      format: "der",
      type: "spki",
    });
  assert.ok(SMALL_ORDER.some((key) => SMALL_ORDER.some((R) => verify(null, message, spki(key), hex(R + S)))));
});

test("wrong lengths, and bytes that are no point, are no signature and no error", () => {
  const key = keyOf(new Uint8Array(32).fill(7));
  const message = new Uint8Array([1]);
  const signature = key.sign(message);
  for (const length of [0, 1, 63, 65, 128]) {
    assert.not.ok(isSignature(new Uint8Array(length), message, key.publicKey));
  }
  assert.not.ok(isSignature(new Uint8Array([...signature, 0]), message, key.publicKey));
  for (const length of [0, 31, 33, 64]) assert.not.ok(isSignature(signature, message, new Uint8Array(length)));
  assert.not.ok(isSignature(signature, message, new Uint8Array(32).fill(0xff)));
  assert.not.ok(isSignature(new Uint8Array(64).fill(0xff), message, key.publicKey));
  assert.is(keyIdOf(key.publicKey).length, 64);
});

test.run();
