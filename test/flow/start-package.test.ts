// A package in doubt stops the start: hostile effects, manifests, seals and modules in a copy of what npm installs.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { codeOf } from "./decisions.ts";
import { copyPackage } from "./package-copy.ts";
import { run, type Scratch, Served, scratch } from "./program.ts";
import { inTurn, refusedStart } from "./refused-start.ts";

const test = suite<{ place: Scratch }>("start of a package");
test.before.each((context) => {
  context.place = scratch();
});
test.after.each(({ place }) => place.remove());

const WRITE = "manifests/fs.write_file.json";
const SEAL = "manifests/seal.json";

type Row = readonly [
  name: string,
  file: string,
  change: (text: string) => string | Uint8Array | undefined,
  says: RegExp,
];

/** Sets the member at this path of a JSON text, or removes it where there is no value. */
const set =
  (path: string, value?: unknown) =>
  (text: string): string => {
    const document = JSON.parse(text);
    const keys = path.split("/");
    const last = keys.pop() as string;
    const holder = keys.reduce((object, key) => object[key], document);
    if (value === undefined) delete holder[last];
    else holder[last] = value;
    return JSON.stringify(document);
  };
const replace = (part: string | RegExp, by: string) => (text: string) => {
  const changed = text.replace(part, by);
  if (changed === text) throw new Error(`${part} is not in the text`);
  return changed;
};
const effect = (name: string, value: string, says: RegExp): Row => [
  `an effect ${name}`,
  WRITE,
  replace(/"effect": \{[^}]*\}/, `"effect": ${value}`),
  says,
];

const effects: readonly Row[] = [
  effect("that is NaN", '{"risk": NaN}', /not valid JSON/),
  effect("that is Infinity", '{"risk": Infinity}', /not valid JSON/),
  effect("that is infinite, written as JSON", '{"risk": 1e999}', /beyond 2\^53/),
  effect("below 0", '{"risk": -0.1}', /effect\.risk/),
  effect("over 1", '{"risk": 1.0001}', /effect\.risk/),
  effect("that is huge", '{"risk": 1e300}', /beyond 2\^53|effect\.risk/),
  effect("that is a string", '{"risk": "0.4"}', /effect\.risk/),
  effect("that is null", '{"risk": null}', /effect\.risk/),
  effect("that is true", '{"risk": true}', /effect\.risk/),
  effect("that is a list", '{"risk": [0.4]}', /effect\.risk/),
  effect("with an extra key", '{"risk": 0.4, "danger": 0}', /unknown key "danger"/),
  effect("with a mistyped key", '{"rsik": 0.4}', /unknown key "rsik"/),
  effect("with a key twice", '{"risk": 0.4, "risk": 0}', /twice/),
  effect("with __proto__", '{"__proto__": {"risk": 0}}', /__proto__/),
  effect("with constructor", '{"constructor": 0}', /unknown key "constructor"/),
  effect("as a list", "[0.4, 0, 0, 0, 0]", /effect/),
  effect("as a number", "0.4", /effect/),
  effect("of null", "null", /effect/),
  ["no effect at all", WRITE, set("effect"), /"effect" is missing/],
];

const manifests: readonly Row[] = [
  ["an empty manifest", WRITE, () => "", /not valid JSON/],
  ["a manifest cut off", WRITE, (text) => text.slice(0, -4), /not valid JSON/],
  ["a manifest that is a list", WRITE, (text) => `[${text}]`, /not a JSON object/],
  [
    "a manifest that is not UTF-8",
    WRITE,
    (text) => Buffer.from(text.replace("Write a", "Writ\xff a"), "latin1"),
    /UTF-8/,
  ],
  ["a key twice", WRITE, replace('"action":', '"action": "tool.fs.read", "action":'), /twice/],
  ["an unknown key", WRITE, set("sudo", true), /unknown key "sudo"/],
  ["another name than its file", WRITE, set("name", "fs.write"), /names itself fs\.write/],
  ["a name in capitals", WRITE, set("name", "Fs.write_file"), /name/],
  ["no action", WRITE, set("action"), /"action" is missing/],
  ["an action that is no gate action", WRITE, set("action", "fs.write"), /action/],
  ["annotations that lack one", WRITE, set("annotations/readOnlyHint"), /readOnlyHint/],
  ["an annotation that is a word", WRITE, set("annotations/readOnlyHint", "no"), /readOnlyHint/],
  ["a description over 2 KiB", WRITE, set("description", "d".repeat(2049)), /description/],
  ["a limit over every ceiling", WRITE, set("limits/fuel", 1e15), /limits\.fuel/],
  ["a limit below 1", WRITE, set("limits/deadlineMs", 0), /limits\.deadlineMs/],
  ["an unknown filesystem need", WRITE, set("filesystem", "all"), /filesystem/],
  [
    "a host call that the store does not have",
    WRITE,
    set("hostCalls", ["fd_mode_set", "fd_owner_set"]),
    /hostCalls name "fd_owner_set", which the store does not have/,
  ],
  ["a module in another folder", WRITE, set("module", "../../node_modules/x.wasm"), /module/],
  [
    "a resource of an argument that the tool lacks",
    WRITE,
    set("resources/0/argument", "pth"),
    /"pth", which is none of its parameters/,
  ],
  ["a resource that no action decides", WRITE, set("resources/0/actions", []), /actions/],
  ["a tool with files that names no resource", WRITE, set("resources", []), /resources/],
  ["a tool with files that names no path", WRITE, set("resources/0/kind", "name"), /resources name no path/],
  ["a resource of an unknown kind", WRITE, set("resources/0/kind", "url"), /resources\.0\.kind/],
  ["a template that is called like a tool", WRITE, set("kind", "template"), /does not begin with template\./],
  ["a tool with the action of templates", WRITE, set("action", "tool.agent.run"), /is that of templates/],
  ["an unknown kind of tool", WRITE, set("kind", "agent"), /kind/],
  [
    "parameters that were loosened",
    WRITE,
    set("parameters/additionalProperties", true),
    /additionalProperties|schemas/,
  ],
  [
    "a pattern that was slipped in",
    WRITE,
    set("parameters/properties/path/pattern", "^(a+)+$"),
    /schemas are not the ones that were built/,
  ],
  ["a remote $ref", WRITE, set("output/$ref", "https://example.com/schema.json"), /\$ref|schemas/],
];

