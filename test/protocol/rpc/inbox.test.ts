// Messages to the client as JSON-RPC notifications.
import { PassThrough } from "node:stream";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { FakeInbox } from "../fake-inbox.ts";
import { LARGE_ANSWERS, serveClient } from "./served-client.ts";

function open(inbox: FakeInbox | undefined, output?: PassThrough) {
  const { client, exit } = serveClient({ ...LARGE_ANSWERS, ...(inbox && { inbox }) }, output);
  const told: Record<string, unknown>[] = [];
  let wake = () => {};
  client.onNotification("ipc/message", (message) => {
    told.push(message);
    wake();
  });
  const until = async (many: number) => {
    while (told.length < many) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return told;
  };
  const end = async () => {
    await client.sendRequest("shutdown");
    await client.sendNotification("exit");
    return exit;
  };
  return { client, until, told, end };
}

const handshake = { processId: null, rootUri: null, capabilities: {} };

test("every message to the client or to a topic of its is one notification ipc/message, once and in order; the capability says so", async () => {
  const inbox = new FakeInbox();
  const { client, until, end } = open(inbox);
  client.listen();
  const { capabilities } = await client.sendRequest<{ capabilities: object }>("initialize", handshake);
  assert.equal((capabilities as { ipc: object }).ipc, { message: "ipc/message" });
  inbox.subscribe("a.*", "a.b");
  const sent = [inbox.receive({ n: 1 }, "a.b"), inbox.receive({ n: 2 }), inbox.receive({ n: 3 }, "a.c")];
  assert.equal(await until(3), sent);
  assert.is(await end(), 0);
  assert.is(inbox.listeners, 0, "nothing listens when the connection has ended");
});

test("a host without an inbox declares nothing", async () => {
  const { client, end } = open(undefined);
  client.listen();
  const { capabilities } = await client.sendRequest<{ capabilities: object }>("initialize", handshake);
  assert.not("ipc" in capabilities);
  assert.is(await end(), 0);
});

test("a client that does not read gets the newest when it reads again, and is told how many it missed", async () => {
  const inbox = new FakeInbox();
  const output = new PassThrough();
  const { client, until, told, end } = open(inbox, output);
  client.listen();
  await client.sendRequest("initialize", handshake);
  output.pause();
  const answers = [0, 1, 2, 3].map(() => client.sendRequest("test.large", {}));
  for (let turn = 0; turn < 200; turn++) await new Promise((done) => setImmediate(done));
  for (let n = 0; n < 300; n++) inbox.receive({ n });
  assert.is(told.length, 0);
  output.resume();
  await until(256);
  const summary = told.map(({ missed, message }) => ({ missed, message }));
  assert.equal(summary[0], { missed: 44, message: { n: 44 } });
  assert.equal(summary[1], { missed: undefined, message: { n: 45 } });
  assert.equal(summary[255]?.message, { n: 299 });
  await Promise.all(answers);
  await end();
});

test.run();
