import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { isFault } from "../../../src/contract/fault.ts";
import { matchesTopic } from "../../../src/contract/topic.ts";

import { DEAD_LETTERS, deadLetters } from "../../../src/kernel/ipc/dead-letters.ts";
import { INBOX_MESSAGES, type Sending, take } from "../../../src/kernel/ipc/deliver.ts";
import { MESSAGE_BYTES, route } from "../../../src/kernel/ipc/send.ts";
import {
  addSubscription,
  removeSubscription,
  removeSubscriptions,
  SUBSCRIPTIONS,
  subscriptionsOf,
} from "../../../src/kernel/ipc/subscriptions.ts";
import { writeRow } from "../../../src/kernel/rows.ts";
import { mustOpen, stateDirectory } from "../../chain/fixture.ts";
import { addAgent, addAgents, commit, inbox } from "./fixture.ts";

const from = (message: Sending["message"], pid = 0): Sending => ({ from: "client:stdio", from_pid: pid, message });

test("a message to a pid is in its inbox, under the sequence of its event, which holds no contents", async () => {
  const chain = mustOpen(stateDirectory());
  const [pid] = (await addAgents(chain, 1)) as [number];
  const sent = await commit(chain, (state) =>
    route(state, { ...from({ secret: "s3cr3t" }), in_reply_to: 1, topic: "of.the.past" }, { pid }),
  );
  assert.equal(sent, { msg_id: 2, receivers: 1, to: [pid] });
  const [event] = chain.query({ count: 1, kind: "ipc.sent" }).events;
  assert.is(event?.sequence, sent.msg_id);
  assert.equal(Object.keys(event?.payload ?? {}), ["bytes", "digest", "from", "in_reply_to", "to_pid"]);
  assert.not(JSON.stringify(event).includes("s3cr3t"));
  assert.equal(inbox(chain, pid), [
    { ...from({ secret: "s3cr3t" }), msg_id: 2, sent: Date.parse(event?.timestamp ?? ""), in_reply_to: 1 },
  ]);
  await chain.close();
});

test("what cannot be sent is a fault and leaves no trace, also within a change that goes on", async () => {
  const chain = mustOpen(stateDirectory());
  const codes = await commit(chain, (state) => {
    const stopping = addAgent(state, { state: "stopping" });
    const full = addAgent(state);
    writeRow(state, "mail", [full], INBOX_MESSAGES);
    writeRow(state, "counter", ["pid"], 9);
    return [
      route(state, from({}), { pid: stopping }),
      route(state, from({}), { pid: full }),
      route(state, from({}), { pid: 9 }),
      route(state, from({}), { pid: 10 }),
      route(state, from({}), { pid: 0 }),
      route(state, from({}), { pid: 1.5 }),
      route(state, from({}), { pid: -1 }),
      route(state, from({}), { topic: "a.*" }),
      route(state, from({ text: "x".repeat(MESSAGE_BYTES) }), { pid: stopping }),
      route(state, from({ text: "\ud800" }), { topic: "a" }),
    ].map((one) => (isFault(one) ? one.code : one));
  });
  assert.equal(codes, [
    "agent-exited",
    "inbox-full",
    "agent-exited",
    "agent-not-found",
    "agent-not-found",
    "agent-not-found",
    "agent-not-found",
    "invalid-topic",
    "message-too-large",
    "invalid-arguments",
  ]);
  assert.equal(chain.query({ count: 9, kind: "ipc.sent" }).events, []);
  await chain.close();
});

test("a message of exactly the bound is sent", async () => {
  const chain = mustOpen(stateDirectory());
  const [pid] = (await addAgents(chain, 1)) as [number];
  const text = "x".repeat(MESSAGE_BYTES - '{"text":""}'.length);
  const sent = await commit(chain, (state) => route(state, from({ text }), { pid }));
  assert.is(sent.receivers, 1);
  await chain.close();
});

