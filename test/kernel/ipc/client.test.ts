import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Chain } from "../../../src/chain/chain.ts";
import { isFault } from "../../../src/contract/fault.ts";
import type { DeliveredMessage, InboxNews } from "../../../src/contract/messages.ts";
import type { Caller } from "../../../src/kernel/caller.ts";

import { openClientInbox } from "../../../src/kernel/ipc/client-inbox.ts";
import { deadLetters } from "../../../src/kernel/ipc/dead-letters.ts";
import { take } from "../../../src/kernel/ipc/deliver.ts";
import { sendMessage, subscribe, unsubscribe } from "../../../src/kernel/ipc/ipc-tools.ts";
import { openRequests } from "../../../src/kernel/ipc/request.ts";
import { Retained, RING_MESSAGES } from "../../../src/kernel/ipc/retained.ts";
import { route } from "../../../src/kernel/ipc/send.ts";
import type { MessageRecord } from "../../../src/kernel/records.ts";
import { readRow, writeRow } from "../../../src/kernel/rows.ts";
import { createSignals } from "../../../src/kernel/signals.ts";
import { mustOpen, stateDirectory } from "../../chain/fixture.ts";
import { addAgents, commit, inbox } from "./fixture.ts";

const CLIENT: Caller = { principal: "client:stdio", pid: 0 };
const NEVER = new AbortController().signal;

function host(chain: Chain, hostId = "h1") {
  const signals = createSignals();
  const options = { ledger: chain, signals, hostId };
  // The inbox hears of everything first: it has to leave replies alone, not to be slower.
  const client = openClientInbox({ ...options, awaits: (message) => requests.awaits(message) });
  const requests = openRequests(options);
  const news: InboxNews[] = [];
  let heard = () => {};
  client.listen((one) => {
    news.push(one);
    heard();
  });
  /** Waits until so many messages were told. */
  const told = async (many: number): Promise<DeliveredMessage[]> => {
    for (;;) {
      const messages = news.flatMap((one) => (one.kind === "message" ? [one.message] : []));
      if (messages.length >= many) return messages;
      await new Promise<void>((resolve) => {
        heard = resolve;
      });
    }
  };
  const close = async () => {
    requests.close();
    await client.close();
  };
  return { ...options, options, requests, client, news, told, close };
}

/** Answers every message of an inbox by a function of it, as an agent would. */
function answerWith(
  chain: Chain,
  pid: number,
  options: ReturnType<typeof host>["options"],
  reply: (m: MessageRecord) => object,
) {
  return options.signals.listen((signal) => {
    if (signal.kind !== "mail" || signal.pid !== pid) return;
    void (async () => {
      for (const message of inbox(chain, pid)) {
        const done = await chain.commit((state) => {
          if (!take(state, pid, message.msg_id)) return null;
          return route(
            state,
            { from: `agent:a${pid}`, from_pid: pid, in_reply_to: message.msg_id, message: reply(message) as never },
            { pid: message.from_pid },
          );
        }, "committed");
        if (!isFault(done) && done.value !== null) signals(done.value.to);
      }
    })();
  });
  function signals(to: readonly number[]) {
    for (const one of to) options.signals.tell({ kind: "mail", pid: one });
  }
}

test("what a client is subscribed to and what is sent to it arrives once, in order, under each pattern that matches", async () => {
  const chain = mustOpen(stateDirectory());
  const { client, options, news, told, close } = host(chain);
  assert.is(client.pid(), undefined);
  for (const pattern of ["a.*", "a.b"]) await subscribe(options, CLIENT, pattern, undefined);
  for (let n = 0; n < 20; n++) await sendMessage(options, CLIENT, n % 5 === 4 ? { pid: 1 } : { topic: "a.b" }, { n });
  await sendMessage(options, CLIENT, { topic: "a.c" }, { n: 20 });
  const messages = await told(21);
  assert.equal(
    messages.map(({ message }) => message.n),
    Array.from({ length: 21 }, (_, n) => n),
  );
  assert.equal(client.subscriptions(), ["a.*", "a.b"]);
  assert.is(client.pid(), 1);
  assert.is(client.messages("a.*")?.length, 17);
  assert.is(client.messages("a.b")?.length, 16);
  assert.is(client.messages("a"), undefined);
  assert.is(client.direct().length, 4);
  const { sent, msg_id, ...first } = messages[0] as DeliveredMessage;
  assert.equal(first, { from: "client:stdio", from_pid: 1, topic: "a.b", pattern: "a.*", message: { n: 0 } });
  assert.is(new Date(sent).toISOString(), sent);
  assert.ok(msg_id > 0);
  assert.equal(inbox(chain, 1), [], "what is told is out of the durable inbox");
  assert.ok(news.some(({ kind }) => kind === "subscriptions"));
  await close();
  await chain.close();
});

