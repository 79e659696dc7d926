import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { Worker } from "node:worker_threads";
import { ALL, BROWSE, CREAT, DATA_AT, FOLLOW, Guest, NO_FOLLOW, TRUNC, WRITE } from "./guest.ts";

/**
 * A thread of the same user that swaps, as fast as the system allows and in an order that the seed decides, what the
 * guest's paths lead through: a directory for a link to outside, by renames and by removing and making; the leaf for
 * a link to a file outside; a directory that is carried outside while it is walked through.
 */
const SWAPPER = `
const { workerData } = require("node:worker_threads");
const { renameSync: mv, unlinkSync: rm, rmdirSync: rmdir, mkdirSync: mkdir, linkSync: ln, symlinkSync: sym } = require("node:fs");
const flag = new Int32Array(workerData.flag);
const { root: r, out } = workerData;
let state = workerData.seed >>> 0;
const random = (n) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return (state >>> 8) % n;
};
// what the guest itself does to the same names may come in between: then a step fails, and the next goes on
const step = (...moves) => { for (const move of moves) try { move(); } catch {} };
const swaps = [
  () => step(() => mv(r + "/a/d", r + "/a/d.real"), () => mv(r + "/a/d.link", r + "/a/d"),
             () => mv(r + "/a/d", r + "/a/d.link"), () => mv(r + "/a/d.real", r + "/a/d")),
  () => step(() => mv(r + "/a/leaf.link", r + "/a/leaf"), () => mv(r + "/a/leaf.file", r + "/a/leaf.spare"),
             () => mv(r + "/a/leaf", r + "/a/leaf.link"), () => mv(r + "/a/leaf.spare", r + "/a/leaf.file")),
  () => step(() => mv(r + "/a/m", out + "/m"), () => mv(out + "/m", r + "/a/m")),
  () => step(() => rmdir(r + "/a/e"), () => sym("../../out", r + "/a/e"), () => rm(r + "/a/e"), () => mkdir(r + "/a/e")),
  () => step(() => ln(r + "/a/leaf.file", r + "/a/l"), () => rm(r + "/a/l"), () => sym("../../out/file", r + "/a/l"), () => rm(r + "/a/l")),
  () => step(() => mv(r + "/a", r + "/a.real"), () => mv(r + "/a.link", r + "/a"),
             () => mv(r + "/a", r + "/a.link"), () => mv(r + "/a.real", r + "/a")),
];
let n = 0;
while (Atomics.load(flag, 0) === 0) {
  swaps[random(swaps.length)]();
  if (++n % 64 === 0) Atomics.store(flag, 1, n);
}
Atomics.store(flag, 1, n);
`;

export interface RaceOptions {
  /** An empty directory, for the root and what is beside it. */
  readonly place: string;
  /** Opens after which the race ends. */
  readonly opens: number;
  readonly maxMs: number;
  readonly seed: number;
  /** Told from time to time how many opens there were. */
  readonly progress?: (opens: number) => void;
}

export interface RaceReport {
  readonly opens: number;
  /** Calls of other path functions. */
  readonly others: number;
  /** Opens that read a file of the guest's. */
  readonly inside: number;
  /** What reached the outside, by call; empty is the whole point. */
  readonly escapes: readonly string[];
  readonly swaps: number;
  /** Descriptors of the process that are left over. */
  readonly leaks: number;
}

