// A configuration or a policy in doubt stops the start: before the handshake is answered, with one line that names
// the file and the cause. The built program over stdio.
import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { chainEvents, run, type Scratch, Served, scratch } from "./program.ts";
import { inTurn, refusedStart } from "./refused-start.ts";

const test = suite<{ place: Scratch }>("start");
test.before.each((context) => {
  context.place = scratch();
});
test.after.each(({ place }) => place.remove());

const deep = (n: number) => `{"roots": ${"[".repeat(n)}${"]".repeat(n)}}`;

/** What `tollgate.json` holds, and what the line says after the file's name. */
const configurations: readonly (readonly [name: string, text: string | Uint8Array, says: RegExp])[] = [
  ["an empty file", "", /is empty/],
  ["white space only", " \n\t\n", /is empty/],
  ["no JSON", "roots: [.]", /:1: the text is not valid JSON/],
  ["a comment", '{\n// ours\n"workers": 1}', /:2: the text is not valid JSON/],
  ["JSON cut off", '{"environment": "development"', /not valid JSON/],
  ["text that is not UTF-8", Buffer.from('{"environment": "\xff"}', "latin1"), /not valid UTF-8/],
  ["a list", "[]", /must be an object/],
  ["a number", "1", /must be an object/],
  [
    "a mistyped key",
    '{\n  "enviroment": "production"\n}',
    /:2: unknown key "enviroment": did you mean "environment"\?/,
  ],
  ["a key of another program", '{"allow": ["*"]}', /unknown key "allow"/],
  ["a key twice", '{"environment": "production",\n"environment": "development"}', /:2: "environment" is there twice/],
  ["a key twice, deep inside", '{"limits": {"fuel": 1, "fuel": 1000000}}', /"fuel" is there twice/],
  ["a key twice, once escaped", '{"workers": 1, "work\\u0065rs": 64}', /"workers" is there twice/],
  ["__proto__", '{"__proto__": {"sudo": true}}', /__proto__/],
  ["constructor", '{"constructor": {}}', /unknown key "constructor"/],
  ["sudo, which only a flag can set", '{"sudo": true}', /unknown key "sudo"/],
  ["nesting without end", deep(5000), /nesting is deeper/],
  ["an unknown environment", '{"environment": "prod"}', /must be one of development, staging, production/],
  ["an environment in capitals", '{"environment": "Production"}', /did you mean "production"\?/],
  ["an environment that is null", '{"environment": null}', /must be one of/],
  ["no roots in a list of roots", '{"roots": []}', /"roots" is empty and would grant nothing/],
  ["roots that are a string", '{"roots": "."}', /"roots" must be a list/],
  ["a root that is a number", '{"roots": [1]}', /must be a string/],
  ["a root with NUL", '{"roots": ["a\\u0000b"]}', /without NUL/],
  ["a root that is not there", '{"roots": ["missing"]}', /missing does not exist/],
  ["a root outside of the file's folder", '{"roots": [".."]}', /outside of this file's folder/],
  ["the root /", '{"roots": ["/"]}', /grant the whole machine/],
  ["a threshold that is a string", '{"thresholds": {"development": "0.9"}}', /must be a number from 0/],
  ["a threshold below 0", '{"thresholds": {"production": -0.1}}', /must be a number from 0/],
  ["a threshold over every score", '{"thresholds": {"production": 2.24}}', /must be a number from 0/],
  ["a threshold of 1e400", '{"thresholds": {"production": 1e400}}', /beyond 2\^53/],
  ["a threshold of NaN", '{"thresholds": {"production": NaN}}', /not valid JSON/],
  ["a threshold that is null", '{"thresholds": {"production": null}}', /must be a number from 0/],
  ["a threshold for no environment", '{"thresholds": {"prod": 0.1}}', /unknown key "prod"/],
  ["a limit of 0", '{"limits": {"fuel": 0}}', /must be a whole number from 1/],
  ["a limit below 0", '{"limits": {"deadlineMs": -1}}', /must be a whole number/],
  ["a limit that is no whole number", '{"limits": {"fuel": 1.5}}', /must be a whole number/],
  ["a limit over the ceiling", '{"limits": {"memoryBytes": 1099511627776}}', /must be a whole number from 65536 to/],
  ["65 workers", '{"workers": 65}', /must be a whole number from 1 to 64/],
  ["no policy in a list of policies", '{"policies": []}', /is empty/],
  ["a policy that is not there", '{"policies": ["team.cedar"]}', /team.cedar cannot be read: ENOENT/],
  ["a state directory, told by a folder", '{"stateDirectory": "."}', /not taken from a file that was only found here/],
  ["a witness, told by a folder", '{"witness": "w"}', /not taken from a file that was only found here/],
];

test("a tollgate.json in doubt stops the start with its name and what is wrong", async ({ place }) => {
  await inTurn(configurations, 3, async ([name, text, says]) => {
    const own = scratch();
    writeFileSync(join(own.root, "tollgate.json"), text);
    await refusedStart(own, [], new RegExp(`root/tollgate\\.json\\b.*${says.source}`, says.flags), name);
    own.remove();
  });
  assert.ok(place);
});

test("a tollgate.json that is not a readable file stops the start, whatever it is", async ({ place }) => {
  const kinds: (readonly [string, (path: string) => void, RegExp])[] = [
    ["a directory", (path) => mkdirSync(path), /not a regular file|EISDIR/],
    ["a link to nothing", (path) => symlinkSync("nowhere", path), /link to nothing/],
    ["a link to itself", (path) => symlinkSync(path, path), /ELOOP/],
    ["a pipe", (path) => execFileSync("mkfifo", [path]), /not a regular file/],
    ["a file of 300 KiB", (path) => writeFileSync(path, `{}${" ".repeat(300 * 1024)}`), /larger than/],
  ];
  if (process.geteuid?.() === 0) process.stderr.write("not run as root: a file that may not be read\n");
  else kinds.push(["a file that may not be read", (path) => writeFileSync(path, "{}", { mode: 0 }), /EACCES/]);
  await inTurn(kinds, 3, async ([name, make, says]) => {
    const own = scratch();
    make(join(own.root, "tollgate.json"));
    await refusedStart(own, [], new RegExp(`tollgate\\.json: cannot be read: .*${says.source}`), name);
    own.remove();
  });
  assert.ok(place);
});

const PERMIT = 'permit (principal, action == Action::"tool.fs.read", resource);';

/** A policy file, and what the line says after `bad.cedar:`. */
const policies: readonly (readonly [name: string, text: string | Uint8Array, says: RegExp])[] = [
  ["that is empty", "", /is empty/],
  ["of white space", "\n\n", /is empty/],
  ["of a comment", "// permit all, later\n", /holds no policy/],
  ["that is not Cedar", "allow all", /1:\d/],
  ["with a typo in the effect", 'permitt (principal, action == Action::"tool.fs.read", resource);', /1:1/],
  ["without the last semicolon", PERMIT.slice(0, -1), /1:/],
  ["with a string that does not end", 'permit (principal, action == Action::"tool.fs.read, resource);', /1:/],
  ["with an unknown action", 'permit (principal, action == Action::"tool.fs.reed", resource);', /1:.*tool\.fs\.reed/],
  ["with an unknown type", 'permit (principal is Person, action == Action::"tool.fs.read", resource);', /Person/],
  ["with an unknown attribute", `${PERMIT.slice(0, -1)} when { context.efect.score < 100 };`, /efect/],
  ["that compares types", `${PERMIT.slice(0, -1)} when { context.tool < 5 };`, /1:/],
  ["that may lack its attribute", `${PERMIT.slice(0, -1)} when { context.append };`, /append/],
  ["with an unknown annotation", `@descision("defer")\n${PERMIT}`, /unknown annotation @descision/],
  [
    "with an unknown decision",
    `@decision("ask")\nforbid (principal, action, resource);\n${PERMIT}`,
    /unknown decision "ask"/,
  ],
  ["that defers by a permit", `@decision("defer")\n${PERMIT}`, /stands on a permit/],
  ["with an id twice", `@id("a")\n${PERMIT}\n@id("a")\n${PERMIT}`, /the id a is used twice/],
  ["with an id that forges a line", `@id("a\\ntollgate: all is well")\n${PERMIT}`, /@id is not/],
  ["with a slot of a template", "permit (principal == ?principal, action, resource);", /./],
  [
    "with a path that is not in normal form",
    'permit (principal, action, resource in Path::"/a/../etc");',
    /never matches/,
  ],
  ["with a relative path", 'permit (principal, action, resource in Path::"docs");', /never matches/],
  ["nested without end", `${PERMIT.slice(0, -1)} when { ${"(".repeat(3000)}true${")".repeat(3000)} };`, /nest deeper/],
  ["over a mebibyte", `// ${"x".repeat(1_100_000)}\n${PERMIT}`, /longer than/],
  ["that is not UTF-8", Buffer.from(`// \xff\n${PERMIT}`, "latin1"), /not UTF-8/],
];

test("a policy in doubt stops the start with its name, its line and what is wrong", async ({ place }) => {
  await inTurn(policies, 3, async ([name, text, says]) => {
    const own = scratch();
    const file = join(own.home, "bad.cedar");
    writeFileSync(file, text);
    const line = new RegExp(`bad\\.cedar\\b.*${says.source}`);
    await refusedStart(own, [own.root, "--policy", file], line, `a policy ${name}`);
    own.remove();
  });
  assert.ok(place);
});

test("two policies that are good alone and not together stop the start", async ({ place }) => {
  const [a, b] = [join(place.home, "a.cedar"), join(place.home, "b.cedar")];
  writeFileSync(a, `@id("read")\n${PERMIT}`);
  writeFileSync(b, `@id("read")\nforbid (principal, action, resource);`);
  await refusedStart(
    place,
    [place.root, "--policy", a, "--policy", b],
    /b\.cedar:1:1: the id read is used twice/,
    "ids",
  );
});

test("a policy that is no file stops the start", async ({ place }) => {
  const missing = join(place.home, "missing.cedar");
  await refusedStart(place, [place.root, "--policy", missing], /missing\.cedar cannot be read: ENOENT/, "missing");
  await refusedStart(place, [place.root, "--policy", place.root], /is not a regular file/, "a directory");
});

test("a refused start after good ones adds nothing to the chain, and a policy that was good once is no pass for another", async ({
  place,
}) => {
  const policy = join(place.home, "own.cedar");
  writeFileSync(policy, PERMIT);
  const good = new Served(place, [place.root, "--policy", policy]);
  await good.initialize();
  assert.is(await good.close(), 0);
  const before = await chainEvents(place);
  writeFileSync(policy, PERMIT.replace("read", "reed"));
  await refusedStart(place, [place.root, "--policy", policy], /own\.cedar:1:.*tool\.fs\.reed/, "edited");
  assert.is((await chainEvents(place)).length, before.length);
  assert.is((await run(place, ["chain", "verify"])).code, 0);
});

test("a policy that is edited while it is in force changes nothing: the old one stays", async ({ place }) => {
  const policy = join(place.home, "own.cedar");
  writeFileSync(policy, PERMIT);
  writeFileSync(join(place.root, "a.txt"), "a");
  const served = new Served(place, [place.root, "--policy", policy]);
  await served.initialize();
  assert.is((await served.call("fs_read_file", { path: "a.txt" })).structuredContent.content, "a");
  for (const text of ["", "nonsense", PERMIT.replace("tool.fs.read", "tool.fs.write")]) {
    writeFileSync(policy, text);
    assert.is((await served.call("fs_read_file", { path: "a.txt" })).structuredContent?.content, "a");
    assert.ok((await served.call("fs_write_file", { path: "b.txt", content: "b" })).isError);
  }
  assert.is(await served.close(), 0);
});

test.run();
