import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Answer, Principal } from "../../src/contract/call.ts";
import type { Capabilities } from "../../src/contract/capabilities.ts";
import type { JsonObject } from "../../src/contract/json.ts";
import { resolveSettings } from "../../src/host/config.ts";
import { type OpenHost, openHost } from "../../src/host/open-host.ts";
import type { Ambient } from "../../src/host/settings.ts";
import { seededRandom } from "../chain/fixture.ts";
import { agent } from "../gate/fixtures.ts";
import { makeScratch } from "./scratch.ts";

const scratch = makeScratch();
const at = (path: string) => join(scratch.cwd, path);
mkdirSync(at("sub/deep"), { recursive: true });
writeFileSync(at("sub/file"), "inside");
writeFileSync(at("secret"), "beside");
symlinkSync("../secret", at("sub/climbs"));
symlinkSync(at("secret"), at("sub/jumps"));
symlinkSync("/etc", at("out"));

async function open(): Promise<OpenHost> {
  const flags = { roots: [scratch.cwd], policies: [], sudo: false, workers: 1 };
  const resolved = await resolveSettings(flags, { cwd: scratch.cwd, env: scratch.env });
  if (!resolved.ok) throw new Error(resolved.fault.message);
  const opened = await openHost(resolved.settings, {
    env: {},
    clock: Date.now,
    random: seededRandom("agent-calls"),
    packageRoot: new URL("../../", import.meta.url),
  } as Ambient);
  if (!opened.ok) throw new Error(opened.fault.message);
  return opened.host;
}
const host = await open();

const call = (tool: string, args: JsonObject, principal: Principal): Promise<Answer> =>
  host.call({ principal, tool, args, signal: new AbortController().signal, canAsk: false });
const reading = (path: string, access: "read-only" | "read-write" = "read-only"): Partial<Capabilities> => ({
  roots: [{ path: at(path), access }],
});
const read = async (path: string, principal: Principal) => {
  const answer = await call("fs.read_file", { path }, principal);
  if (answer.kind === "fault") return answer.fault.code;
  return answer.kind === "result" ? JSON.parse(Buffer.from(answer.json).toString()).content : answer.kind;
};

test("an agent's relative path begins at its own root, and nothing leads out of that, not even a link inside", async () => {
  const bot = agent(reading("sub"));
  assert.is(await read("file", bot), "inside");
  assert.is(await read(at("sub/file"), bot), "inside");
  assert.is(await read(at("secret"), bot), "permission-denied");
  for (const link of ["climbs", "jumps"]) {
    assert.not.match(await read(link, bot), /beside/, link);
    assert.is(await read(at(`sub/${link}`), { kind: "client", id: "stdio" }), "beside", "the client's root holds both");
  }
});
test("an agent's root that is a link is none", async () => {
  assert.is(await read("passwd", agent(reading("out"))), "permit-invalid");
});
test("what an agent may write is where it was told that it may", async () => {
  const write = (path: string, capabilities: Partial<Capabilities>) =>
    call("fs.write_file", { path, content: "x" }, agent(capabilities));
  assert.is((await write("made", reading("sub"))).kind, "fault");
  assert.is((await write("made", reading("sub/deep", "read-write"))).kind, "result");
  assert.is(readFileSync(at("sub/deep/made"), "utf8"), "x");
});
test("whose call it was and what it was made by stand on the chain", async () => {
  const answer = await call("fs.read_file", { path: "file" }, { ...agent(reading("sub")), via: "job:3" });
  assert.is(answer.kind, "result");
  const { events } = host.chain.query({ kind: "call.outcome", order: "descending", count: 1 });
  const [event] = events;
  assert.is(event?.payload.principal, "agent:bot");
  assert.is(event?.payload.via, "job:3");
});
test.after(async () => {
  await host.close("done");
  scratch.remove();
});
test.run();
