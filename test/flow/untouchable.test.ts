// No tool, with any argument, changes what decides: policy, configuration, keys, chain, witness, the package.
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { callEvents, snapshot } from "./decisions.ts";
import { copyPackage } from "./package-copy.ts";
import { type Message, run, type Scratch, Served, scratch } from "./program.ts";

const test = suite<{ place: Scratch }>("untouchable");
test.before.each((context) => {
  context.place = scratch();
});
test.after.each(({ place }) => place.remove());

const CALLS = 300;

test("over the whole catalog: with every root there is, approvals given and the gate wide open, nothing that decides changes", async ({
  place,
}) => {
  const { home } = place;
  const copy = copyPackage(place);
  const state = join(home, "s");
  const config = join(home, "conf");
  mkdirSync(config);
  const policy = join(config, "all.cedar");
  writeFileSync(policy, "permit (principal, action, resource);");
  symlinkSync(policy, join(config, "link.cedar"));
  const settings = join(config, "tollgate.json");
  const witness = join(config, "witness");
  const thresholds = { development: 2.236 };
  writeFileSync(
    settings,
    JSON.stringify({ roots: [home], policies: ["link.cedar"], thresholds, stateDirectory: state, witness }),
  );
  symlinkSync(state, join(home, "to-state"));
  symlinkSync(config, join(home, "to-conf"));
  // The root holds everything: package, state, policy, configuration, the links to them.
  const served = new Served(copy.place, ["--config", settings], home);
  await served.initialize({ elicitation: {} });
  served.child.stdout.on("data", () => {
    for (const { method, id } of served.messages.splice(0)) {
      if (method === "elicitation/create")
        served.send({ jsonrpc: "2.0", id, result: { action: "accept", content: { allow: true } } });
    }
  });
  const { tools } = (await served.request("tools/list")).result;
  assert.ok(tools.length >= 10);

  const secrets = ["host.key", "host.pub", "state.mdb", "state.mdb-lock", "checkpoints", "validated-policies", ""];
  const targets = [
    ...secrets.flatMap((name) => [join(state, name), join(home, "to-state", name)]),
    ...[settings, policy, witness, config, join(config, "link.cedar"), join(home, "to-conf/all.cedar")],
    ...["dist/main.js", "dist/tools/fs.stat.wasm", "dist", "manifests/seal.json", "manifests/fs.stat.json"].map(
      (name) => join(copy.directory, name),
    ),
    ...[
      "package.json",
      "node_modules",
      "node_modules/lmdb/index.js",
      "policy/default.cedar",
      "schema/tollgate.schema.json",
      "manifests",
      "policy",
    ].map((name) => join(copy.directory, name)),
    join(home, "tollgate.json"),
    join(home, "config/tollgate/tollgate.json"),
    ...["/proc/self/mem", "/proc/self/environ", "/proc/self/fd/1", "/dev/stdout", home, "/"],
  ];
  const spelled = fc
    .constantFrom(...targets)
    .chain((path) =>
      fc.constantFrom(
        path,
        `${path}/`,
        relative(home, path) || ".",
        `./${relative(home, path)}`,
        path.replaceAll("/", "//"),
        join(home, "root/none/../..", relative(home, path)),
        `${home}/root/../${relative(home, path)}`,
        path.toUpperCase(),
        `${path}\u0000.txt`,
        `${path}.tmp`,
      ),
    );
  const path = fc.oneof({ weight: 8, arbitrary: spelled }, { weight: 1, arbitrary: fc.string({ maxLength: 40 }) });
  const anyValue = (name: string, schema: Message): fc.Arbitrary<unknown> => {
    if (/path|src|dst|dir/.test(name) && schema.type === "string") return path;
    if (name === "pattern") return fc.constantFrom("**", "**/*", "s/*", "../**");
    if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
    if (schema.type === "boolean") return fc.boolean();
    if (schema.type === "integer") return fc.constantFrom(0, 1, 4096);
    return fc.constantFrom("permit (principal, action, resource);", "", "AAAA");
  };
  const calls = fc.constantFrom(...tools).chain((tool: Message) => {
    const { properties, required } = tool.inputSchema;
    const record = fc.record(
      Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, anyValue(name, schema)])),
      { requiredKeys: required ?? [] },
    );
    return record.map((args) => ({ name: tool.name, args }));
  });

  const parts = ["dist", "manifests", "policy", "schema", "package.json", "node_modules"];
  const deciding = [
    ...[policy, settings, join(config, "link.cedar"), join(state, "host.key"), join(state, "host.pub")],
    ...parts.map((name) => join(copy.directory, name)),
  ];
  const constant = () => deciding.map(snapshot).join("\n");
  const before = constant();
  const sampled = fc.sample(calls, { numRuns: CALLS, seed: 4711 });
  const answers = await Promise.all(
    sampled.map(({ name, args }) => served.request("tools/call", { name, arguments: args })),
  );
  assert.is(constant(), before);
  assert.ok(answers.filter(({ result }) => result?.isError !== true).length > 20, "some calls were allowed and ran");
  assert.is(await served.close(), 0);
  assert.is(constant(), before);
  const verified = await run(copy.place, ["chain", "verify", "--config", settings], { cwd: home });
  assert.is(verified.code, 0, verified.stdout);

  const events = await callEvents({ ...copy.place, env: { ...place.env, XDG_STATE_HOME: moved(home, state) } });
  const answered = events.filter(({ kind }) => kind === "call.refused" || kind === "call.outcome");
  assert.is(answered.length, CALLS, "each call is on the chain once");
});

/** Puts the state where the commands look for it without a configuration. */
function moved(home: string, state: string): string {
  const base = join(home, "looked-at");
  mkdirSync(base);
  renameSync(state, join(base, "tollgate"));
  return base;
}

test.run();
