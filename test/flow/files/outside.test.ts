// No path leads out: not by its text, not by a link, whatever tool it is given to.
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Served } from "../program.ts";
import { type Attack, SLOTS, type Slot, withstand } from "./attack.ts";
import { CANARY, Ground } from "./ground.ts";

const test = suite("files outside");
let ground: Ground;
test.before(async () => {
  ground = new Ground();
  await ground.start();
});
test.after(() => ground.stop());

const named = ({ tool, argument, args }: Slot, path: string): { name: string; tool: string; args: Attack["args"] } => ({
  name: `${tool} ${argument} ${JSON.stringify(args(path))}`,
  tool,
  args: args(path),
});

test("a path whose text leads outside is refused by the gate, in every argument of every tool", async () => {
  const { home, root } = ground;
  const paths = [
    join(home, "out/secret"),
    `${home}/out/`,
    `${root}-evil/secret`,
    `${root}-evil`,
    `${root}-evil/`,
    `${root}x`,
    `${home}/roo/secret`,
    home,
    "/",
    "..",
    `${root}/..`,
    "../out/secret",
    "./../out/secret",
    "sub/../../out/secret",
    "nonexistent/../../out/secret",
    `${root}/nonexistent/../../out/secret`,
    `${root}/../root-evil/secret`,
    `${root}/own/../../out/secret`,
    `/${home}/out/secret`,
    "//etc/passwd",
    "/etc/passwd",
    "/proc/self/environ",
    `/proc/self/root${home}/out/secret`,
    "/dev/zero",
    join(ground.place.state, "host.key"),
    "own\0/../../out/secret",
    `${home}/out/secret\0${root}`,
  ];
  const attacks = SLOTS.flatMap((slot) =>
    paths.map((path): Attack => ({ ...named(slot, path), expect: "permission-denied", record: "refused" })),
  );
  const listsRoots = (answer: { content: { text: string }[] }) =>
    answer.content[0]?.text.includes(root) ? undefined : "the roots are not listed";
  attacks.push({ ...named(SLOTS[0]!, "../x"), expect: listsRoots, record: "refused" });
  assert.equal(await withstand(ground, attacks), []);
});

test("a link to the outside in the middle of a path leads nowhere, in every argument of every tool", async () => {
  const { home } = ground;
  const ways = [
    "to-out",
    "to-out-abs",
    "./to-out/.",
    "chain",
    "sub/up/out",
    "tricky",
    `slash${home}/out`,
    `procroot${home}/out`,
    "cwd/../out",
  ];
  const paths = ways.map((way) => `${way}/secret`);
  paths.push("to-out/planted", "to-out-abs/dir/deep", "chain/dir", "sub/up/out/planted", "tricky/dir/deep/file");
  paths.push("evil/secret", "dangling-dir/planted", "proc/self/environ", "proc/self/mem", "cwd/own", "leaf-dir/file");
  const attacks = SLOTS.flatMap((slot) =>
    paths
      // what the text of a path already settles is the gate's to decide: `cwd/../out` is `out`
      .filter((path) => !path.includes("/../"))
      .map((path): Attack => ({ ...named(slot, path), expect: "permission-denied", record: "fault" })),
  );
  assert.equal(await withstand(ground, attacks), []);
});

const LEAVES = [
  "leaf",
  "leaf-abs",
  "leaf-chain",
  "leaf-dir",
  "leaf-evil",
  "leaf-dangling",
  "leaf-dangling-abs",
  "leaf-environ",
  "leaf-zero",
  "leaf-state",
  "to-out",
];
/** Tools that act on a link itself: they neither follow it nor refuse it. */
const ON_THE_LINK: ReadonlySet<string> = new Set(["fs.stat path", "fs.remove path", "fs.move src", "fs.move dst"]);

test("a link to the outside as the last name is refused, or is itself what is removed, moved or described", async () => {
  const attacks: Attack[] = [];
  for (const slot of SLOTS) {
    for (const leaf of LEAVES) {
      const row = named(slot, leaf);
      if (!ON_THE_LINK.has(`${slot.tool} ${slot.argument}`)) {
        attacks.push({ ...row, expect: "permission-denied", record: "fault" });
      } else if (row.args.src === "tree") {
        attacks.push({ ...row, expect: "not-a-directory", record: "fault" });
      } else {
        const fine = (answer: { isError?: boolean }) => (answer.isError ? "refused" : undefined);
        attacks.push({ ...row, expect: fine, record: "ok" });
      }
    }
  }
  assert.equal(await withstand(ground, attacks), []);
});

