import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ResolvedSettings, resolveSettings, type SettingsFlags } from "../../src/host/config.ts";
import type { HostSettings } from "../../src/host/settings.ts";
import { makeScratch, NO_FLAGS, type Scratch } from "./scratch.ts";

const test = suite<{ scratch: Scratch }>("configuration");
test.before.each((context) => {
  context.scratch = makeScratch();
});
test.after.each(({ scratch }) => scratch.remove());

const resolve = (scratch: Scratch, flags: Partial<SettingsFlags> = {}): Promise<ResolvedSettings> =>
  resolveSettings({ ...NO_FLAGS, ...flags }, scratch);

async function settings(scratch: Scratch, flags: Partial<SettingsFlags> = {}): Promise<HostSettings> {
  const resolved = await resolve(scratch, flags);
  assert.ok(resolved.ok, resolved.ok ? "" : resolved.fault.message);
  return (resolved as Extract<ResolvedSettings, { ok: true }>).settings;
}

async function complaint(scratch: Scratch, flags: Partial<SettingsFlags> = {}): Promise<string> {
  const resolved = await resolve(scratch, flags);
  assert.not.ok(resolved.ok, "the start should have been refused");
  const { fault } = resolved as Extract<ResolvedSettings, { ok: false }>;
  assert.is(fault.code, "configuration-invalid");
  assert.not.match(fault.message, /\n/);
  return fault.message.replaceAll(scratch.path, "…");
}

test("without flags and files there are defaults, and the current directory is the root", async ({ scratch }) => {
  assert.equal(await settings(scratch), {
    roots: [scratch.cwd],
    rootSpellings: {},
    environment: "development",
    policies: [],
    thresholds: {},
    limits: {},
    toolLimits: {},
    stateDirectory: join(scratch.path, "state/tollgate"),
    sudo: false,
    toolNames: "underscore",
    envNames: [],
    agentLimit: 64,
    nativeCommands: {},
    cronCatchUp: "once",
    requireSignatures: false,
    configFiles: [join(scratch.cwd, "tollgate.json"), join(scratch.path, "config/tollgate/tollgate.json")],
  });
});

test("flags win over the file, the file over defaults", async ({ scratch }) => {
  mkdirSync(join(scratch.cwd, "docs"));
  scratch.write("p/own.cedar", "permit (principal, action, resource);");
  const config = scratch.write(
    "p/tollgate.json",
    JSON.stringify({
      roots: ["../work"],
      environment: "staging",
      policies: ["own.cedar"],
      thresholds: { staging: 0.5 },
      limits: { deadlineMs: 1000 },
      toolLimits: { "acme.words": { fuel: 7 } },
      workers: 2,
      toolNames: "dotted",
      witness: "../seen",
      stateDirectory: "~/state",
      env: ["LANG"],
      agents: { limit: 3, native: { node: { command: process.execPath, args: ["-v"], directory: "../work" } } },
      cron: { catchUp: "skip" },
    }),
  );
  const fromFile = await settings(scratch, { config });
  assert.equal(fromFile, {
    roots: [scratch.cwd],
    rootSpellings: {},
    environment: "staging",
    policies: [join(scratch.path, "p/own.cedar")],
    thresholds: { staging: 0.5 },
    limits: { deadlineMs: 1000 },
    toolLimits: { "acme.words": { fuel: 7 } },
    stateDirectory: join(scratch.path, "home/state"),
    sudo: false,
    workers: 2,
    toolNames: "dotted",
    witness: join(scratch.path, "seen"),
    envNames: ["LANG"],
    agentLimit: 3,
    nativeCommands: { node: { command: process.execPath, args: ["-v"], cwd: scratch.cwd } },
    cronCatchUp: "skip",
    requireSignatures: true,
    configFiles: [config, join(scratch.cwd, "tollgate.json"), join(scratch.path, "config/tollgate/tollgate.json")],
  });
  const other = scratch.write("work/flag.cedar", "forbid (principal, action, resource);");
  const flagged = await settings(scratch, {
    config,
    roots: ["docs"],
    environment: "production",
    policies: ["flag.cedar"],
    stateDirectory: "st",
    workers: 3,
    toolNames: "underscore",
    witness: "w",
    sudo: true,
  });
  assert.equal(flagged.roots, [join(scratch.cwd, "docs")]);
  assert.equal(flagged.policies, [other]);
  assert.is(flagged.environment, "production");
  assert.is(flagged.stateDirectory, join(scratch.cwd, "st"));
  assert.is(flagged.witness, join(scratch.cwd, "w"));
  assert.is(flagged.workers, 3);
  assert.is(flagged.toolNames, "underscore");
  assert.is(flagged.sudo, true);
});