const seals: readonly Row[] = [
  ["a seal that is missing", SEAL, () => undefined, /seal\.json: cannot be read: ENOENT/],
  ["a seal that is empty", SEAL, () => "", /seal\.json: the text is not valid JSON/],
  ["a seal of another algorithm", SEAL, replace("sha-256", "sha-1"), /seal\.json: is not a seal/],
  [
    "a seal that lacks a module",
    SEAL,
    replace(/\s*"fs\.write_file\.wasm": "[0-9a-f]+",?/, ""),
    /fs\.write_file\.json: module .* is not sealed|seal\.json/,
  ],
  [
    "a seal of other bytes",
    SEAL,
    replace(/("fs\.write_file\.wasm": ")[0-9a-f]{64}/, `$1${"0".repeat(64)}`),
    /fs\.write_file\.json: module .* sealed as 0000/,
  ],
  [
    "a seal with a module twice",
    SEAL,
    replace(/("fs\.write_file\.wasm": "[0-9a-f]{64}")/, "$1,\n$1"),
    /seal\.json: .*twice/,
  ],
  [
    "a module that is missing",
    "dist/tools/fs.write_file.wasm",
    () => undefined,
    /fs\.write_file\.wasm cannot be read: ENOENT/,
  ],
  [
    "a module of other bytes",
    "dist/tools/fs.write_file.wasm",
    () => Buffer.from("\0asm\x01\0\0\0"),
    /fs\.write_file\.json: module .* sealed as/,
  ],
  ["a module of another tool", "dist/tools/fs.stat.wasm", () => "\0asm", /fs\.stat\.json: module fs\.stat\.wasm is/],
  [
    "a manifest schema that was loosened",
    "schema/manifest.schema.json",
    set("additionalProperties", true),
    /manifest schema is not the one that was built/,
  ],
  ["a built-in policy that is gone", "policy/default.cedar", () => undefined, /default\.cedar cannot be read: ENOENT/],
  ["a built-in policy that does not parse", "policy/default.cedar", (text) => `${text}permit`, /default\.cedar:\d+:/],
  ["validators that are gone", "dist/validators.js", () => undefined, /not whole/],
];

async function each({ place }: { place: Scratch }, rows: readonly Row[]): Promise<void> {
  const copy = copyPackage(place);
  await inTurn(rows, 1, async ([name, file, change, says]) => {
    const restore = copy.change(file, change(copy.read(file)));
    try {
      const named = file.startsWith("manifests/fs")
        ? new RegExp(`manifest fs\\.write_file\\.json: .*${says.source}`)
        : says;
      await refusedStart(copy.place, [place.root], named, name);
    } finally {
      restore();
    }
  });
  const served = new Served(copy.place, [place.root]);
  assert.ok((await served.initialize()).result, "the copy is whole again");
  assert.is((await served.call("fs_write_file", { path: "b.txt", content: "b" })).structuredContent.written, 1);
  assert.is(await served.close(), 0);
}

test("an effect that is not five numbers from 0 to 1 stops the start with the manifest's name", (context) =>
  each(context, effects));

test("a manifest in doubt stops the start with its name", (context) => each(context, manifests));

test("a seal, a module or a policy that is not as it was built stops the start", (context) => each(context, seals));

test("a large module that is not as sealed does not run, the others do, and the doctor says which", async ({
  place,
}) => {
  const copy = copyPackage(place);
  const file = "dist/tools/report.template.wasm";
  const bytes = readFileSync(join(copy.directory, file));
  bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
  copy.change(file, bytes);
  const served = new Served(copy.place, [place.root]);
  await served.initialize();
  const call = () => served.call("report_template", { template: "x", data: {} });
  assert.is(codeOf(await call()), "module-hash-mismatch");
  assert.is(codeOf(await call()), "module-hash-mismatch");
  assert.is((await served.call("fs_exists", { path: "x" })).structuredContent.exists, false);
  assert.is(await served.close(), 0);
  const { code, stdout } = await run(copy.place, ["doctor", "--dir", place.root]);
  assert.is(code, 1);
  assert.match(stdout, /report\.template\.wasm is [0-9a-f]{64}, sealed as [0-9a-f]{64}/);
});

test("a manifest of a tool that nobody built stops the start", async ({ place }) => {
  const copy = copyPackage(place);
  const evil = copy.read(WRITE).replace('"fs.write_file"', '"fs.write_all"');
  copy.change("manifests/fs.write_all.json", evil.replace('"fs.write_file.wasm"', '"evil.wasm"'));
  await refusedStart(
    copy.place,
    [place.root],
    /fs\.write_all\.json: module evil\.wasm is not sealed/,
    "another module",
  );
  copy.change("manifests/fs.write_all.json", undefined);
  copy.change("manifests/fs.write__file.json", evil.replace("fs.write_all", "fs.write__file"));
  copy.change("manifests/fs_write.file.json", evil.replace("fs.write_all", "fs_write.file"));
  await refusedStart(copy.place, [place.root], /would both be listed as fs_write_file/, "two of one name");
});

test.run();
