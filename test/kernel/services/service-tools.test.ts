import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Fault } from "../../../src/contract/fault.ts";
import type { JsonObject } from "../../../src/contract/json.ts";
import { type Service, serviceTools } from "../../../src/kernel/services/service-tools.ts";

let now = 0;
const services: Service[] = [
  {
    name: "chain",
    type: "storage",
    probe: async () => {
      now += 2.5;
      return { status: "healthy", detail: "7 events" };
    },
  },
  { name: "store", type: "execution", probe: async () => ({ status: "degraded", detail: "one worker was lost" }) },
  {
    name: "gate",
    type: "decision",
    probe: () => {
      throw new Error("no policy");
    },
  },
  { name: "ipc", type: "messages", probe: () => new Promise(() => {}) },
];
const tools = serviceTools({ services, monotonic: () => now, deadlineMs: 5 });
const call = async (name: string, args: JsonObject = {}) =>
  (await tools[name]?.({ principal: "client:stdio", pid: 0 }, args, new AbortController().signal)) as JsonObject &
    Fault;

test("the list has each service with what its probe found, also where a probe throws or never answers", async () => {
  assert.equal(await call("sys.service.list"), {
    services: [
      { name: "chain", type: "storage", status: "healthy" },
      { name: "store", type: "execution", status: "degraded" },
      { name: "gate", type: "decision", status: "down" },
      { name: "ipc", type: "messages", status: "down" },
    ],
    count: 4,
  });
});

test("health says how long a probe took and what is wrong, of one service or of all", async () => {
  assert.equal(await call("sys.service.health", { name: "chain" }), {
    health: [{ name: "chain", status: "healthy", latency_ms: 2.5, detail: "7 events" }],
    count: 1,
  });
  const { health, count } = await call("sys.service.health");
  assert.is(count, 4);
  assert.equal(
    (health as JsonObject[]).map(({ detail }) => detail),
    ["7 events", "one worker was lost", "its probe failed: no policy", "it did not answer within 5 ms"],
  );
});

test("an unknown name is an error that names the services, not an empty list", async () => {
  const answer = await call("sys.service.health", { name: "chains" });
  assert.is(answer.code, "service-unknown");
  assert.match(answer.message, /chain, store, gate, ipc/);
  assert.equal(answer.data, { names: ["chain", "store", "gate", "ipc"] });
});

test.run();
