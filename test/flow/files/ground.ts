// Where attacks on files are made: a root with every known way out laid into it, canaries beside it, one server.
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { permitAll } from "../permit-all.ts";
import { type Scratch, Served, scratch } from "../program.ts";
import type { Field } from "./attack.ts";

/** Stands in every file outside of the root, and nowhere else: wherever it turns up, something leaked. */
export const CANARY = "CANARY-7f3a91";

/** Links in the root: name → target. None of them may lead anybody outside. */
function links({ home, root, state }: Scratch): readonly (readonly [name: string, target: string])[] {
  return [
    ["to-out", "../out"],
    ["to-out-abs", join(home, "out")],
    ["chain", "chain2"],
    ["chain2", "sub/chain3"],
    ["sub/chain3", "../to-out"],
    ["sub/up", "../.."],
    ["evil", `${root}-evil`],
    ["slash", "/"],
    ["proc", "/proc"],
    ["procroot", "/proc/self/root"],
    ["cwd", "/proc/self/cwd"],
    ["tricky", `${root}/../out`],
    ["dangling-dir", "../out/nothing"],
    ["leaf", "../out/secret"],
    ["leaf-abs", join(home, "out/secret")],
    ["leaf-chain", "sub/leaf-chain2"],
    ["sub/leaf-chain2", "../leaf"],
    ["leaf-dir", "../out/dir"],
    ["leaf-evil", `${root}-evil/secret`],
    ["leaf-dangling", "../out/planted"],
    ["leaf-dangling-abs", join(home, "out/planted")],
    ["leaf-environ", "/proc/self/environ"],
    ["leaf-zero", "/dev/zero"],
    ["leaf-state", join(state, "host.key")],
    ["loop", "loop"],
    ["loopa", "loopb"],
    ["loopb", "loopa"],
  ];
}

export class Ground implements Field {
  readonly secrets = [CANARY];
  readonly place: Scratch;
  readonly home: string;
  readonly root: string;
  #served: Served | undefined;

  constructor() {
    this.place = quickScratch();
    this.home = this.place.home;
    this.root = this.place.root;
    const { home, root } = this;
    for (const folder of ["out/dir/deep", "root-evil", "roo"]) {
      mkdirSync(join(home, folder), { recursive: true });
    }
    const secrets = ["out/secret", "out/dir/file", "out/dir/deep/file", "root-evil/secret", "roo/secret", "rootx"];
    for (const file of secrets) writeFileSync(join(home, file), `${CANARY} ${file}`);
    writeFileSync(join(home, "out/run.sh"), `#!/bin/sh\necho ${CANARY}\n`, { mode: 0o4755 });
    symlinkSync("secret", join(home, "out/link"));
    permitAll(this.place);
    this.lay();
    if (root !== join(home, "root")) throw new Error("the look-alikes stand beside another root");
  }

  configure(document: unknown): void {
    writeFileSync(join(this.home, "config/tollgate/tollgate.json"), JSON.stringify(document));
  }

  /** Empties the root and lays it out anew. */
  lay(): void {
    const { root } = this;
    for (const name of readdirSync(root, { encoding: "buffer" })) {
      const entry = Buffer.concat([Buffer.from(`${root}/`), name]);
      // By kind: newer Node.js follows a link that it is to remove, and leaves a dangling one.
      if (lstatSync(entry).isDirectory()) rmSync(entry, { recursive: true, force: true });
      else unlinkSync(entry);
    }
    for (const folder of ["sub/deep", "empty", "tree/below", "tree-out/below"]) {
      mkdirSync(join(root, folder), { recursive: true });
    }
    for (const file of ["own", "sub/own", "sub/deep/own", "tree/a", "tree/below/b", "tree-out/a"]) {
      writeFileSync(join(root, file), "inside");
    }
    for (const [name, target] of links(this.place)) symlinkSync(target, join(root, name));
    symlinkSync("../../out", join(root, "tree-out/below/link"));
    symlinkSync(join(this.home, "out/secret"), join(root, "tree-out/below/link-abs"));
  }

  /** Starts the server, and answers when the chain is there. */
  async start(args: readonly string[] = [this.root], cwd = this.root): Promise<void> {
    this.#served = new Served(this.place, args, cwd);
    await this.#served.initialize();
    await this.#served.call("fs.stat", { path: "." });
  }

  get served(): Served {
    if (this.#served === undefined) throw new Error("not started");
    return this.#served;
  }

  /** The root with everything in it. */
  inside(): string {
    return [...below(this.root)].map(describe).join("\n");
  }

  /** Everything of the home but the root and the chain's growing files: names, kinds, modes, links, times, contents. */
  outside(): string {
    const { state } = this.place;
    const seen = [...below(this.home, [this.root, state])].map(describe);
    for (const file of ["host.key", "host.pub"]) seen.push(describe(Buffer.from(join(state, file))));
    seen.push(readdirSync(state).sort().join(" "));
    return seen.join("\n");
  }

  /** Files in the root that hold the canary, by path; only hard links made by a test may. */
  leaked(): string[] {
    const files = [...below(this.root)].filter((path) => lstatSync(path).isFile());
    return files.filter((path) => readFileSync(path).includes(CANARY)).map(String);
  }

  async stop(): Promise<void> {
    const code = await this.#served?.close();
    this.place.remove();
    if (code !== undefined && code !== 0) throw new Error(`the server ended with ${code}`);
  }
}

/** A scratch home whose state is in memory where there is some: each effectful call waits for its disk. */
export function quickScratch(): Scratch {
  const place = scratch();
  const state = existsSync("/dev/shm") ? mkdtempSync("/dev/shm/tollgate-test-") : join(place.home, "state");
  return {
    ...place,
    state: join(state, "tollgate"),
    env: { ...place.env, XDG_STATE_HOME: state },
    remove: () => {
      place.remove();
      rmSync(state, { recursive: true, force: true });
    },
  };
}

/** Every path below a folder, no link followed, in the order of the names' bytes. */
export function* below(folder: string | Buffer, skipped: readonly string[] = []): Generator<Buffer> {
  for (const name of readdirSync(folder, { encoding: "buffer" }).sort(Buffer.compare)) {
    const path = Buffer.concat([Buffer.from(folder), Buffer.from("/"), name]);
    if (skipped.includes(path.toString())) continue;
    yield path;
    if (lstatSync(path).isDirectory()) yield* below(path, skipped);
  }
}

/** All that can be told of a path, on one line: what it is, who it is, its mode, links, times and content. */
export function describe(path: Buffer): string {
  const { mode, nlink, size, mtimeMs, ctimeMs, ino } = lstatSync(path);
  const kind = mode & 0o170000;
  const content = kind === 0o100000 ? readFileSync(path, "latin1") : kind === 0o120000 ? readlinkSync(path) : "";
  // the size of a directory is the file system's own affair
  const bytes = kind === 0o40000 ? "" : size;
  return [path.toString("latin1"), ino, mode.toString(8), nlink, bytes, mtimeMs, ctimeMs, content].join(" ");
}
