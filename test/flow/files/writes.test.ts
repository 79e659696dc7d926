// What a write reaches: never another name of the file outside, never what a planted temporary name leads to.
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Message } from "../program.ts";
import { type Attack, withstand } from "./attack.ts";
import { CANARY, Ground } from "./ground.ts";

const test = suite("writes");
let ground: Ground;
test.before(async () => {
  ground = new Ground();
  await ground.start();
});
test.after(() => ground.stop());

const fine = (answer: Message) => (answer.isError ? "refused" : undefined);

function attack(
  tool: string,
  args: Attack["args"],
  expect: Attack["expect"],
  record: Attack["record"],
  more: Partial<Attack> = {},
): Attack {
  return { name: `${tool} ${JSON.stringify(args).slice(0, 120)}`, tool, args, expect, record, ...more };
}

test("a hard link to a file outside: no tool changes the content, the mode or the times of the other name", async () => {
  const { home, root } = ground;
  const arrange = () => {
    linkSync(join(home, "out/secret"), join(root, "twin"));
    linkSync(join(home, "out/run.sh"), join(root, "tree/twin.sh"));
  };
  // to look at it is what the operator allowed by putting it there; the link's own removal changes nlink and ctime
  const more = { arrange, holdsCanary: true };
  const attacks = [
    attack("fs.write_file", { path: "twin", content: "x", append: true }, "hard-linked", "fault", more),
    attack("fs.write_file", { path: "tree/twin.sh", content: "x", append: true }, "hard-linked", "fault", more),
    attack("fs.read_file", { path: "twin" }, fine, "ok", more),
    attack("fs.stat", { path: "twin" }, fine, "ok", more),
    attack("fs.copy", { src: "twin", dst: "twin" }, "same-file", "fault", more),
    attack("fs.copy", { src: "twin", dst: "taken" }, fine, "ok", more),
    attack("fs.copy", { src: "tree", dst: "taken" }, fine, "ok", {
      ...more,
      after: () =>
        lstatSync(join(root, "taken/twin.sh")).mode & 0o7000 ? "a copy is set-user-id like its source" : undefined,
    }),
  ];
  assert.equal(await withstand(ground, attacks), []);
  const contents = () => ["out/secret", "out/run.sh"].map((file) => readFileSync(join(home, file), "utf8"));
  const times = () => ["out/secret", "out/run.sh"].map((file) => lstatSync(join(home, file)).mtimeMs);
  const before = [contents(), times()];
  for (const [tool, args] of [
    ["fs.write_file", { path: "twin", content: "planted" }],
    ["fs.copy", { src: "own", dst: "twin" }],
    ["fs.move", { src: "own", dst: "twin" }],
    ["fs.move", { src: "twin", dst: "taken" }],
    ["fs.remove", { path: "twin" }],
    ["fs.remove", { path: "tree", recursive: true }],
  ] as const) {
    ground.lay();
    arrange();
    const answer = await ground.served.call(tool, args);
    assert.not.ok(answer.isError, `${tool} ${JSON.stringify(answer)}`);
    assert.equal([contents(), times()], before, tool);
  }
});

test("temporary names that were planted before are passed over: links are not followed, files not replaced", async () => {
  const { home, root } = ground;
  const planted = (name: string, target: string) => symlinkSync(target, join(root, name));
  const arrange = () => {
    planted(".own.tollgate-0", "../out/secret");
    planted(".own.tollgate-1", join(home, "out/planted"));
    writeFileSync(join(root, ".own.tollgate-2"), "theirs");
    mkdirSync(join(root, ".own.tollgate-3"));
    planted(".new.tollgate-0", "../out/secret");
    planted("sub/.own.tollgate-0", "../../out/secret");
  };
  const after = () => {
    const names = readdirSync(root).filter((name) => name.startsWith(".own.tollgate-"));
    if (names.sort().join() !== [0, 1, 2, 3].map((n) => `.own.tollgate-${n}`).join()) return `left ${names}`;
    return readFileSync(join(root, ".own.tollgate-2"), "utf8") === "theirs" ? undefined : "a file was replaced";
  };
  const content = (path: string, text: string) => () =>
    after() ?? (readFileSync(join(root, path), "utf8") === text ? undefined : `${path} was not written`);
  assert.equal(
    await withstand(ground, [
      attack("fs.write_file", { path: "own", content: "new" }, fine, "ok", { arrange, after: content("own", "new") }),
      attack("fs.write_file", { path: "new", content: "new" }, fine, "ok", { arrange, after: content("new", "new") }),
      attack("fs.write_file", { path: "sub/own", content: "new" }, fine, "ok", {
        arrange,
        after: content("sub/own", "new"),
      }),
      attack("fs.copy", { src: "sub/deep/own", dst: "own" }, fine, "ok", { arrange, after: content("own", "inside") }),
      attack("fs.copy", { src: "tree/a", dst: "new" }, fine, "ok", { arrange, after: content("new", "inside") }),
      // a caller that writes to such a name writes to that name, not to where a link there leads
      attack("fs.write_file", { path: ".own.tollgate-0", content: "x" }, "permission-denied", "fault", { arrange }),
    ]),
    [],
  );
});