test("a topic without subscribers is accepted with no receivers and is no dead letter", async () => {
  const chain = mustOpen(stateDirectory());
  const sent = await commit(chain, (state) => route(state, from({}), { topic: "nobody.listens" }));
  assert.equal(sent, { msg_id: 1, receivers: 0, to: [] });
  assert.equal(chain.read(deadLetters), []);
  await chain.close();
});

test("of several subscribers those that cannot take the message miss it as a dead letter with its reason, the others get it", async () => {
  const chain = mustOpen(stateDirectory());
  const sent = await commit(chain, (state) => {
    for (const stands of ["running", "running", "stopping", "suspended"] as const) {
      addSubscription(state, addAgent(state, { state: stands }), "a.**", "test");
    }
    writeRow(state, "mail", [2], INBOX_MESSAGES);
    return route(state, from({ n: 1 }), { topic: "a.b" });
  });
  assert.equal(sent.to, [1, 4]);
  assert.equal(
    inbox(chain, 4).map(({ topic, message }) => ({ topic, message })),
    [{ topic: "a.b", message: { n: 1 } }],
  );
  assert.equal(
    chain.read(deadLetters).map(({ to_pid, reason, message }) => [to_pid, reason, message.msg_id]),
    [
      [3, "receiver-exited", sent.msg_id],
      [2, "inbox-full", sent.msg_id],
    ],
  );
  await chain.close();
});

test("an inbox takes its limit and no more, and takes again when one was taken out", async () => {
  const chain = mustOpen(stateDirectory());
  const [pid] = (await addAgents(chain, 1)) as [number];
  const send = () => chain.commit((state) => route(state, from({}), { pid }), "committed");
  const sent = await Promise.all(Array.from({ length: INBOX_MESSAGES + 3 }, send));
  assert.is(sent.filter((one) => isFault(one) && one.code === "inbox-full").length, 3);
  assert.is(inbox(chain, pid).length, INBOX_MESSAGES);
  await commit(chain, (state) => {
    state.event({ source: "kernel", kind: "agent.handled", payload: {} });
    return take(state, pid, inbox(chain, pid)[0]?.msg_id as number);
  });
  assert.not(isFault(await send()));
  assert.ok(isFault(await send()));
  await chain.close();
});

test("the list of dead letters keeps the last thousand", async () => {
  const chain = mustOpen(stateDirectory());
  await commit(chain, (state) => {
    for (const pid of [addAgent(state), addAgent(state)]) {
      writeRow(state, "mail", [pid], INBOX_MESSAGES);
      addSubscription(state, pid, "t", "test");
    }
    return null;
  });
  const sends = DEAD_LETTERS / 2 + 5;
  await Promise.all(
    Array.from({ length: sends }, (_, n) => commit(chain, (state) => route(state, from({ n }), { topic: "t" }))),
  );
  const numbers = chain
    .read((state) => deadLetters(state, 2 * DEAD_LETTERS))
    .map(({ message, to_pid }) => [message.message.n, to_pid]);
  assert.is(numbers.length, DEAD_LETTERS);
  assert.equal(numbers[0], [sends - 1, 2]);
  assert.equal(numbers.at(-1), [5, 1]);
  await chain.close();
});

test("two hosts that send to one inbox lose none, and each sender's messages are in the order it sent them", async () => {
  const directory = stateDirectory();
  const hosts = [mustOpen(directory), mustOpen(directory)];
  const [pid] = (await addAgents(hosts[0] as never, 1)) as [number];
  await Promise.all(
    hosts.map(async (host, sender) => {
      const sends = Array.from({ length: 200 }, (_, n) =>
        commit(host, (state) => route(state, from({ n }, 100 + sender), { pid })),
      );
      await Promise.all(sends);
    }),
  );
  const messages = inbox(hosts[1] as never, pid);
  assert.is(new Set(messages.map(({ msg_id }) => msg_id)).size, 400);
  for (const sender of [100, 101]) {
    assert.equal(
      messages.filter(({ from_pid }) => from_pid === sender).map(({ message }) => message.n),
      Array.from({ length: 200 }, (_, n) => n),
    );
  }
  for (const host of hosts) await host.close();
});

