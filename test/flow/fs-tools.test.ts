// What the catalog says of the ten file tools, through the built program: atomic writes, paging, slices, trees.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { quickScratch } from "./files/ground.ts";
import { permitAll } from "./permit-all.ts";
import { chainEvents, type Message, run, type Scratch, Served } from "./program.ts";

const test = suite<{ place: Scratch }>("fs tools");
const started: Served[] = [];
test.before.each((context) => {
  context.place = quickScratch();
});
test.after.each(({ place }) => {
  // a test that failed has not closed its server
  for (const { child } of started.splice(0)) child.kill("SIGKILL");
  place.remove();
});

async function serve(place: Scratch, roots: readonly string[] = [place.root]): Promise<Served> {
  const served = new Served(place, roots);
  started.push(served);
  await served.initialize();
  return served;
}

const code = (answer: Message): string | undefined => answer._meta["dev.tollgate/fault"]?.code;
async function ok(served: Served, tool: string, args: Record<string, unknown>): Promise<Message> {
  const answer = await served.call(tool, args);
  assert.not.ok(answer.isError, `${tool} ${JSON.stringify(answer).slice(0, 400)}`);
  return answer.structuredContent;
}

/** Reads a file again and again, and counts what it is neither the whole old nor the whole new content of. */
const READER = `
const { workerData: { path, flag } } = require("node:worker_threads");
const { readFileSync } = require("node:fs");
const counts = new Int32Array(flag);
while (Atomics.load(counts, 0) === 0) {
  const bytes = readFileSync(path);
  const first = bytes[0];
  const whole = bytes.length === 300000 && bytes.every((byte) => byte === first);
  Atomics.add(counts, whole ? 1 : 2, 1);
}
`;