test("links that go round in a circle end, and a link's `..` is resolved by its text before anything is opened", async () => {
  const attacks: Attack[] = [];
  for (const slot of SLOTS) {
    const absent = (answer: { structuredContent?: { exists?: boolean } }) =>
      answer.structuredContent?.exists === false ? undefined : "a circle exists";
    const circle = named(slot, "loopa/x");
    attacks.push(
      slot.tool === "fs.exists"
        ? { ...circle, expect: absent, record: "ok" }
        : { ...circle, expect: "too-many-links", record: "fault" },
    );
  }
  for (const path of ["to-out/../own", "nonexistent/../own", "chain/./../own"]) {
    const own = (answer: { structuredContent?: { content?: string } }) =>
      answer.structuredContent?.content === "inside" ? undefined : "not the file of the root";
    attacks.push({ ...named(SLOTS[0]!, path), expect: own, record: "ok" });
  }
  assert.equal(await withstand(ground, attacks), []);
});

test("a tree that holds links to the outside is listed, searched, copied and removed without entering them", async () => {
  const { root } = ground;
  const row = (tool: string, args: Attack["args"], expect: Attack["expect"], record: Attack["record"]): Attack => ({
    name: `${tool} ${JSON.stringify(args)}`,
    tool,
    args,
    expect,
    record,
  });
  const answers =
    (check: (result: Record<string, unknown>) => boolean) =>
    (answer: { structuredContent?: Record<string, unknown> }) =>
      answer.structuredContent !== undefined && check(answer.structuredContent) ? undefined : "unexpected";
  const matches = [`${root}/tree-out/a`, `${root}/tree-out/below`, `${root}/tree-out/below/link`];
  matches.push(`${root}/tree-out/below/link-abs`);
  assert.equal(
    await withstand(ground, [
      row(
        "fs.glob",
        { pattern: "**", base_dir: "tree-out" },
        answers((result) => JSON.stringify(result.matches) === JSON.stringify(matches)),
        "ok",
      ),
      row(
        "fs.glob",
        { pattern: "**/secret" },
        answers((result) => result.count === 0),
        "ok",
      ),
      row(
        "fs.glob",
        { pattern: "to-out/*" },
        answers((result) => result.count === 0),
        "ok",
      ),
      row(
        "fs.read_dir",
        { path: "tree-out/below" },
        answers((result) =>
          (result.entries as { is_symlink: boolean; is_dir: boolean }[]).every((e) => e.is_symlink && !e.is_dir),
        ),
        "ok",
      ),
      row("fs.copy", { src: "tree-out", dst: "taken" }, "link-leads-out", "fault"),
      row(
        "fs.remove",
        { path: "tree-out", recursive: true },
        answers((result) => result.count === 5),
        "ok",
      ),
      row(
        "fs.remove",
        { path: "sub", recursive: true },
        answers((result) => result.removed === true),
        "ok",
      ),
      row(
        "fs.move",
        { src: "tree-out", dst: "sub/tree-out" },
        answers((result) => result.moved === true),
        "ok",
      ),
    ]),
    [],
  );
});

test("a root is neither removed, moved nor replaced, and nothing is put in its place", async () => {
  const { root } = ground;
  const attacks: Attack[] = [];
  for (const path of [".", root, `${root}/`, "sub/..", "./", `${root}/sub/../.`]) {
    for (const slot of SLOTS) {
      const readable = ["fs.read_dir", "fs.stat", "fs.exists", "fs.glob", "fs.create_dir"].includes(slot.tool);
      if (readable) continue;
      const codes = ["permission-denied", "is-a-directory", "into-itself", "invalid-path"];
      attacks.push({ ...named(slot, path), expect: codes, record: "fault" });
    }
  }
  assert.equal(await withstand(ground, attacks), []);
});

test("a root that is itself a link works by either name, and what lies beside its target stays outside", async () => {
  const { home, root, place } = ground;
  mkdirSync(join(home, "alias-evil"));
  symlinkSync(root, join(home, "alias"));
  ground.lay();
  const served = new Served(place, [join(home, "alias")], home);
  try {
    await served.initialize();
    for (const path of ["own", `${home}/alias/own`, `${root}/own`, "sub/deep/../own"]) {
      assert.is((await served.call("fs.read_file", { path })).structuredContent?.content, "inside", path);
    }
    const written = await served.call("fs.write_file", { path: `${home}/alias/new`, content: "x" });
    assert.is(written.structuredContent?.written, 1);
    for (const path of [`${home}/alias-evil/x`, `${home}/aliasx`, `${home}/alias/../out/secret`, "../out/secret"]) {
      const answer = await served.call("fs.read_file", { path });
      assert.is(answer._meta["dev.tollgate/fault"]?.code, "permission-denied", path);
    }
    const through = await served.call("fs.read_file", { path: "to-out/secret" });
    assert.is(through._meta["dev.tollgate/fault"]?.code, "permission-denied");
    assert.not.ok(JSON.stringify(served.messages).includes(CANARY));
  } finally {
    assert.is(await served.close(), 0);
  }
});

test.run();
