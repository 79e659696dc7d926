// Pipes, sockets, devices and the kernel's own files: a typed error at once, never a hang; and names that are odd.
import { execFileSync } from "node:child_process";
import {
  closeSync,
  constants,
  linkSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Message, Served } from "../program.ts";
import { type Attack, SLOTS, withstand } from "./attack.ts";
import { CANARY, Ground } from "./ground.ts";

const test = suite("special files and names");
let ground: Ground;
let listener: Server | undefined;
let connections = 0;
let aside: string | undefined;
test.before(async () => {
  ground = new Ground();
  await ground.start();
});
test.after(async () => {
  listener?.close();
  if (aside !== undefined) rmSync(aside, { recursive: true });
  await ground.stop();
});

const POSIX = process.platform !== "win32";
const linuxRoot = process.platform === "linux" && process.geteuid?.() === 0;

/** What a call on a special file comes to, by tool and argument. */
function outcomeFor(tool: string, args: Attack["args"]): Pick<Attack, "expect" | "record"> {
  const done = { expect: (answer: Message) => (answer.isError ? "refused" : undefined), record: "ok" } as const;
  if (tool === "fs.stat" || tool === "fs.exists" || tool === "fs.remove") return done;
  if (tool === "fs.move" && args.src !== "tree") return done; // a name is moved, or another takes its place
  if (tool === "fs.create_dir") return { expect: "already-exists", record: "fault" };
  if (tool === "fs.read_dir" || tool === "fs.glob" || tool === "fs.move") {
    return { expect: ["not-a-directory", "unsupported-file-type"], record: "fault" };
  }
  return { expect: "unsupported-file-type", record: "fault" };
}

/** Makes attacks of one arrangement, named by tool and arguments. */
const attackOn =
  (arrange: () => void) =>
  (tool: string, args: Attack["args"], expect: Attack["expect"], record: Attack["record"]): Attack => ({
    name: `${tool} ${JSON.stringify(args)}`,
    tool,
    args,
    arrange,
    expect,
    record,
  });

function rows(path: string, arrange: () => void): Attack[] {
  return SLOTS.map(({ tool, args }) => ({
    name: `${tool} ${JSON.stringify(args(path))}`,
    tool,
    args: args(path),
    arrange,
    ...outcomeFor(tool, args(path)),
  }));
}

test("a FIFO that nobody writes to or reads from: each tool says what it is, at once, and holds nobody up", async () => {
  if (!POSIX) return;
  const fifo = join(ground.root, "fifo");
  const make = () => void execFileSync("mkfifo", [fifo]);
  const through: Attack = {
    name: "fs.read_dir below a FIFO",
    tool: "fs.read_dir",
    args: { path: "fifo/x" },
    arrange: make,
    expect: "not-a-directory",
    record: "fault",
  };
  const started = performance.now();
  assert.equal(await withstand(ground, [...rows("fifo", make), through]), []);
  assert.ok(performance.now() - started < 25_000, "nothing waited for a deadline");
});

test("a FIFO with both ends open: nothing is read from it and nothing written to it", async () => {
  if (!POSIX) return;
  ground.lay();
  const fifo = join(ground.root, "fifo");
  execFileSync("mkfifo", [fifo]);
  const end = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
  try {
    for (const { tool, args } of SLOTS) {
      if (tool === "fs.remove" || tool === "fs.move") continue;
      const answer = await ground.served.call(tool, args("fifo"));
      assert.not.ok(JSON.stringify(answer).includes("planted"));
    }
    assert.throws(() => readSync(end, Buffer.alloc(16)), /EAGAIN/);
  } finally {
    closeSync(end);
  }
});

test("a socket: each tool says what it is, and nobody connects to it", async () => {
  if (!POSIX) return;
  aside = mkdtempSync(`${ground.home}-aside-`);
  const socket = join(aside, "socket");
  listener = createServer(() => connections++);
  await new Promise<void>((resolve) => listener?.listen(socket, resolve));
  // the same socket by another name, since each attack empties the root
  const arrange = () => linkSync(socket, join(ground.root, "socket"));
  assert.equal(await withstand(ground, rows("socket", arrange)), []);
  assert.is(connections, 0);
});

test("devices are neither read nor written: an endless one ends nobody, /dev/null swallows nothing", async () => {
  if (!linuxRoot) return;
  for (const [name, minor] of [
    ["zero", "5"],
    ["null", "3"],
  ] as const) {
    const device = join(ground.root, name);
    try {
      execFileSync("mknod", [device, "c", "1", minor], { stdio: "ignore" });
    } catch {
      return; // this container makes no devices
    }
    const make = () => void execFileSync("mknod", [device, "c", "1", minor]);
    assert.equal(await withstand(ground, rows(name, make)), []);
  }
});