for (const [key, document] of [
  ["env", { env: ["HOME"] }],
  ["agents.native", { agents: { native: { sh: { command: "/bin/sh" } } } }],
  ["toolLimits", { toolLimits: { "acme.words": { fuel: 7 } } }],
] as const) {
  test(`${key} is not taken from a file that was only found, which may have come with a repository`, async ({
    scratch,
  }) => {
    scratch.write("work/tollgate.json", JSON.stringify(document));
    assert.match(await complaint(scratch), new RegExp(`"${key.replace(".", "\\.")}" is not taken from a file`));
    const config = scratch.write("p/tollgate.json", JSON.stringify(document));
    await settings(scratch, { config });
  });
}

for (const [what, native, says] of [
  ["is missing", { command: "no/such" }, /the program .*no\/such cannot be run: ENOENT/],
  ["is a folder", { command: "/" }, /cannot be run: not a file/],
  ["may not be executed", { command: "plain" }, /cannot be run: EACCES/],
  ["would run nowhere", { command: process.execPath, directory: "plain" }, /the directory .*plain is not one/],
] as const) {
  test(`a native program that ${what} is told at the start`, async ({ scratch }) => {
    scratch.write("p/plain", "");
    const config = scratch.write("p/tollgate.json", JSON.stringify({ agents: { native: { x: native } } }));
    assert.match(await complaint(scratch, { config }), says);
  });
}

test("the first file that exists is taken, and no other is looked at", async ({ scratch }) => {
  scratch.write("config/tollgate/tollgate.json", "not even JSON");
  scratch.write("work/tollgate.json", '{"environment": "staging"}');
  assert.is((await settings(scratch)).environment, "staging");
  const named = scratch.write("named.json", '{"environment": "production"}');
  scratch.write("work/tollgate.json", "broken");
  assert.is((await settings(scratch, { config: named })).environment, "production");
  assert.is((await settings(scratch, { config: "../named.json" })).environment, "production");
});

test("a file that is there and not usable is never passed over", async ({ scratch }) => {
  scratch.write("config/tollgate/tollgate.json", "{}");
  symlinkSync("nowhere", join(scratch.cwd, "tollgate.json"));
  assert.match(await complaint(scratch), /work\/tollgate.json: cannot be read: it is a link to nothing/);
});

test("a folder, a device or a large file is no configuration", async ({ scratch }) => {
  mkdirSync(join(scratch.cwd, "tollgate.json"));
  assert.match(await complaint(scratch), /it is not a regular file/);
  assert.match(await complaint(scratch, { config: "/dev/zero" }), /it is not a regular file/);
  const large = scratch.write("large.json", " ".repeat(300_000));
  assert.match(await complaint(scratch, { config: large }), /larger than/);
});

test("a file that cannot be read stops the start", async ({ scratch }) => {
  if (process.geteuid?.() === 0) return; // root reads everything
  scratch.write("work/tollgate.json", "{}", 0o000);
  assert.match(await complaint(scratch), /cannot be read: EACCES/);
});

