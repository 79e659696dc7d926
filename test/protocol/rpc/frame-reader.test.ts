import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Frame, FrameReader } from "../../../src/protocol/rpc/frame-reader.ts";

const BOUND = 1000;

function read(bytes: Uint8Array, cuts: readonly number[]): (string | Frame)[] {
  const reader = new FrameReader(BOUND);
  const frames: (string | Frame)[] = [];
  let start = 0;
  for (const end of [...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    reader.push(bytes.subarray(start, end));
    start = end;
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
      frames.push(frame.kind === "content" ? Buffer.from(frame.bytes).toString() : frame);
    }
  }
  return frames;
}

const frame = (content: string) => `Content-Length: ${Buffer.byteLength(content)}\r\n\r\n${content}`;

test("how the stream is cut never changes the frames", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 80 })), fc.array(fc.nat()), (contents, cuts) => {
      const bytes = Buffer.from(contents.map(frame).join(""));
      assert.equal(read(bytes, cuts), contents);
    }),
    { seed: 1 },
  );
});

test("one byte at a time works, with every header field there is", () => {
  const text = "content-length: 2\r\nContent-Type: application/vscode-jsonrpc; charset=utf8\r\nX-Other: 1\r\n\r\n{}";
  const bytes = Buffer.from(text + frame("[]"));
  assert.equal(
    read(
      bytes,
      Array.from(bytes, (_, i) => i),
    ),
    ["{}", "[]"],
  );
});

test("content over the bound is skipped, and the next message is read", () => {
  const long = "x".repeat(BOUND + 1);
  assert.equal(read(Buffer.from(frame(long) + frame("after")), [3, 500, 900]), [
    { kind: "oversized", length: BOUND + 1 },
    "after",
  ]);
});

const malformed: readonly [why: string, header: string, reason: RegExp][] = [
  ["a negative length", "Content-Length: -1", /plain decimal/],
  ["a fraction", "Content-Length: 2.5", /plain decimal/],
  ["letters after the number", "Content-Length: 2abc", /plain decimal/],
  ["a leading zero", "Content-Length: 02", /plain decimal/],
  ["a number beyond any memory", `Content-Length: ${"9".repeat(30)}`, /plain decimal/],
  ["two lengths", "Content-Length: 2\r\nContent-Length: 3", /twice/],
  ["no length", "Content-Type: application/vscode-jsonrpc", /missing/],
  ["another charset", "Content-Length: 2\r\nContent-Type: application/vscode-jsonrpc; charset=utf-16", /UTF-8/],
  ["a line without a colon", "Content-Length 2", /colon/],
  ["an endless header", `X-Long: ${"a".repeat(5000)}`, /longer than/],
];

for (const [why, header, reason] of malformed) {
  test(`${why} ends the stream: what follows is never read as a message`, () => {
    const frames = read(Buffer.from(`${frame("before")}${header}\r\n\r\n{}${frame("after")}`), [40]);
    assert.is(frames[0], "before");
    assert.is(frames.length, 2);
    const last = frames[1] as Frame;
    assert.is(last.kind, "malformed");
    if (last.kind === "malformed") assert.match(last.reason, reason);
  });
}

test("a header that never ends is refused as soon as it is over its bound", () => {
  const reader = new FrameReader(BOUND);
  let refused = false;
  for (let i = 0; i < 100 && !refused; i++) {
    reader.push(Buffer.alloc(100, "a"));
    refused = reader.next()?.kind === "malformed";
  }
  assert.ok(refused);
});

test.run();