test("what is unsubscribed is forgotten and told; the end of the client makes dead letters of what it did not take", async () => {
  const chain = mustOpen(stateDirectory());
  const { client, options, told, close } = host(chain);
  await subscribe(options, CLIENT, "a", undefined);
  await sendMessage(options, CLIENT, { topic: "a" }, {});
  await told(1);
  const gone = new Promise<void>((resolve) => client.listen(({ kind }) => kind === "subscriptions" && resolve()));
  await unsubscribe(options, CLIENT, "a", undefined);
  await gone;
  assert.is(client.messages("a"), undefined);
  // Committed by another process, so that this host has heard nothing of it.
  const sent = await commit(chain, (state) =>
    route(state, { from: "x", from_pid: 0, message: { late: 1 } }, { pid: 1 }),
  );
  await close();
  assert.equal(
    chain.read(deadLetters).map(({ message, reason }) => [message.msg_id, reason]),
    [[sent.msg_id, "receiver-exited"]],
  );
  assert.is(
    chain.read((state) => readRow(state, "agent", 1)),
    undefined,
  );
  await chain.close();
});

test("a ring keeps the newest and counts what fell; all rings together keep bounded bytes", () => {
  const message = (n: number, text = ""): DeliveredMessage => ({
    msg_id: n,
    from: "x",
    from_pid: 0,
    sent: "",
    message: { text },
  });
  const few = new Retained();
  for (let n = 0; n < RING_MESSAGES + 10; n++) few.add(["a", "b"], message(n));
  few.add(["b"], message(999));
  assert.is(few.of("a").length, RING_MESSAGES);
  assert.is(few.of("a")[0]?.msg_id, 10);
  assert.equal([few.fallen("a"), few.fallen("b")], [10, 11]);
  few.keepOnly(new Set(["b"]));
  assert.equal([few.of("a").length, few.of("b").length], [0, RING_MESSAGES]);

  const small = new Retained(10_000);
  for (let n = 0; n < 40; n++) small.add(n % 2 === 0 ? ["a"] : ["a", "b"], message(n, "x".repeat(900)));
  const kept = [...new Set([...small.of("a"), ...small.of("b")].map(({ msg_id }) => msg_id))].sort((x, y) => x - y);
  const newest = Array.from({ length: kept.length }, (_, i) => 40 - kept.length + i);
  assert.equal(kept, newest);
  assert.ok(kept.length >= 8 && kept.length <= 10);
});

test("a request is answered by the reply to it and by no other message, many at a time, and the inbox does not tell replies", async () => {
  const chain = mustOpen(stateDirectory());
  const [pid] = (await addAgents(chain, 1)) as [number];
  const { requests, options, client, close } = host(chain);
  const stop = answerWith(chain, pid, options, ({ message }) => ({ twice: 2 * (message.n as number) }));
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) => requests.request(CLIENT, pid, { n }, 30_000, new AbortController().signal)),
  );
  assert.equal(
    answers.map((one) => (isFault(one) ? one.code : one.message.twice)),
    Array.from({ length: 20 }, (_, n) => 2 * n),
  );
  assert.equal(client.direct(), []);
  stop();
  await close();
  await chain.close();
});

test("who asks is not left waiting: a deadline, a cancel, an agent that ends, one that does not exist", async () => {
  const chain = mustOpen(stateDirectory());
  const [pid, other] = (await addAgents(chain, 2)) as [number, number];
  const { requests, options, close, told } = host(chain);
  const code = async (asked: ReturnType<typeof requests.request>) => {
    const answer = await asked;
    return isFault(answer) ? answer.code : answer;
  };
  assert.is(await code(requests.request(CLIENT, 99, {}, 30_000, NEVER)), "agent-not-found");
  assert.is(await code(requests.request(CLIENT, pid, {}, 1, NEVER)), "reply-timeout");
  const abort = new AbortController();
  const asked = code(requests.request(CLIENT, pid, {}, 30_000, abort.signal));
  abort.abort();
  assert.is(await asked, "cancelled");
  const vain = code(requests.request(CLIENT, other, {}, 30_000, NEVER));
  await commit(chain, (state) => {
    state.event({ source: "kernel", kind: "agent.exited", payload: {} });
    writeRow(state, "agent", [other], {
      ...(readRow(state, "agent", other) as never as object),
      state: "exited",
    } as never);
    return null;
  });
  options.signals.tell({ kind: "agents" });
  assert.is(await vain, "agent-exited");
  // A reply that comes too late is a message like any other.
  const late = inbox(chain, pid)[0] as MessageRecord;
  await commit(chain, (state) =>
    route(
      state,
      { from: "agent:a1", from_pid: pid, in_reply_to: late.msg_id, message: { late: true } },
      { pid: late.from_pid },
    ),
  );
  options.signals.tell({ kind: "elsewhere" });
  assert.equal((await told(1))[0]?.message, { late: true });
  assert.is(
    await code(requests.request({ principal: "agent:a1", pid, capabilities: undefined as never }, other, {}, 1, NEVER)),
    "not-a-client",
  );
  await close();
  await chain.close();
});

test.run();