test("a tree that holds a FIFO is listed and removed; a copy of it says where it stopped", async () => {
  if (!POSIX) return;
  const arrange = () => void execFileSync("mkfifo", [join(ground.root, "tree/below/fifo")]);
  const attack = attackOn(arrange);
  const counts = (count: number) => (answer: Message) =>
    answer.structuredContent?.count === count ? undefined : `not ${count}`;
  const namesFifo = (answer: Message) =>
    answer.content[0].text.includes("tree/below/fifo") ? undefined : "does not name it";
  assert.equal(
    await withstand(ground, [
      attack("fs.read_dir", { path: "tree/below" }, counts(2), "ok"),
      attack("fs.glob", { pattern: "tree/**" }, counts(4), "ok"),
      attack("fs.copy", { src: "tree", dst: "taken" }, "unsupported-file-type", "fault"),
      attack("fs.copy", { src: "tree", dst: "taken" }, namesFifo, "fault"),
      attack("fs.remove", { path: "tree", recursive: true }, counts(5), "ok"),
    ]),
    [],
  );
});

test("the whole machine as a root works, and shows neither the kernel's files nor the state", async () => {
  if (process.platform !== "linux") return;
  ground.lay();
  const served = new Served(ground.place, ["/"], ground.home);
  const code = (answer: Message): string | undefined => answer._meta["dev.tollgate/fault"]?.code;
  try {
    await served.initialize();
    const own = await served.call("fs.read_file", { path: join(ground.root, "own") });
    assert.is(own.structuredContent?.content, "inside");
    // the root grants it, so a link may lead there
    const linked = await served.call("fs.read_file", { path: join(ground.root, "leaf-abs") });
    assert.ok(linked.structuredContent?.content.startsWith(CANARY));
    const listed = await served.call("fs.read_dir", { path: "/" });
    assert.ok(listed.structuredContent?.count > 3);
    for (const path of [
      "/proc/self/environ",
      "/proc/self/mem",
      "/proc/self/maps",
      "/proc/self/fd/0",
      `/proc/self/cwd/out/secret`,
      `/proc/self/root${ground.home}/out/secret`,
      `/proc/${served.child.pid}/environ`,
      "/proc/thread-self/environ",
      "/proc/1/cmdline",
      "/proc/kcore",
      "/proc/sys/kernel/hostname",
      "/sys/kernel/mm/transparent_hugepage/enabled",
      "/dev/zero",
      "/dev/null",
      "/dev/urandom",
      "/dev/tty",
      "/dev/stdin",
      "/dev/fd/0",
      join(ground.root, "leaf-environ"),
      join(ground.root, "leaf-zero"),
      join(ground.root, "leaf-state"),
      join(ground.place.state, "host.key"),
      join(ground.place.state, "state.mdb"),
    ]) {
      const answer = await served.call("fs.read_file", { path });
      assert.ok(
        ["permission-denied", "unsupported-file-type", "file-not-found"].includes(code(answer) ?? ""),
        `${path}: ${JSON.stringify(answer).slice(0, 300)}`,
      );
    }
    for (const path of ["/proc/self/oom_score_adj", "/dev/null"]) {
      const answer = await served.call("fs.write_file", { path, content: "0", append: true });
      assert.ok(["permission-denied", "unsupported-file-type"].includes(code(answer) ?? ""), path);
    }
    for (const path of [ground.place.state, "/proc/self/fd", "/proc/self"]) {
      assert.is(code(await served.call("fs.read_dir", { path })), "permission-denied", path);
      assert.is(code(await served.call("fs.glob", { pattern: "*", base_dir: path })), "permission-denied", path);
    }
  } finally {
    assert.is(await served.close(), 0);
  }
});

test("a path with NUL, one too long and one that is no text are refused; the longest name works", async () => {
  const attack = (tool: string, args: Attack["args"], expect: Attack["expect"], record: Attack["record"]): Attack => ({
    name: `${tool} ${JSON.stringify(args).slice(0, 60)}`,
    tool,
    args,
    expect,
    record,
  });
  const attacks: Attack[] = [];
  const fine = (answer: Message) => (answer.isError ? "refused" : undefined);
  const absent = (answer: Message) => (answer.structuredContent?.exists === false ? undefined : "exists");
  for (const { tool, args } of SLOTS) {
    attacks.push(attack(tool, args("own\0"), "permission-denied", "refused"));
    attacks.push(attack(tool, args("own\0.txt"), "permission-denied", "refused"));
    attacks.push(attack(tool, args(""), "invalid-arguments", "refused"));
    attacks.push(attack(tool, args("x".repeat(4097)), "invalid-arguments", "refused"));
    attacks.push(attack(tool, args("é".repeat(4000)), "permission-denied", "refused"));
    const long = args("x".repeat(256));
    attacks.push(tool === "fs.exists" ? attack(tool, long, absent, "ok") : attack(tool, long, "invalid-path", "fault"));
    const deep = args(`${"x/".repeat(1500)}x`);
    if (!("create_parents" in deep) && tool !== "fs.create_dir") {
      const codes = ["file-not-found", "invalid-path"];
      attacks.push(tool === "fs.exists" ? attack(tool, deep, absent, "ok") : attack(tool, deep, codes, "fault"));
    }
  }
  attacks.push(attack("fs.write_file", { path: "é".repeat(127), content: "x" }, fine, "ok"));
  attacks.push(attack("fs.write_file", { path: "x".repeat(255), content: "x" }, fine, "ok"));
  attacks.push(attack("fs.copy", { src: "own", dst: "y".repeat(255) }, fine, "ok"));
  assert.equal(await withstand(ground, attacks), []);
});

