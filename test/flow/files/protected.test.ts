// Whatever decides what tools may do is out of their reach, also when a root contains all of it.
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MAIN, type Message, run, type Scratch, Served, scratch } from "../program.ts";
import { type Attack, type Field, SLOTS, type Slot, withstand } from "./attack.ts";
import { below, describe } from "./ground.ts";

const CONFIG = "config/tollgate/tollgate.json";
const POLICY = "config/tollgate/all.cedar";
const KEY = "state/tollgate/host.key";
const DATABASE = "state/tollgate/state.mdb";
const WITNESS = "kept/witness";

/** A home that is a root as a whole: state, keys, chain, configuration, policy and witness lie in it. */
class Fortress implements Field {
  readonly place: Scratch = scratch();
  readonly home = this.place.home;
  readonly served: Served;
  secrets: readonly string[] = [];

  constructor() {
    for (const folder of ["config/tollgate", "kept"]) mkdirSync(join(this.home, folder), { recursive: true });
    writeFileSync(join(this.home, POLICY), '@id("all") permit (principal, action, resource);\n');
    const document = { policies: ["all.cedar"], thresholds: { development: 2.236 }, witness: "../../kept/witness" };
    writeFileSync(join(this.home, CONFIG), JSON.stringify(document));
    this.served = new Served(this.place, [this.home]);
  }

  async start(): Promise<void> {
    await this.served.initialize();
    await this.served.call("fs.stat", { path: "." });
    // the line that holds the key itself, and a part of it
    const key = readFileSync(join(this.home, KEY), "utf8").trim();
    this.secrets = [key, ...key.split(/\s+/).filter((word) => word.length > 24)];
  }

  lay(): void {
    const { home } = this;
    for (const name of ["free", "taken", "tree"]) rmSync(join(home, name), { recursive: true, force: true });
    for (const folder of ["free/empty", "tree/below"]) mkdirSync(join(home, folder), { recursive: true });
    for (const file of ["own", "free/own", "tree/a"]) writeFileSync(join(home, file), "inside");
    symlinkSync("../state/tollgate", join(home, "free/to-state"));
    symlinkSync(`../${POLICY}`, join(home, "free/to-policy"));
    symlinkSync("nowhere", join(home, "free/dangling"));
    if (process.platform === "win32") return;
    for (const [file, twin] of Object.entries({ key: KEY, database: DATABASE, policy: POLICY, config: CONFIG })) {
      linkSync(join(home, twin), join(home, `free/${file}-twin`));
    }
  }

  inside(): string {
    const twins = ["key", "database", "policy", "config"].map((file) => join(this.home, `free/${file}-twin`));
    const kept = [join(this.home, "state"), join(this.home, "kept"), ...twins];
    const there = twins.map((path) => `${path} ${lstatSync(path, { throwIfNoEntry: false })?.ino}`);
    return [...there, ...[...below(this.home, kept)].map(describe)].join("\n");
  }

  outside(): string {
    const { home } = this;
    const things = [KEY, "state/tollgate/host.pub", POLICY, CONFIG];
    const seen = things.map((path) => {
      const { nlink, mtimeMs, mode, ino } = lstatSync(join(home, path));
      return [
        path,
        ino,
        mode,
        path === "state/tollgate/host.pub" ? nlink : "",
        mtimeMs,
        readFileSync(join(home, path)),
      ].join(" ");
    });
    for (const folder of ["state", "state/tollgate", "config", "config/tollgate", "kept", "root"]) {
      seen.push(`${folder}: ${readdirSync(join(home, folder)).sort()} ${lstatSync(join(home, folder)).ino}`);
    }
    seen.push(`${lstatSync(join(home, DATABASE)).ino} ${lstatSync(join(home, WITNESS)).ino}`);
    return seen.join("\n");
  }