test("a reader sees the old file or the new one, never a part; mode bits survive", async ({ place }) => {
  const path = join(place.root, "big");
  writeFileSync(path, "a".repeat(300_000));
  if (process.platform !== "win32") chmodSync(path, 0o751);
  const served = await serve(place);
  const flag = new Int32Array(new SharedArrayBuffer(12));
  const reader = new Worker(READER, { eval: true, workerData: { path, flag: flag.buffer } });
  const gone = new Promise((resolve) => reader.once("exit", resolve));
  try {
    while (Atomics.load(flag, 1) === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    for (let round = 0; round < 24; round++) {
      await ok(served, "fs.write_file", {
        path: "big",
        content: String.fromCharCode(97 + (round % 26)).repeat(300_000),
      });
      if (round % 8 === 0) await ok(served, "fs.copy", { src: "big", dst: "other" });
    }
  } finally {
    Atomics.store(flag, 0, 1);
    await gone;
  }
  assert.is(flag[2], 0, `${flag[2]} of ${(flag[1] ?? 0) + (flag[2] ?? 0)} reads saw a part`);
  assert.ok((flag[1] ?? 0) > 20);
  if (process.platform !== "win32") {
    assert.is(statSync(path).mode & 0o7777, 0o751);
    assert.is(statSync(join(place.root, "other")).mode & 0o7777, 0o751, "a copy keeps the permission bits");
    assert.is((await ok(served, "fs.stat", { path: "big" })).mode, "0751");
  }
  assert.equal(readdirSync(place.root).sort(), ["big", "other"]);
  assert.is(await served.close(), 0);
});

test("a host killed in the middle of large writes leaves the old file or the new one, and its open intents are told", async ({
  place,
}) => {
  const path = join(place.root, "big");
  const contents = ["a", "b"].map((letter) => letter.repeat(3_000_000));
  writeFileSync(path, contents[0]!);
  let open = 0;
  let acknowledged = 0;
  let leftovers: readonly string[] = [];
  for (let round = 0; round < 5; round++) {
    const served = await serve(place);
    await served.call("fs.stat", { path: "." });
    for (let id = 0; id < 6; id++) {
      const args = { path: "big", content: contents[(id + 1) % 2] };
      served.send({ jsonrpc: "2.0", id, method: "tools/call", params: { name: "fs_write_file", arguments: args } });
    }
    // in the middle: the temporary file is there
    const midway = () => readdirSync(place.root).filter((name) => name !== "big" && !left.includes(name)).length > 0;
    const left = leftovers;
    while (!midway() && served.messages.length < 8) await new Promise((resolve) => setImmediate(resolve));
    // and every other time something was acknowledged before
    if (round % 2 === 1) await served.next(({ id }) => typeof id === "number");
    await new Promise((resolve) => setTimeout(resolve, round));
    served.child.kill("SIGKILL");
    await served.exit;
    leftovers = readdirSync(place.root);
    const now = readFileSync(path, "utf8");
    assert.ok(contents.includes(now), `round ${round}: ${now.length} bytes that nobody wrote`);
    // what was acknowledged is on the chain; what was announced and not ended is reported
    const status = JSON.parse((await run(place, ["chain", "status", "--json"])).stdout);
    const events = await chainEvents(place);
    const ended = new Set(events.filter(({ kind }) => kind === "call.outcome").map(({ payload }) => payload.call_id));
    const announced = events.filter(({ kind, payload }) => kind === "call.intent" && !ended.has(payload.call_id));
    assert.is(status.open_intents.length, announced.length);
    assert.ok(status.open_intents.length >= open);
    open = status.open_intents.length;
    for (const { result } of served.messages.filter(({ id }) => typeof id === "number")) {
      acknowledged++;
      const { sequence } = result._meta["dev.tollgate/usage"];
      assert.is(events.find((event) => event.sequence === sequence)?.payload.status, "ok");
    }
  }
  assert.ok(open > 0, "no kill ever met a write");
  assert.ok(acknowledged > 0, "no kill ever came after an answer");
  const left = readdirSync(place.root).filter((name) => name !== "big");
  assert.ok(
    left.every((name) => /^\.big\.tollgate-\d+$/.test(name)),
    left.join(),
  );
  assert.is((await run(place, ["chain", "verify"])).code, 0);
  const after = await serve(place);
  await ok(after, "fs.write_file", { path: "big", content: "fine" });
  assert.is(await after.close(), 0);
  assert.is(readFileSync(path, "utf8"), "fine");
});

function peakMemory(pid: number | undefined): number | undefined {
  if (process.platform !== "linux") return undefined;
  const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(peak) / 1024;
}

test("a folder of 100 000 entries is paged in order, and searched, in bounded memory", async ({ place }) => {
  // in memory where there is some: making them takes longer than the test
  const base = existsSync("/dev/shm") ? mkdtempSync("/dev/shm/tollgate-many-") : place.root;
  const folder = join(base, "many");
  mkdirSync(folder);
  const { remove } = place;
  place.remove = () => {
    remove();
    rmSync(base, { recursive: true, force: true });
  };
  const name = (n: number) => `entry-${String(n).padStart(6, "0")}`;
  for (let n = 0; n < 100_000; n++) symlinkSync("x", join(folder, name((n * 7919) % 100_000)));
  const served = await serve(place, [base]);
  const first = await ok(served, "fs.read_dir", { path: "many" });
  assert.equal([first.count, first.total, first.entries[0].name], [1000, 100_000, name(0)]);
  const last = await ok(served, "fs.read_dir", { path: "many", offset: 99_995 });
  assert.equal(
    last.entries.map((entry: Message) => entry.name),
    [99_995, 99_996, 99_997, 99_998, 99_999].map(name),
  );
  const page = await ok(served, "fs.read_dir", { path: "many", offset: 50_000, limit: 10_000 });
  assert.equal([page.count, page.entries[0].name, page.entries[9999].name], [10_000, name(50_000), name(59_999)]);
  assert.is((await ok(served, "fs.read_dir", { path: "many", offset: 200_000 })).count, 0);
  const found = await ok(served, "fs.glob", { pattern: "many/entry-0999{98,99}" });
  assert.equal(
    found.matches,
    [99_998, 99_999].map((n) => join(folder, name(n))),
  );
  const cut = await ok(served, "fs.glob", { pattern: "**", limit: 3 });
  assert.equal([cut.count, cut.truncated, cut.matches[1]], [3, true, join(folder, name(0))]);
  const peak = peakMemory(served.child.pid);
  if (peak !== undefined) assert.ok(peak < 600, `${peak} MiB`);
  assert.is(await served.close(), 0);
});

test("a file of 1 GiB is refused whole, with its size, and read by slices in bounded memory", async ({ place }) => {
  const path = join(place.root, "huge");
  const GIB = 1024 ** 3;
  writeFileSync(path, "head");
  truncateSync(path, GIB - 4);
  execFileSync(process.execPath, ["-e", `require("fs").appendFileSync(${JSON.stringify(path)}, "tail")`]);
  const served = await serve(place);
  const whole = await served.call("fs.read_file", { path: "huge" });
  assert.is(code(whole), "file-too-large");
  assert.equal(whole._meta["dev.tollgate/fault"].data, { size: GIB, limit: 8 * 1024 * 1024 });
  assert.match(whole.content[0].text, /offset and limit/);
  const head = await ok(served, "fs.read_file", { path: "huge", limit: 4 });
  assert.equal([head.content, head.size, head.bytes_read, head.truncated], ["head", GIB, 4, true]);
  const tail = await ok(served, "fs.read_file", { path: "huge", offset: GIB - 4 });
  assert.equal([tail.content, tail.truncated], ["tail", false]);
  for (let slice = 0; slice < 3; slice++) {
    const args = { path: "huge", offset: slice * 256 * 1024 ** 2 + 4, limit: 8 * 1024 ** 2, encoding: "base64" };
    const middle = await ok(served, "fs.read_file", args);
    assert.equal([middle.bytes_read, middle.content.length], [8 * 1024 ** 2, Math.ceil((8 * 1024 ** 2) / 3) * 4]);
  }
  assert.is((await ok(served, "fs.read_file", { path: "huge", offset: 2 * GIB })).bytes_read, 0);
  const peak = peakMemory(served.child.pid);
  if (peak !== undefined) assert.ok(peak < 600, `${peak} MiB`);
  assert.is(await served.close(), 0);
});

test("bytes go round by base64, text by UTF-8, and a slice never splits a character", async ({ place }) => {
  const served = await serve(place);
  for (const size of [0, 1, 2, 3, 255, 70_001, 1_000_000]) {
    const bytes = randomBytes(size);
    const content = bytes.toString("base64");
    const written = await ok(served, "fs.write_file", {
      path: "b/x",
      content,
      encoding: "base64",
      create_parents: true,
    });
    assert.is(written.written, size);
    assert.ok(readFileSync(join(place.root, "b/x")).equals(bytes));
    assert.is((await ok(served, "fs.read_file", { path: "b/x", encoding: "base64" })).content, content);
  }
  assert.is(code(await served.call("fs.read_file", { path: "b/x" })), "not-utf-8");
  assert.match((await served.call("fs.read_file", { path: "b/x" })).content[0].text, /base64/);
  const text = 'aé€😀\0"\\\u2028\x1b'.repeat(40);
  await ok(served, "fs.write_file", { path: "t", content: text });
  assert.is(readFileSync(join(place.root, "t"), "utf8"), text);
  for (const limit of [1, 2, 3, 5, 7, 64]) {
    let joined = "";
    for (let offset = 0, more = true; more; ) {
      const part = await ok(served, "fs.read_file", { path: "t", offset, limit });
      assert.ok(part.bytes_read > 0, `${offset} ${limit}`);
      joined += part.content;
      offset += part.bytes_read;
      more = part.truncated;
      if (limit < 5 && offset > 200) {
        joined = text;
        break;
      }
    }
    assert.is(joined, text, `by ${limit}`);
  }
  await ok(served, "fs.write_file", { path: "t", content: "+more", append: true });
  assert.is(readFileSync(join(place.root, "t"), "utf8"), `${text}+more`);
  assert.is(await served.close(), 0);
});

test("patterns match the whole relative path, sorted; links to folders are not entered", async ({ place }) => {
  const { root } = place;
  for (const folder of ["a/b/c", "d.x", ".hidden"]) mkdirSync(join(root, folder), { recursive: true });
  for (const file of ["1.ts", "2.js", "a/1.ts", "a/b/2.ts", "a/b/c/3.tsx", "d.x/é.md", ".hidden/4.ts", "[z].ts"]) {
    writeFileSync(join(root, file), "");
  }
  symlinkSync("a", join(root, "link"));
  const served = await serve(place);
  for (const [pattern, matches] of [
    ["*.ts", ["1.ts", "[z].ts"]],
    ["**/*.ts", [".hidden/4.ts", "1.ts", "[z].ts", "a/1.ts", "a/b/2.ts"]],
    ["a/**", ["a/1.ts", "a/b", "a/b/2.ts", "a/b/c", "a/b/c/3.tsx"]],
    ["a/*/?.ts", ["a/b/2.ts"]],
    ["**/[0-9].{ts,tsx}", [".hidden/4.ts", "1.ts", "a/1.ts", "a/b/2.ts", "a/b/c/3.tsx"]],
    ["d.x/?.md", ["d.x/é.md"]],
    ["link", ["link"]],
    ["link/**/*.ts", []],
    ["\\[z\\].ts", ["[z].ts"]],
    ["1", []],
    ["{1,2}.{ts,js}", ["1.ts", "2.js"]],
  ] as const) {
    const found = await ok(served, "fs.glob", { pattern });
    assert.equal(
      found.matches,
      matches.map((path) => join(root, path)),
      pattern,
    );
  }
  assert.is(code(await served.call("fs.glob", { pattern: "a[" })), "invalid-pattern");
  const slow = await ok(served, "fs.glob", { pattern: `${"*a".repeat(100)}b` });
  assert.is(slow.count, 0);
  assert.is(await served.close(), 0);
});

test("whole folders are copied, moved and removed: contents, modes, links inside, and what was there", async ({
  place,
}) => {
  permitAll(place);
  const { root } = place;
  mkdirSync(join(root, "src/deep/er"), { recursive: true });
  mkdirSync(join(root, "src/empty"));
  writeFileSync(join(root, "src/a"), "A");
  writeFileSync(join(root, "src/deep/er/run"), "#!", { mode: 0o750 });
  symlinkSync("deep/er", join(root, "src/link"));
  const served = await serve(place);
  const copied = await ok(served, "fs.copy", { src: "src", dst: "dst" });
  assert.equal([copied.files, copied.copied], [2, 3]);
  assert.is(readFileSync(join(root, "dst/deep/er/run"), "utf8"), "#!");
  assert.is(statSync(join(root, "dst/deep/er/run")).mode & 0o777, 0o750);
  assert.ok(lstatSync(join(root, "dst/link")).isSymbolicLink());
  assert.ok(existsSync(join(root, "dst/empty")));
  assert.is(code(await served.call("fs.copy", { src: "src", dst: "src/deep/x" })), "into-itself");
  assert.is(code(await served.call("fs.copy", { src: "src/a", dst: "dst/a", overwrite: false })), "already-exists");
  await ok(served, "fs.move", { src: "dst", dst: "moved" });
  assert.equal([existsSync(join(root, "dst")), existsSync(join(root, "moved/deep/er/run"))], [false, true]);
  const gone = await ok(served, "fs.remove", { path: "moved", recursive: true });
  assert.equal([gone.removed, gone.count], [true, 7]);
  assert.equal(await ok(served, "fs.exists", { path: "moved" }), { exists: false, is_file: false, is_dir: false });
  assert.equal(await ok(served, "fs.create_dir", { path: "x/y/z" }), { created: true, existed: false });
  assert.equal(await ok(served, "fs.create_dir", { path: "x/y/z" }), { created: false, existed: true });
  assert.is(code(await served.call("fs.stat", { path: "none" })), "file-not-found");
  const stat = await ok(served, "fs.stat", { path: "src/a" });
  const milliseconds = statSync(join(root, "src/a"), { bigint: true }).mtimeNs / 1_000_000n;
  const modified = new Date(Number(milliseconds)).toISOString();
  assert.equal([stat.size, stat.is_file, stat.modified], [1, true, modified]);
  assert.is(await served.close(), 0);
});

test("a move to another device is a whole copy, then the source goes", async ({ place }) => {
  if (!existsSync("/dev/shm") || statSync("/dev/shm").dev === statSync(place.root).dev) return;
  permitAll(place);
  const other = mkdtempSync("/dev/shm/tollgate-other-");
  try {
    mkdirSync(join(place.root, "tree/deep"), { recursive: true });
    writeFileSync(join(place.root, "tree/deep/run"), "#!", { mode: 0o750 });
    symlinkSync("deep/run", join(place.root, "tree/link"));
    writeFileSync(join(place.root, "file"), "F");
    const served = await serve(place, [place.root, other]);
    await ok(served, "fs.move", { src: "tree", dst: join(other, "tree") });
    await ok(served, "fs.move", { src: "file", dst: join(other, "file") });
    assert.equal(readdirSync(place.root), []);
    assert.equal(readdirSync(other).sort(), ["file", "tree"]);
    assert.is(readFileSync(join(other, "tree/link"), "utf8"), "#!");
    assert.is(statSync(join(other, "tree/deep/run")).mode & 0o777, 0o750);
    assert.is(await served.close(), 0);
  } finally {
    rmSync(other, { recursive: true });
  }
});

test("a full disk leaves the old file as it was and no temporary file behind", async ({ place }) => {
  if (process.platform !== "linux" || process.geteuid?.() !== 0) return;
  const disk = join(place.home, "disk");
  mkdirSync(disk);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], { stdio: "ignore" });
  } catch {
    return; // nothing may be mounted here
  }
  try {
    writeFileSync(join(disk, "kept"), "old");
    writeFileSync(join(place.root, "large"), "x".repeat(3_000_000));
    mkdirSync(join(place.root, "tree"));
    writeFileSync(join(place.root, "tree/large"), "x".repeat(3_000_000));
    const served = await serve(place, [place.root, disk]);
    const full: readonly (readonly [string, Record<string, unknown>])[] = [
      ["fs.write_file", { path: join(disk, "kept"), content: "y".repeat(3_000_000) }],
      ["fs.write_file", { path: join(disk, "new"), content: "y".repeat(3_000_000) }],
      ["fs.copy", { src: "large", dst: join(disk, "kept") }],
      ["fs.copy", { src: "large", dst: join(disk, "new") }],
      ["fs.move", { src: "large", dst: join(disk, "kept") }],
      ["fs.move", { src: "tree", dst: join(disk, "tree") }],
    ];
    for (const [tool, args] of full) {
      const answer = await served.call(tool, args);
      assert.is(code(answer), "no-space", `${tool} ${JSON.stringify(answer).slice(0, 300)}`);
      assert.is(readFileSync(join(disk, "kept"), "utf8"), "old");
      assert.equal(readdirSync(disk), ["kept"], tool);
    }
    assert.is(statSync(join(place.root, "large")).size, 3_000_000);
    assert.ok(existsSync(join(place.root, "tree/large")));
    await ok(served, "fs.write_file", { path: join(disk, "kept"), content: "new" });
    assert.is(await served.close(), 0);
  } finally {
    execFileSync("umount", [disk]);
  }
});

test.run();