const documents: readonly (readonly [text: string | Uint8Array, says: RegExp])[] = [
  [
    '{\n  "environment": "staging",\n  "rootz": ["."]\n}',
    /tollgate.json:3: unknown key "rootz": did you mean "roots"\?$/,
  ],
  ['{"workers": 1,\n"workers": 2}', /tollgate.json:2: "workers" is there twice/],
  ['{"limits": {\n"fuel": 1,\n\n"fuel": 2}}', /tollgate.json:4: "fuel" is there twice/],
  ['{\n"thresholds": {\n"staging": 3}}', /tollgate.json:3: "thresholds.staging" must be a number/],
  ['{"roots": [".",\n7]}', /tollgate.json:2: "roots.1" must be a string/],
  ["{\n  // no comments\n}", /tollgate.json:2: the text is not valid JSON/],
  ['{\n"workers": 1,\n}', /tollgate.json:3: the text is not valid JSON/],
  ['{"workers": 1', /tollgate.json:1: the text is not valid JSON/],
  ["", /tollgate.json: is empty/],
  [" \n", /tollgate.json: is empty/],
  ["[]", /tollgate.json:1: the configuration must be an object/],
  ["null", /must be an object, is null/],
  ['{"__proto__": {"roots": ["/"]}}', /__proto__/],
  ['{"workers": 1e400}', /tollgate.json/],
  [new Uint8Array([0x7b, 0xff, 0x7d]), /not valid UTF-8/],
  [`${"[".repeat(5000)}`, /nesting|valid/],
  ['{"roots": ["missing"]}', /tollgate.json:1: root …\/work\/missing does not exist/],
  ['{\n"roots": [\n".",\n"tollgate.json"]}', /tollgate.json:4: root …\/work\/tollgate.json is not a directory/],
  ['{"policies": ["missing.cedar"]}', /tollgate.json:1: policy …\/work\/missing.cedar cannot be read: ENOENT/],
  ['{"policies": ["tollgate.cedar"]}', /policy …\/work\/tollgate.cedar is empty/],
  ['{"roots": ["~bob"]}', /"~bob" is not expanded/],
  ['{"roots": [".."]}', /root … is outside of this file's folder/],
  ['{"roots": ["/"]}', /root "\/" would grant the whole machine/],
  ['{"witness": "w"}', /"witness" is not taken from a file that was only found here/],
  ['{"stateDirectory": "s"}', /"stateDirectory" is not taken from a file that was only found here/],
];

for (const [text, says] of documents) {
  test(`one clear line for ${JSON.stringify(text instanceof Uint8Array ? [...text] : text.slice(0, 50))}`, async ({
    scratch,
  }) => {
    scratch.write("work/tollgate.cedar", "\n");
    scratch.write("work/tollgate.json", text);
    assert.match(await complaint(scratch), says);
  });
}

test("a found file cannot reach outside of its folder by a link either", async ({ scratch }) => {
  symlinkSync(scratch.path, join(scratch.cwd, "out"));
  scratch.write("work/tollgate.json", '{"roots": ["out"]}');
  assert.match(await complaint(scratch), /outside of this file's folder/);
  // The same file may when a person names it.
  assert.equal((await settings(scratch, { config: "tollgate.json" })).roots, [scratch.path]);
});

test("the roots of flags: relative, home, links, each once", async ({ scratch }) => {
  mkdirSync(join(scratch.path, "home/notes"));
  mkdirSync(join(scratch.cwd, "a/b"), { recursive: true });
  symlinkSync("a", join(scratch.cwd, "link"));
  const { roots, rootSpellings } = await settings(scratch, {
    roots: ["link", "a", "./a/b", "a/../a/b", "~/notes", "~"],
  });
  assert.equal(roots, [
    join(scratch.cwd, "a"),
    join(scratch.cwd, "a/b"),
    join(scratch.path, "home/notes"),
    join(scratch.path, "home"),
  ]);
  assert.equal(rootSpellings, { [join(scratch.cwd, "a")]: join(scratch.cwd, "link") });
});

test("/ is a root only when a person names it", async ({ scratch }) => {
  assert.equal((await settings(scratch, { roots: ["/"] })).roots, ["/"]);
  const resolved = await resolveSettings(NO_FLAGS, { ...scratch, cwd: "/" });
  assert.not.ok(resolved.ok);
  const config = scratch.write("named.json", '{"roots": ["/"]}');
  assert.match(await complaint(scratch, { config }), /named.json:1: root "\/" would grant the whole machine/);
});

test("a root in the state directory is refused, a root around it is not", async ({ scratch }) => {
  mkdirSync(join(scratch.path, "state/tollgate/deep"), { recursive: true });
  assert.match(await complaint(scratch, { roots: ["../state/tollgate"] }), /lies in the state directory/);
  assert.match(await complaint(scratch, { roots: ["../state/tollgate/deep"] }), /lies in the state directory/);
  symlinkSync(join(scratch.path, "state/tollgate"), join(scratch.cwd, "way-in"));
  assert.match(await complaint(scratch, { roots: ["way-in"] }), /lies in the state directory/);
  assert.equal((await settings(scratch, { roots: ["../state"] })).roots, [join(scratch.path, "state")]);
});

test("contradictions and missing things on the command line are one line without a file", async ({ scratch }) => {
  const cases: readonly (readonly [Partial<SettingsFlags>, RegExp])[] = [
    [{ roots: ["missing"] }, /^root …\/work\/missing does not exist: create it, or name another$/],
    [{ roots: [""] }, /^a root is empty: name a directory$/],
    [{ roots: ["~bob/x"] }, /^"~bob\/x" is not expanded: write the path in full$/],
    [{ policies: ["missing.cedar"] }, /^policy …\/work\/missing.cedar cannot be read: ENOENT/],
    [{ policies: ["."] }, /^policy …\/work is not a regular file$/],
    [{ config: "missing.json" }, /^…\/work\/missing.json: cannot be read: ENOENT/],
    [{ config: "~bob/c.json" }, /not expanded/],
    [{ stateDirectory: "" }, /^the stateDirectory is empty/],
    [{ stateDirectory: "s", witness: "s/w" }, /^the witness lies in the state directory/],
  ];
  for (const [flags, says] of cases) assert.match(await complaint(scratch, flags), says);
});

test("links to state, witness, policy and configuration are resolved, and the links that decide are named too", async ({
  scratch,
}) => {
  mkdirSync(join(scratch.path, "real"));
  symlinkSync(join(scratch.path, "real"), join(scratch.cwd, "via"));
  scratch.write("real/p.cedar", "permit (principal, action, resource);");
  const config = scratch.write("real/c.json", "{}");
  const found = await settings(scratch, {
    stateDirectory: "via/state",
    witness: "via/witness",
    policies: ["via/p.cedar", "../real/p.cedar"],
    config: "via/c.json",
  });
  assert.is(found.stateDirectory, join(scratch.path, "real/state"));
  assert.is(found.witness, join(scratch.path, "real/witness"));
  assert.equal(found.policies, [join(scratch.path, "real/p.cedar")]);
  for (const path of [join(scratch.cwd, "via/c.json"), config, join(scratch.cwd, "via/p.cedar")]) {
    assert.ok(found.configFiles.includes(path), path);
  }
});

test("a relative XDG variable counts as unset", async ({ scratch }) => {
  const env = { HOME: scratch.env.HOME as string, XDG_STATE_HOME: "state", XDG_CONFIG_HOME: "config" };
  const { stateDirectory, configFiles } = await settings({ ...scratch, env });
  assert.is(stateDirectory, join(scratch.path, "home/.local/state/tollgate"));
  assert.is(configFiles.at(-1), join(scratch.path, "home/.config/tollgate/tollgate.json"));
});

test("an unreadable directory on the way to the user's file stops the start", async ({ scratch }) => {
  if (process.geteuid?.() === 0) return; // root reads everything
  mkdirSync(join(scratch.path, "config/tollgate"));
  chmodSync(join(scratch.path, "config/tollgate"), 0o000);
  assert.match(await complaint(scratch), /cannot be read: EACCES/);
  chmodSync(join(scratch.path, "config/tollgate"), 0o700);
});

test.run();
