import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Line, LineReader } from "../../src/protocol/line-reader.ts";

const MAX = 32;
const show = (line: Line) => (line.kind === "line" ? Buffer.from(line.bytes).toString("latin1") : line.kind);

/** Reads the chunks one by one, to the end of the stream. */
function readAll(chunks: readonly Uint8Array[], max = MAX): string[] {
  const reader = new LineReader(max);
  const lines: string[] = [];
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let line = reader.next(); line !== undefined; line = reader.next()) lines.push(show(line));
  }
  const last = reader.end();
  if (last !== undefined) lines.push(show(last));
  return lines;
}

/** What the lines of a whole stream are, said without any streaming. */
function expected(stream: string): string[] {
  return stream
    .split("\n")
    .map((line) => line.replace(/\r$/, ""))
    .filter((line) => line !== "")
    .map((line) => (line.length > MAX ? "oversized" : line));
}

test("however the stream is cut, the lines are the same", () => {
  const stream = fc.string({ unit: fc.constantFrom("a", "b", "\n", "\r", "\u00ff", "ccccccccc"), maxLength: 120 });
  fc.assert(
    fc.property(stream, fc.array(fc.nat(200), { maxLength: 12 }), (text, cuts) => {
      const whole = Buffer.from(text, "latin1");
      const at = [0, ...cuts.map((cut) => Math.min(cut, whole.length)).sort((a, b) => a - b), whole.length];
      const chunks = at.slice(1).map((end, index) => whole.subarray(at[index], end));
      const lines = readAll(chunks);
      assert.equal(lines, readAll([whole]));
      assert.equal(lines, readAll([...whole].map((byte) => Uint8Array.of(byte))));
      // A lone CR at the bound may count as over it: it is not yet known whether it ends the line.
      if (!/\r\r|\r[^\n]|\r$/.test(text)) assert.equal(lines, expected(text));
    }),
    { numRuns: 1000 },
  );
});

test("a line of exactly the bound passes, with either line end; one byte more is oversized", () => {
  for (const end of ["\n", "\r\n", ""]) {
    const fits = "x".repeat(MAX);
    for (const text of [fits + end, [...(fits + end)]].map((parts) => [...parts].map((part) => Buffer.from(part)))) {
      assert.equal(readAll(text), [fits]);
    }
    assert.equal(readAll([Buffer.from(`x${fits}${end}`)]), ["oversized"]);
  }
});

test("an oversized line is reported before it ends, once, and the next line is read", () => {
  const reader = new LineReader(MAX);
  reader.push(Buffer.from("x".repeat(MAX + 2)));
  assert.is(reader.next()?.kind, "oversized");
  for (let round = 0; round < 5; round++) {
    assert.is(reader.next(), undefined);
    reader.push(Buffer.from("x".repeat(1000)));
  }
  assert.is(reader.next(), undefined);
  reader.push(Buffer.from("\nnext\n"));
  const line = reader.next();
  assert.is(line === undefined ? "" : show(line), "next");
});

test("a reader can stop between two lines of one chunk", () => {
  const reader = new LineReader(MAX);
  reader.push(Buffer.from("a\n\nb\nc"));
  const seen = [reader.next(), reader.next(), reader.next()].map((line) => (line === undefined ? "-" : show(line)));
  assert.equal(seen, ["a", "b", "-"]);
  reader.push(Buffer.from("d\n"));
  assert.is(show(reader.next() as Line), "cd");
});

test("chunks that were pushed ahead wait, are counted, and are read in order", () => {
  const reader = new LineReader(MAX);
  for (const chunk of ["a\nb", "c\n", "", "d\ne"]) reader.push(Buffer.from(chunk));
  assert.ok(reader.backlogBytes >= 8);
  const seen: string[] = [];
  for (let line = reader.next(); line !== undefined; line = reader.next()) seen.push(show(line));
  assert.equal(seen, ["a", "bc", "d"]);
  assert.is(reader.backlogBytes, 0);
  assert.is(show(reader.end() as Line), "e");
});

test("nine mebibytes in chunks of one byte to 64 KiB come out whole", () => {
  const size = 9 * 1_048_576;
  const reader = new LineReader(10 * 1_048_576);
  const one = Buffer.from("y");
  const more = (piece: Uint8Array) => {
    reader.push(piece);
    assert.is(reader.next(), undefined);
  };
  for (let byte = 0; byte < 100_000; byte++) more(one);
  const chunk = Buffer.alloc(65_536, "y");
  for (let sent = 100_000; sent < size; sent += chunk.length) more(chunk);
  reader.push(Buffer.from("\n"));
  const line = reader.next();
  assert.ok(line?.kind === "line" && line.bytes.length >= size && line.bytes.every((byte) => byte === 0x79));
});

test.run();