test("an agent that sends to itself fills its own inbox and nothing else", async () => {
  const chain = mustOpen(stateDirectory());
  const [pid, other] = (await addAgents(chain, 2)) as [number, number];
  await commit(chain, (state) => addSubscription(state, pid, "loop", "test"));
  for (;;) {
    const done = await chain.commit((state) => {
      for (let i = 0; i < 100; i++) {
        const sent = route(state, from({}, pid), i % 2 === 0 ? { pid } : { topic: "loop" });
        if (isFault(sent)) return sent;
      }
      return null;
    }, "committed");
    if (!isFault(done)) continue;
    assert.is(done.code, "inbox-full");
    break;
  }
  assert.is(inbox(chain, pid).length, 1000, "the change that met the full inbox left no trace");
  assert.is(inbox(chain, other).length, 0);
  await chain.close();
});

const segment = fc.constantFrom("a", "b", "c");
const topic = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("."));
const pattern = fc
  .array(fc.oneof(segment, fc.constantFrom("*", "**")), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join("."));
const step = fc.oneof(
  fc.record({ op: fc.constant("subscribe" as const), pid: fc.integer({ min: 1, max: 4 }), pattern }),
  fc.record({ op: fc.constant("unsubscribe" as const), pid: fc.integer({ min: 1, max: 4 }), pattern }),
  fc.record({ op: fc.constant("exit" as const), pid: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ op: fc.constant("send" as const), topic }),
  // A subscription that does not come true must not be remembered.
  fc.record({ op: fc.constant("undone" as const), pid: fc.integer({ min: 1, max: 4 }), pattern, topic }),
);

test("a message to a topic reaches exactly the pids that a plain list of subscriptions says, in any order of events", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const chain = mustOpen(stateDirectory());
      await addAgents(chain, 4);
      let model: [number, string][] = [];
      const expected = (name: string) =>
        [...new Set(model.filter(([, one]) => matchesTopic(one, name)).map(([pid]) => pid))].sort();
      for (const one of steps) {
        if (one.op === "subscribe") {
          const isNew = !model.some(([pid, held]) => pid === one.pid && held === one.pattern);
          assert.is(await commit(chain, (state) => addSubscription(state, one.pid, one.pattern, "test")), isNew);
          if (isNew) model.push([one.pid, one.pattern]);
        } else if (one.op === "unsubscribe") {
          await commit(chain, (state) => removeSubscription(state, one.pid, one.pattern, "test"));
          model = model.filter(([pid, held]) => pid !== one.pid || held !== one.pattern);
        } else if (one.op === "exit") {
          await commit(chain, (state) => {
            removeSubscriptions(state, one.pid, "test");
            return null;
          });
          model = model.filter(([pid]) => pid !== one.pid);
        } else if (one.op === "send") {
          const sent = await commit(chain, (state) => route(state, from({}), { topic: one.topic }));
          assert.equal(sent.to, expected(one.topic));
        } else {
          await chain.commit((state) => {
            addSubscription(state, one.pid, one.pattern, "test");
            route(state, from({}), { topic: one.topic });
            return { code: "no", layer: "kernel" as const, message: "no" };
          }, "committed");
        }
      }
      await chain.close();
    }),
    { numRuns: 60 },
  );
});

test("the 257th subscription of a pid is refused; what is no pattern is refused", async () => {
  const chain = mustOpen(stateDirectory());
  const [pid] = (await addAgents(chain, 1)) as [number];
  const codes = await commit(chain, (state) => {
    for (let i = 0; i < SUBSCRIPTIONS; i++) addSubscription(state, pid, `t.${i}`, "test");
    return [
      addSubscription(state, pid, "t.256", "test"),
      addSubscription(state, pid, "t.1", "test"),
      addSubscription(state, pid, "", "test"),
      addSubscription(state, pid, "a/b", "test"),
    ].map((one) => (isFault(one) ? one.code : one));
  });
  assert.equal(codes, ["too-many-subscriptions", false, "invalid-topic", "invalid-topic"]);
  assert.is(chain.read((state) => subscriptionsOf(state, pid)).length, SUBSCRIPTIONS);
  await chain.close();
});

test.run();