test("both Unicode forms of a name, and both cases, are the names that the file system says they are", async () => {
  ground.lay();
  const { served, root } = ground;
  const composed = "caf\u00e9";
  const decomposed = "cafe\u0301";
  for (const name of [composed, decomposed, "Case", "case", "\u{1f600}", "\ufffd", "a b\u00a0c", "ﬁ", "İ"]) {
    const written = await served.call("fs.write_file", { path: `names/${name}`, content: name, create_parents: true });
    assert.is(written.structuredContent?.written, Buffer.byteLength(name), name);
  }
  const names = readdirSync(join(root, "names"));
  for (const name of names) {
    const read = await served.call("fs.read_file", { path: `names/${name}` });
    assert.is(read.structuredContent?.content, readFileSync(join(root, "names", name), "utf8"), name);
  }
  const listed = await served.call("fs.read_dir", { path: "names" });
  assert.equal(
    listed.structuredContent?.entries.map((entry: { name: string }) => entry.name).sort(),
    [...names].sort(),
  );
  if (process.platform === "linux") assert.is(names.length, 9);
});

test("names on disk that are not UTF-8 hold up no listing, search or rename; a copy and a removal name their folder and leave it whole", async () => {
  if (process.platform !== "linux") return;
  const raw = (name: Uint8Array) => Buffer.concat([Buffer.from(`${ground.root}/tree/`), name]);
  const arrange = () => {
    writeFileSync(raw(Uint8Array.of(0x62, 0xff, 0x78)), "odd");
    writeFileSync(raw(Uint8Array.of(0xed, 0xa0, 0x80)), "surrogate");
    writeFileSync(raw(Buffer.from("below/\xc3(", "latin1")), "odd");
  };
  const attack = attackOn(arrange);
  const fine = (answer: Message) => (answer.isError ? "refused" : undefined);
  const here = (folder: string) =>
    readdirSync(join(ground.root, folder), { encoding: "buffer" })
      .map((name) => name.toString("latin1"))
      .sort();
  const whole = () =>
    here("tree").length === 4 && here("tree/below").length === 2 && !here(".").includes("taken")
      ? undefined
      : "the folder is not as it was";
  const lists = (...names: string[]) => {
    return ({ structuredContent }: Message) => {
      const found = structuredContent?.entries?.map(({ name }: { name: string }) => name) ?? structuredContent?.matches;
      const wrong = names.length !== found?.length || names.some((name, i) => !found[i].endsWith(name));
      return wrong ? `not ${names}` : undefined;
    };
  };
  const refuses = (folder: string) => (answer: Message) => {
    if (answer._meta?.["dev.tollgate/fault"]?.code !== "invalid-name") return "not invalid-name";
    const says = `${folder}: the folder holds a name that is not UTF-8`;
    return answer.content[0].text.includes(says) ? undefined : "does not name it";
  };
  assert.equal(
    await withstand(ground, [
      attack("fs.read_dir", { path: "tree" }, lists("a", "below"), "ok"),
      attack("fs.glob", { pattern: "**" }, fine, "ok"),
      attack("fs.glob", { pattern: "tree/**" }, lists("tree/a", "tree/below", "tree/below/b"), "ok"),
      attack("fs.move", { src: "tree", dst: "taken" }, fine, "ok"),
      { ...attack("fs.copy", { src: "tree", dst: "taken" }, refuses("tree"), "fault"), after: whole },
      { ...attack("fs.copy", { src: "tree/below", dst: "taken" }, refuses("tree/below"), "fault"), after: whole },
      { ...attack("fs.remove", { path: "tree/below", recursive: true }, refuses("tree/below"), "fault"), after: whole },
      { ...attack("fs.remove", { path: "tree", recursive: true }, refuses("tree"), "fault"), after: whole },
    ]),
    [],
  );
});

test.run();
