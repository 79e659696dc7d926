// A message to an agent that waits for one is handled before it is sent, and both are one transaction.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { isFault } from "../../../src/contract/fault.ts";
import type { JsonObject } from "../../../src/contract/json.ts";
import { readRow, readRows } from "../../../src/kernel/rows.ts";
import { stateDirectory } from "../../chain/fixture.ts";
import { answers, codeOf, kinds, type Module, openHost, POST } from "./fixture.ts";

/** A host with an agent, pid 1, that waits for mail. */
async function waiting(module: Module) {
  const host = openHost(stateDirectory(), module);
  const pid = await host.spawn("a");
  await host.until(() => host.record(pid)?.state === "running");
  await new Promise((resolve) => setTimeout(resolve, 10)); // what its start took is out of hand
  return { host, pid };
}

test("sending and handling are there together or not at all", async () => {
  const { host, pid } = await waiting(() => answers({ state: 1 }));
  const id = await host.send(pid, { n: 1 });
  // At the moment that the sender knows, the message is not in the inbox any more.
  host.chain.read((state) => {
    assert.is(readRow(state, "agent-state", pid), 1);
    assert.equal(readRows(state, "inbox", [pid]), []);
  });
  assert.equal(kinds(host.chain).slice(-2), ["ipc.sent", "agent.handled"]);
  assert.is(host.chain.query({ sinceSequence: id, count: 1 }).events[0]?.kind, "ipc.sent");
  await host.close();
});

test("a message whose place another event took is handled again, once, under the id that it got", async () => {
  const seen: unknown[] = [];
  let disturb = true;
  const { host, pid } = await waiting(async ({ input }) => {
    seen.push(input.msg_id);
    if (disturb) await host.chain.append({ source: "test", kind: "test.other", payload: {} }, "committed");
    disturb = false;
    return answers({ state: Number(input.state ?? 0) + 1 });
  });
  const id = await host.send(pid, { n: 1 });
  await host.settled();
  assert.equal(seen, [id - 1, id]);
  assert.is(host.record(pid)?.usage.messages_handled, 1);
  assert.is(
    host.chain.read((state) => readRow(state, "agent-state", pid)),
    1,
  );
  assert.is(kinds(host.chain).filter((kind) => kind === "agent.handled").length, 1);
  await host.close();
});

test("what a run made of a message is not taken for another message that got its id", async () => {
  const seen: string[] = [];
  const { host, pid } = await waiting(async ({ input }) => {
    seen.push(`${(input.message as JsonObject).name} ${input.msg_id}`);
    if (seen.length === 1) {
      const other = { from: "client:stdio", from_pid: 0, message: { name: "other" } };
      await host.chain.commit((state) => POST.route(state, other, { pid }), "committed");
    }
    return answers({ state: `${input.state ?? ""}${(input.message as JsonObject).name} ` });
  });
  const id = await host.send(pid, { name: "mine" });
  await host.settled();
  assert.equal(seen, [`mine ${id - 1}`, `other ${id - 1}`, `mine ${id}`]);
  assert.is(
    host.chain.read((state) => readRow(state, "agent-state", pid)),
    "other mine ",
  );
  await host.close();
});

test("before its run acts on anything else, the message is sent", async () => {
  const { host, pid } = await waiting(async () => {
    seen.push(inbox());
    seen.push([await host.agents.secureMessage(pid)]);
    seen.push(inbox());
    return answers({});
  });
  const inbox = () => host.chain.read((state) => readRows(state, "inbox", [pid]).map(({ row }) => row.msg_id));
  const seen: unknown[][] = [];
  const id = await host.send(pid, {});
  await host.settled();
  assert.equal(seen, [[], [undefined], [id]]);
  assert.is(host.record(pid)?.usage.messages_handled, 1);
  await host.close();
});

test("a run whose message became another gets no tool call", async () => {
  const codes: unknown[] = [];
  const { host, pid } = await waiting(async () => {
    if (codes.length === 0) await host.chain.append({ source: "test", kind: "test.other", payload: {} }, "committed");
    codes.push(codeOf((await host.agents.secureMessage(pid)) ?? {}));
    return answers({});
  });
  await host.send(pid, {});
  await host.settled();
  assert.is(codes[0], "cancelled");
  assert.is(codes.length, 2);
  await host.close();
});

test("a slow run does not keep its sender waiting", async () => {
  let finish = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const { host, pid } = await waiting(async () => {
    await finished;
    return answers({});
  });
  await host.send(pid, {});
  assert.is(host.record(pid)?.usage.messages_handled, 0);
  finish();
  await host.settled();
  assert.is(host.record(pid)?.usage.messages_handled, 1);
  await host.close();
});

test("a message that is refused is not handled", async () => {
  let runs = 0;
  const { host, pid } = await waiting(() => {
    runs++;
    return answers({});
  });
  const refused = await host.agents.deliver(pid, () => ({ code: "inbox-full", layer: "host", message: "full" }));
  assert.ok(isFault(refused));
  assert.is(refused.code, "inbox-full");
  await host.settled();
  assert.is(runs, 0);
  await host.close();
});

test.run();
