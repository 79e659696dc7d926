import { PassThrough, Writable } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { ByteWriter, HIGH_WATER_BYTES } from "../../src/protocol/byte-writer.ts";
import { CallWindow } from "../../src/protocol/call-window.ts";

const events = () => {
  const seen = { drained: 0, broken: 0 };
  return { seen, handlers: { onDrain: () => seen.drained++, onBroken: () => seen.broken++ } };
};

test("messages leave whole and in order, few writes for many small ones, large ones uncopied", async () => {
  const writes: Buffer[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      writes.push(chunk);
      done();
    },
  });
  const writer = new ByteWriter(stream, events().handlers);
  const large = Buffer.alloc(100_000, "L");
  const sent = [...Array.from({ length: 100 }, (_, at) => Buffer.from(`m${at};`)), large, Buffer.from("last")];
  for (const message of sent) writer.send(message);
  assert.is(writer.pendingBytes, Buffer.concat(sent).length);
  await writer.drained(1000);
  assert.equal(Buffer.concat(writes), Buffer.concat(sent));
  assert.is(writes.length, 3);
  assert.is(writes[1], large);
  assert.is(writer.pendingBytes, 0);
});

test("it is full while the reader rests, and says when it no longer is", async () => {
  const stream = new PassThrough({ highWaterMark: 1024 });
  const { seen, handlers } = events();
  const writer = new ByteWriter(stream, handlers);
  for (let sent = 0; sent < 5; sent++) writer.send(Buffer.alloc(HIGH_WATER_BYTES / 4));
  await turn();
  assert.ok(writer.full);
  assert.is(seen.drained, 0);
  stream.resume();
  await writer.drained(1000);
  assert.not(writer.full);
  assert.is(seen.drained, 1);
});

test("a broken stream is reported once, and what comes after is dropped", async () => {
  const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error("EPIPE")) });
  const { seen, handlers } = events();
  const writer = new ByteWriter(stream, handlers);
  writer.send(Buffer.from("a"));
  await turn();
  await turn();
  writer.send(Buffer.from("b"));
  await writer.drained(1000);
  assert.is(seen.broken, 1);
  assert.is(writer.pendingBytes, 0);
});

test("waiting for a reader that never reads ends", async () => {
  const writer = new ByteWriter(new PassThrough({ highWaterMark: 1 }), events().handlers);
  writer.send(Buffer.alloc(100_000));
  await writer.drained(20);
  assert.ok(writer.pendingBytes > 0);
});

test("the call window opens wide for small answers and shuts to a few for large ones", () => {
  const fill = (window: CallWindow, pending = 0) => {
    let entered = 0;
    while (window.enter(pending)) entered++;
    return entered;
  };
  const window = new CallWindow();
  const before = fill(window);
  assert.ok(before >= 8 && before <= 32);
  for (let call = 0; call < before; call++) window.leave(400);
  assert.is(fill(window), 256);
  for (let call = 0; call < 256; call++) window.leave(2_200_000);
  const large = fill(window);
  assert.ok(large >= 4 && large <= 16);
  for (let call = 0; call < large; call++) window.leave(0);
  assert.is(fill(window, 64 * 1_048_576), 1, "one call always has a place");
});

test.run();
