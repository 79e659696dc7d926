// The official clients, as they are, against the server: the SDK 1.x client (handshake) and the 2.x client (all modes).
import { Client as ModernClient } from "@modelcontextprotocol/client";
import { Client as LegacyClient } from "@modelcontextprotocol/sdk/client/index.js";
import { ElicitRequestSchema, type JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Wire } from "./wire.ts";

const info = { name: "test", version: "1" };

/** A transport of the clients' shape on a wire. */
function transportOf(wire: Wire) {
  const transport = {
    onmessage: undefined as ((message: never) => void) | undefined,
    onclose: undefined as (() => void) | undefined,
    onerror: undefined as ((error: Error) => void) | undefined,
    start: async () => {
      wire.onMessage((message) => transport.onmessage?.(message as never));
    },
    send: async (message: JSONRPCMessage | object) => wire.send(message),
    close: async () => {
      await wire.end();
      transport.onclose?.();
    },
  };
  return transport;
}

test("the 1.x client connects, lists, calls, sees refusals and unknown tools, and closes cleanly", async () => {
  const wire = new Wire();
  const client = new LegacyClient(info);
  await client.connect(transportOf(wire) as never);
  assert.is(client.getServerVersion()?.name, "tollgate");
  assert.match(client.getInstructions() ?? "", /\/data/);
  await client.ping();
  const { tools } = await client.listTools();
  assert.is(tools.length, 5);
  const called = await client.callTool({ name: "test_echo", arguments: { path: "x" } });
  assert.equal(called.structuredContent, { echo: { path: "x" } });
  assert.is((await client.callTool({ name: "test_deny" })).isError, true);
  await client.callTool({ name: "nope" }).then(
    () => assert.unreachable(),
    (error) => assert.is(error.code, -32602),
  );
  await client.close();
  assert.is(await wire.exit, 0);
});

test("the 1.x client is asked, and its user's answer counts", async () => {
  for (const [action, isError] of [
    ["accept", undefined],
    ["decline", true],
  ] as const) {
    const wire = new Wire();
    const client = new LegacyClient(info, { capabilities: { elicitation: {} } });
    client.setRequestHandler(ElicitRequestSchema, async (request) => {
      assert.is(request.params.message, "Remove /data/x?");
      return action === "accept" ? { action, content: { allow: true } } : { action };
    });
    await client.connect(transportOf(wire) as never);
    assert.is((await client.callTool({ name: "test_question" })).isError, isError);
    await client.close();
  }
});

test("the 1.x client cancels a call with the id 0 and all others", async () => {
  const wire = new Wire();
  const client = new LegacyClient(info);
  await client.connect(transportOf(wire) as never);
  const stop = new AbortController();
  const call = client.callTool({ name: "test_hang" }, undefined, { signal: stop.signal });
  await client.ping();
  stop.abort();
  await call.then(
    () => assert.unreachable(),
    () => {},
  );
  await client.ping();
  assert.is(wire.host.aborted.length, 1);
  await client.close();
});

for (const [name, mode, era] of [
  ["legacy", "legacy", "legacy"],
  ["auto", "auto", "modern"],
  ["pinned", { pin: "2026-07-28" }, "modern"],
] as const) {
  test(`the 2.x client in the mode ${name} lists, calls, is asked, and closes cleanly`, async () => {
    const wire = new Wire();
    const client = new ModernClient(info, { capabilities: { elicitation: {} }, versionNegotiation: { mode } });
    let asked = 0;
    client.setRequestHandler("elicitation/create", async () => {
      asked++;
      return { action: "accept", content: { allow: true } };
    });
    await client.connect(transportOf(wire) as never);
    assert.is(
      wire.messages.some((message) => message.result?.supportedVersions !== undefined),
      era === "modern",
    );
    assert.is((await client.listTools()).tools.length, 5);
    const called = await client.callTool({ name: "test_echo", arguments: { path: "x" } });
    assert.equal(called.structuredContent, { echo: { path: "x" } });
    assert.is((await client.callTool({ name: "test_deny" })).isError, true);
    assert.equal((await client.callTool({ name: "test_question" })).structuredContent, { echo: "approved" });
    assert.is(asked, 1);
    await client.callTool({ name: "nope" }).then(
      () => assert.unreachable(),
      (error) => assert.is(error.code, -32602),
    );
    await client.close();
    assert.is(await wire.exit, 0);
  });
}

test.run();