/** Lets a guest call every path function against a thread that swaps directories and leaves for links to outside. */
export async function race(options: RaceOptions): Promise<RaceReport> {
  const root = join(options.place, "root");
  const out = join(options.place, "out");
  for (const directory of ["root/a/d/sub", "root/a/m/sub", "root/a/e", "out/sub", "out/dir"]) {
    mkdirSync(join(options.place, directory), { recursive: true });
  }
  for (const path of ["a/d/file", "a/d/sub/file", "a/leaf.file", "a/m/sub/file", "own"]) {
    writeFileSync(join(root, path), "inside");
  }
  for (const path of ["file", "sub/file", "sub/canary"]) writeFileSync(join(out, path), "outside");
  symlinkSync("canary", join(out, "canary-link"));
  symlinkSync("../../out", join(root, "a/d.link"));
  symlinkSync("../../out/file", join(root, "a/leaf.link"));
  symlinkSync("../out", join(root, "a.link"));
  const before = snapshot(out);
  const inodes = new Set(before.map(({ ino }) => ino));
  const descriptors = openDescriptors();

  const flag = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(SWAPPER, { eval: true, workerData: { flag: flag.buffer, root, out, seed: options.seed } });
  const failure = new Promise<never>((_, reject) => worker.once("error", reject));
  failure.catch(() => {});
  const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  const guest = new Guest({ containment: "descriptors" }).begin({
    roots: [{ guestPath: "/w", hostPath: root, access: "read-write" }],
    hostCalls: ["path_status_get"],
  });
  const escapes: string[] = [];
  let opens = 0;
  let others = 0;
  let inside = 0;

  const close = (fd: number): void => {
    if (fd > 0) guest.call("fd_close", fd);
  };
  const read = (path: string): void => {
    opens++;
    const found = guest.contents(path);
    if (found === "inside") inside++;
    else if (typeof found === "string" && found !== "") escapes.push(`path_open ${path} read ${found}`);
  };
  const stat = (path: string, follow: number): void => {
    others++;
    if (guest.stat(path, follow) === 0 && inodes.has(guest.u64(DATA_AT + 8))) escapes.push(`path_filestat_get ${path}`);
  };
  const list = (path: string): void => {
    opens++;
    const fd = guest.open(path, { oflags: 2, rights: BROWSE });
    if (fd > 0) {
      others++;
      if (guest.list(fd).some(({ name }) => name === "canary")) escapes.push(`fd_readdir ${path}`);
      // the held directory is a boundary, wherever it has been carried
      if (guest.contents("../file", fd) === "outside") escapes.push(`path_open ../file from ${path}`);
    }
    close(fd);
  };
  const change = (path: string, round: number): void => {
    const made = guest.open(`${path}/made`, { oflags: CREAT, rights: WRITE, follow: NO_FOLLOW });
    opens++;
    if (made > 0) guest.write(made, "inside");
    close(made);
    const truncated = guest.open(`${path}/file`, { oflags: TRUNC, rights: WRITE });
    opens++;
    if (truncated > 0) guest.write(truncated, "inside");
    close(truncated);
    guest.onPath("path_create_directory", `${path}/dir`);
    guest.onPath("path_remove_directory", `${path}/dir`);
    guest.rename(`${path}/made`, `${path}/canary-link`);
    guest.rename(`${path}/canary-link`, "back");
    guest.rename("back", `${path}/made`);
    guest.link("own", `${path}/linked`);
    guest.link(`${path}/file`, "taken", round % 2);
    guest.symlink("own", `${path}/planted`);
    guest.setTimes(`${path}/file`, round % 2);
    if (guest.readlink(`${path}/canary-link`) === "canary") escapes.push(`path_readlink ${path}`);
    for (const name of ["made", "linked", "planted", "canary-link"])
      guest.onPath("path_unlink_file", `${path}/${name}`);
    if (guest.contents("taken") === "outside") escapes.push(`path_link from ${path}`);
    guest.onPath("path_unlink_file", "taken");
    // the guest's own file of that name has no 0777
    if (guest.toll("path_status_get", 3, ...guest.put(`${path}/canary-link`), 64) === 0 && guest.u32(64) === 0o777) {
      escapes.push(`path_status_get ${path}`);
    }
    opens++;
    others += 17;
  };

  try {
    while (Atomics.load(flag, 1) === 0) await Promise.race([failure, new Promise((done) => setTimeout(done, 1))]);
    const until = performance.now() + options.maxMs;
    for (let round = 0; opens < options.opens && performance.now() < until; round++) {
      for (const path of [
        "a/d/file",
        "a/d/sub/file",
        "a/leaf",
        "a/l",
        "a/m/sub/file",
        "a/m/../../out/file",
        "a/m/sub/../../../../out/file",
        "a/e/file",
      ]) {
        read(path);
      }
      stat("a/d/file", FOLLOW);
      stat("a/leaf", FOLLOW);
      stat("a/d/sub", NO_FOLLOW);
      list("a/d/sub");
      list("a/m/sub");
      if (round % 4 === 0) change(["a/d", "a/d/sub", "a/e", "a"][(round / 4) % 4]!, round / 4);
      // what was cut while it was written anew
      if (round % 64 === 0) {
        for (const path of ["a/d/file", "a/d/sub/file"]) {
          const fd = guest.open(path, { oflags: CREAT, rights: ALL & ~(1n << 14n) });
          if (fd > 0) guest.write(fd, "inside");
          close(fd);
        }
        options.progress?.(opens);
      }
    }
  } finally {
    Atomics.store(flag, 0, 1);
    await ended;
    guest.host.end();
    guest.dispose();
  }
  const shown = (seen: ReturnType<typeof snapshot>): string =>
    seen.map(({ path, what }) => `${path} ${what}`).join("\n");
  const after = shown(snapshot(out));
  if (after !== shown(before)) escapes.push(`the outside changed: ${after}`);
  return { opens, others, inside, escapes, swaps: flag[1]!, leaks: openDescriptors() - descriptors };
}

/** What is outside: names, identity, modes, link counts, contents; times of files only, since `m` comes and goes. */
function snapshot(directory: string): { path: string; ino: bigint; what: string }[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .sort()
    .map((name) => {
      const path = join(directory, name);
      const { ino, mode, nlink, mtimeNs, ...stat } = lstatSync(path, { bigint: true });
      const isFile = (Number(mode) & 0o170000) === 0o100000;
      const file = isFile ? `${mtimeNs} ${readFileSync(path, "utf8")}` : stat.size;
      return { path, ino, what: `${ino} ${mode} ${isFile ? nlink : ""} ${file}` };
    });
}

function openDescriptors(): number {
  return readdirSync("/proc/self/fd").length;
}