test("a failed write leaves neither a temporary file nor a half of anything", async () => {
  const { root } = ground;
  const clean = () => {
    const folders = ["", "sub", "sub/deep", "tree", "tree/below", "empty"].filter((name) =>
      existsSync(join(root, name)),
    );
    const left = folders.flatMap((name) => readdirSync(join(root, name))).filter((name) => name.includes(".tollgate-"));
    return left.length === 0 ? undefined : `left ${left}`;
  };
  const more = { after: clean };
  const bad = { path: "own", content: "%%%", encoding: "base64" };
  assert.equal(
    await withstand(ground, [
      attack("fs.write_file", bad, "invalid-base64", "fault", more),
      attack("fs.write_file", { path: "empty", content: "x" }, "is-a-directory", "fault", more),
      attack("fs.write_file", { path: "own/x", content: "x" }, "not-a-directory", "fault", more),
      attack(
        "fs.write_file",
        { path: "own/x/y", content: "x", create_parents: true },
        "not-a-directory",
        "fault",
        more,
      ),
      attack("fs.write_file", { path: "missing/x", content: "x" }, "file-not-found", "fault", more),
      attack("fs.copy", { src: "own", dst: "missing/x" }, "file-not-found", "fault", more),
      attack("fs.copy", { src: "own", dst: "own" }, "same-file", "fault", more),
      attack("fs.copy", { src: "own", dst: "tree/a", overwrite: false }, "already-exists", "fault", more),
      attack("fs.copy", { src: "tree", dst: "tree/below/x" }, "into-itself", "fault", more),
      attack("fs.move", { src: "tree", dst: "tree/below/x" }, "into-itself", "fault", more),
      attack("fs.move", { src: "own", dst: "tree/a", overwrite: false }, "already-exists", "fault", more),
      attack("fs.move", { src: "tree", dst: "sub" }, "not-empty", "fault", more),
      attack("fs.remove", { path: "tree" }, "not-empty", "fault", more),
      attack("fs.remove", { path: "missing" }, "file-not-found", "fault", more),
    ]),
    [],
  );
});

test("copies and moves to the outside are refused by every way there is to name it, and take nothing in either", async () => {
  const { home, root } = ground;
  const attacks: Attack[] = [];
  for (const tool of ["fs.copy", "fs.move"]) {
    for (const inside of ["own", "tree"]) {
      for (const outside of [`${home}/out/taken`, "../taken", `${root}-evil/taken`]) {
        attacks.push(attack(tool, { src: inside, dst: outside }, "permission-denied", "refused"));
        attacks.push(attack(tool, { src: outside, dst: "taken" }, "permission-denied", "refused"));
      }
      for (const outside of ["to-out/taken", "sub/up/taken", "evil/taken", "slash/tmp/taken"]) {
        attacks.push(attack(tool, { src: inside, dst: outside }, "permission-denied", "fault"));
      }
      attacks.push(attack(tool, { src: "to-out/dir", dst: inside }, "permission-denied", "fault"));
    }
  }
  assert.equal(await withstand(ground, attacks), []);
  assert.not.ok(JSON.stringify(ground.served.messages.at(-1)).includes(CANARY));
});

test.run();
