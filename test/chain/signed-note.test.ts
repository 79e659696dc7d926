import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeCheckpoint, encodeCheckpoint } from "../../src/chain/checkpoint.ts";
import { splitNotes } from "../../src/chain/checkpoint-file.ts";
import { openNote } from "../../src/chain/open-note.ts";
import {
  decodeSigningKey,
  decodeVerifierKey,
  encodeSigningKey,
  encodeVerifierKey,
  noteSigner,
  noteVerifier,
} from "../../src/chain/signed-note.ts";
import { must } from "./fixture.ts";

// golang.org/x/mod/sumdb/note, the package example
const SKEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const SIGNATURE = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";
const NOTE = `${TEXT}\n— PeterNeumann ${SIGNATURE}\n`;

const verifier = () => must(decodeVerifierKey(VKEY));

test("keys and notes are those of golang.org/x/mod/sumdb/note, to the byte", () => {
  const seed = Buffer.from(SKEY.split("+").slice(4).join("+"), "base64").subarray(1);
  assert.is(encodeSigningKey("PeterNeumann", seed), SKEY);
  const signer = must(decodeSigningKey(`${SKEY}\n`));
  assert.is(encodeVerifierKey(signer.verifier), VKEY);
  assert.is(signer.sign(TEXT), NOTE);
  assert.is(openNote(NOTE, verifier()), TEXT);
});

test("a signature line of another signer does not matter; the own one must be there, once", () => {
  const other = noteSigner("other.example", new Uint8Array(32).fill(7));
  const line = other.sign(TEXT).slice(TEXT.length + 1);
  assert.is(openNote(NOTE + line, verifier()), TEXT);
  assert.is(openNote(`${TEXT}\n${line}— PeterNeumann ${SIGNATURE}\n`, verifier()), TEXT);
  assert.is(openNote(`${TEXT}\n${line}`, verifier()), undefined);
  assert.is(openNote(`${NOTE}— PeterNeumann ${SIGNATURE}\n`, verifier()), undefined);
});

/** `bytes` with the signature's part from `at` on replaced. */
function forge(change: (signature: Buffer) => void): string {
  const bytes = Buffer.from(SIGNATURE, "base64");
  change(bytes.subarray(4));
  return `${TEXT}\n— PeterNeumann ${bytes.toString("base64")}\n`;
}

test("what is not exactly a valid signature over exactly this text is refused", () => {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const addOrder = (signature: Buffer) => {
    let s = 0n;
    for (let i = 63; i >= 32; i--) s = s * 256n + BigInt(signature[i] as number);
    s += order;
    for (let i = 32; i < 64; i++, s /= 256n) signature[i] = Number(s % 256n);
  };
  const bytes = Buffer.from(SIGNATURE, "base64");
  const line = (signature: Buffer) => `${TEXT}\n— PeterNeumann ${signature.toString("base64")}\n`;
  const cases: [string, string][] = [
    ["other text", NOTE.replace("answer", "Answer")],
    ["one more line", `x\n${NOTE}`],
    ["bit flip in R", forge((s) => (s[0] = (s[0] as number) ^ 1))],
    ["bit flip in S", forge((s) => (s[40] = (s[40] as number) ^ 1))],
    ["S plus the group order (RFC 8032 §5.1.7)", forge(addOrder)],
    ["all zero", forge((s) => s.fill(0))],
    ["all ones", forge((s) => s.fill(255))],
    ["too short", line(bytes.subarray(0, 67))],
    ["too long", line(Buffer.concat([bytes, Buffer.alloc(1)]))],
    ["key hash only", line(bytes.subarray(0, 4))],
    ["another key hash", line(Buffer.concat([Buffer.from("00000000", "hex"), bytes.subarray(4)]))],
    ["base64 without padding", NOTE.replace("nAM=", "nAM")],
    ["base64 with spare bits", NOTE.replace("nAM=", "nAN=")],
    ["another name", NOTE.replace("— PeterNeumann", "— PeterNeumanm")],
    ["hyphen for the dash", NOTE.replace("—", "-")],
    ["no newline at the end", NOTE.slice(0, -1)],
    ["no empty line", NOTE.replace("\n\n", "\n")],
    ["no signature", `${TEXT}\n`],
    ["empty", ""],
  ];
  for (const [name, note] of cases) assert.is(openNote(note, verifier()), undefined, name);
});

test("a public key of small order vouches for nothing, though the equation holds for it", () => {
  // A = the neutral element, R = the neutral element, S = 0: S·B = R + k·A for every message
  const neutral = new Uint8Array(32);
  neutral[0] = 1;
  for (const key of [neutral, new Uint8Array(32)]) {
    const weak = noteVerifier("weak", key);
    const signature = Buffer.concat([weak.keyHash, key, Buffer.alloc(32)]);
    assert.is(openNote(`${TEXT}\n— weak ${signature.toString("base64")}\n`, weak), undefined);
  }
});

test("keys whose parts do not agree are refused", () => {
  for (const text of [
    SKEY.replace("c74f20a3", "c74f20a4"),
    SKEY.replace("Peter", "Petra"),
    SKEY.slice(0, -1),
    `${SKEY}A`,
    "",
    " ",
  ]) {
    assert.is(decodeSigningKey(text), undefined, text);
  }
  for (const text of [VKEY.replace("c74f20a3", "c74f20a4"), VKEY.replace("+A", "+B"), VKEY.slice(1), `${VKEY} `, ""]) {
    assert.is(decodeVerifierKey(text), undefined, text);
  }
});

test("a checkpoint's text reads back, and no other text is one", () => {
  const checkpoint = { origin: "tollgate/abc", size: 20852163, root: Buffer.alloc(32, 9) };
  const text = encodeCheckpoint(checkpoint);
  assert.is(text, `tollgate/abc\n20852163\n${Buffer.alloc(32, 9).toString("base64")}\n`);
  assert.equal(decodeCheckpoint(text), checkpoint);
  assert.equal(decodeCheckpoint(`${text}an extension\n`), checkpoint);
  for (const bad of ["020852163", "+1", "-1", "1e3", "", "9007199254740993", "0x10"]) {
    assert.is(decodeCheckpoint(text.replace("20852163", bad)), undefined, bad);
  }
  assert.is(decodeCheckpoint(text.replace("tollgate/abc", "")), undefined);
  assert.is(decodeCheckpoint(text.replace("CQkJ", "CQk")), undefined);
  assert.is(decodeCheckpoint(text.slice(0, -1)), undefined);
});

test("a file of notes splits into them, and a torn end is kept apart", () => {
  assert.equal(splitNotes(""), { notes: [], torn: "" });
  assert.equal(splitNotes(`${NOTE}\n${NOTE}\n`), { notes: [NOTE, NOTE], torn: "" });
  assert.equal(splitNotes(`${NOTE}\n${NOTE.slice(0, 30)}`), { notes: [NOTE], torn: NOTE.slice(0, 30) });
});

test.run();