  leaked(): string[] {
    const state = join(this.home, "state/tollgate");
    const twins = ["key-twin", "database-twin"].map((name) => join(this.home, "free", name));
    const files = [...below(this.home, [state, ...twins])].filter((path) => lstatSync(path).isFile());
    return files.filter((path) => this.secrets.some((secret) => readFileSync(path).includes(secret))).map(String);
  }
}

const test = suite("protected things");
let fortress: Fortress;
test.before(async () => {
  fortress = new Fortress();
  await fortress.start();
});
test.after(async () => {
  const code = await fortress.served.close();
  const verified = await run(fortress.place, ["chain", "verify", "--json"]);
  fortress.place.remove();
  assert.is(code, 0);
  assert.is(JSON.parse(verified.stdout).ok, true, "the chain stands after all attacks");
});

const named = ({ tool, args }: Slot, path: string): Pick<Attack, "name" | "tool" | "args"> => ({
  name: `${tool} ${JSON.stringify(args(path))}`,
  tool,
  args: args(path),
});
const READS: ReadonlySet<string> = new Set(["fs.read_file", "fs.read_dir", "fs.stat", "fs.exists", "fs.glob"]);
const changes = (slot: Slot) => !READS.has(slot.tool) && !(slot.tool === "fs.copy" && slot.argument === "src");
const fine = (answer: Message) => (answer.isError ? "refused" : undefined);

test("state, keys and chain can be neither seen, read, changed, copied nor moved, by any name that they have", async () => {
  const paths = [
    "state/tollgate",
    KEY,
    DATABASE,
    "state/tollgate/new",
    "state/tollgate/new/x",
    "free/to-state/host.key",
  ];
  paths.push("free/to-state/new", "state/./tollgate//host.key", `free/../${KEY}`);
  if (process.platform !== "win32") paths.push("free/key-twin", "free/database-twin");
  const attacks = SLOTS.flatMap((slot) =>
    paths.map((path): Attack => {
      const listed = slot.tool === "fs.read_dir" || slot.tool === "fs.glob";
      const codes = listed && path.endsWith("-twin") ? ["not-a-directory"] : ["permission-denied"];
      return { ...named(slot, path), expect: codes, record: "fault" };
    }),
  );
  assert.equal(await withstand(fortress, attacks), []);
});

test("policy, configuration and witness can be read, and in no way changed, replaced, moved or removed", async () => {
  const paths = [POLICY, CONFIG, WITNESS, `free/../${POLICY}`];
  if (process.platform !== "win32") paths.push("free/policy-twin", "free/config-twin");
  const attacks = SLOTS.filter(changes).flatMap((slot) =>
    paths.map((path): Attack => {
      const tree = named(slot, path).args.src === "tree";
      const codes = slot.tool === "fs.create_dir" ? ["permission-denied", "already-exists"] : ["permission-denied"];
      if (slot.args(path).append === true) codes.push("hard-linked");
      // the wrong kind is said before the guard is asked
      if (tree || named(slot, path).args.create_parents === true) codes.push("not-a-directory");
      return { ...named(slot, path), expect: codes, record: "fault" };
    }),
  );
  for (const path of paths.slice(0, 3)) {
    attacks.push({ ...named(SLOTS[0]!, path), expect: fine, record: "ok" });
  }
  for (const args of [
    { path: "free/to-policy", content: "permit" },
    { path: "free/to-policy", content: "permit", append: true },
  ]) {
    const name = `fs.write_file ${JSON.stringify(args)}`;
    attacks.push({ name, tool: "fs.write_file", args, expect: ["permission-denied", "hard-linked"], record: "fault" });
  }
  assert.equal(await withstand(fortress, attacks), []);
});

test("a configuration can be made nowhere: not written, copied, renamed or built as a folder, in any case of its name", async () => {
  const paths = [
    "root/tollgate.json",
    "free/tollgate.json",
    "free/TollGate.JSON",
    "tollgate.json",
    "free/tollgate.json.",
  ];
  paths.push("free/tollgate.json/x", "free/tollgate\u200b.json", "free/ｔollgate.json");
  const attacks: Attack[] = [];
  for (const slot of SLOTS.filter(changes)) {
    if (slot.argument === "src" || slot.tool === "fs.remove") continue;
    for (const path of paths) {
      const codes = path.endsWith("/x") ? ["permission-denied", "file-not-found"] : ["permission-denied"];
      attacks.push({ ...named(slot, path), expect: codes, record: "fault", after: noConfiguration });
    }
  }
  assert.equal(await withstand(fortress, attacks), []);
});

