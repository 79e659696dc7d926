// Changes of the list of tools as JSON-RPC notifications.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { LARGE_ANSWERS, serveClient } from "./served-client.ts";

function open() {
  const listeners = new Set<() => void>();
  const { client, output, exit } = serveClient({
    ...LARGE_ANSWERS,
    onToolsChanged(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  });
  let told = 0;
  client.onNotification("tools/listChanged", () => void told++);
  client.listen();
  const change = (times: number) => {
    for (let n = 0; n < times; n++) for (const listener of listeners) listener();
  };
  return { client, output, exit, listeners, change, told: () => told };
}

const handshake = { processId: null, rootUri: null, capabilities: {} };
const turns = async (count = 50) => {
  for (let turn = 0; turn < count; turn++) await new Promise((done) => setImmediate(done));
};

test("200 changes of one turn are told once, those of a later turn once more, and none before the client is introduced", async () => {
  const { client, exit, listeners, change, told } = open();
  await client.sendNotification("$/hello");
  while (listeners.size === 0) await turns(1);
  change(3);
  await turns();
  assert.is(told(), 0, "nobody is there yet");
  await client.sendRequest("initialize", handshake);
  change(200);
  await turns();
  assert.is(told(), 1);
  change(1);
  await turns();
  assert.is(told(), 2);
  await client.sendRequest("shutdown");
  change(1);
  await turns();
  assert.is(told(), 2, "the client has said that it goes");
  await client.sendNotification("exit");
  assert.is(await exit, 0);
  assert.is(listeners.size, 0, "nothing listens when the connection has ended");
});

test("a client that does not read is told once of all that changed meanwhile", async () => {
  const { client, output, exit, change, told } = open();
  await client.sendRequest("initialize", handshake);
  output.pause();
  const answers = [0, 1, 2, 3].map(() => client.sendRequest("test.large", {}));
  await turns(200);
  for (let n = 0; n < 20; n++) {
    change(1);
    await turns(2);
  }
  assert.is(told(), 0);
  output.resume();
  await Promise.all(answers);
  await turns();
  assert.is(told(), 1);
  await client.sendRequest("shutdown");
  await client.sendNotification("exit");
  assert.is(await exit, 0);
});

test.run();