function noConfiguration(): string | undefined {
  const made = [...below(fortress.home)]
    .map(String)
    .filter((path) => /tollgate.{0,3}json/i.test(path.normalize("NFKC")));
  return made.length === 1 ? undefined : `there are ${made}`;
}

test("what lies above something protected is neither moved away, replaced nor removed with it", async () => {
  const attacks: Attack[] = [];
  for (const path of ["state", "config", "config/tollgate", "kept", "root/../state"]) {
    for (const [tool, args] of [
      ["fs.move", { src: path, dst: "taken" }],
      ["fs.remove", { path, recursive: true }],
      ["fs.remove", { path }],
      ["fs.move", { src: "free/empty", dst: path }],
      ["fs.move", { src: "tree", dst: path }],
    ] as const) {
      const codes = ["permission-denied", "not-empty", "invalid-path"];
      attacks.push({ name: `${tool} ${JSON.stringify(args)}`, tool, args, expect: codes, record: "fault" });
    }
  }
  assert.equal(await withstand(fortress, attacks), []);
});

test("a copy, a search and a listing of what holds the state take nothing of it along", async () => {
  const row = (tool: string, args: Attack["args"], more: Pick<Attack, "expect" | "record">): Attack => ({
    name: `${tool} ${JSON.stringify(args)}`,
    tool,
    args,
    ...more,
  });
  const silent = (answer: Message) => (JSON.stringify(answer).includes("host.key") ? "names the key" : undefined);
  assert.equal(
    await withstand(fortress, [
      row("fs.copy", { src: "state", dst: "taken" }, { expect: "permission-denied", record: "fault" }),
      row(
        "fs.copy",
        { src: "free", dst: "taken" },
        { expect: ["permission-denied", "link-leads-out"], record: "fault" },
      ),
      row("fs.glob", { pattern: "**", limit: 10_000 }, { expect: silent, record: "ok" }),
      row("fs.glob", { pattern: "state/tollgate/*" }, { expect: silent, record: "ok" }),
      row("fs.glob", { pattern: "**/host.*", base_dir: "state" }, { expect: silent, record: "ok" }),
      row("fs.read_dir", { path: "state" }, { expect: silent, record: "ok" }),
    ]),
    [],
  );
});

test("the program's own modules, manifests and policies are read-only in a root that holds the program", async () => {
  const place = scratch();
  const program = dirname(dirname(MAIN));
  mkdirSync(join(place.home, "config/tollgate"), { recursive: true });
  writeFileSync(join(place.home, POLICY), '@id("all") permit (principal, action, resource);\n');
  writeFileSync(
    join(place.home, CONFIG),
    JSON.stringify({ policies: ["all.cedar"], thresholds: { development: 2.236 } }),
  );
  const served = new Served(place, [program]);
  const planted = ["dist/planted.js", "dist/tools/planted.wasm", "manifests/fs.planted.json", "policy/planted.cedar"];
  try {
    await served.initialize();
    for (const path of [...planted, "schema/planted.json", "dist/new/planted"]) {
      const answer = await served.call("fs.write_file", { path, content: "", create_parents: true });
      assert.is(answer._meta["dev.tollgate/fault"]?.code, "permission-denied", path);
      assert.not.ok(existsSync(join(program, path)), path);
    }
    const own = await served.call("fs.stat", { path: "manifests/seal.json" });
    assert.not.ok(own.isError);
  } finally {
    for (const path of planted) rmSync(join(program, path), { force: true });
    await served.close();
    place.remove();
  }
});

test.run();
