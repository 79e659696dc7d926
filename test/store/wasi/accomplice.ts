// A second guest, in a thread of its own, where directories are held by path: it does with the root that it shares with
// the first whatever the calls of WASI let it do, to turn a name that is none into a link that leads outside.
import { workerData } from "node:worker_threads";
import { Guest } from "./guest.ts";

const { root, flag: shared } = workerData as { readonly root: string; readonly flag: SharedArrayBuffer };
const flag = new Int32Array(shared);
const guest = new Guest({ containment: "paths" }).begin({
  roots: [{ guestPath: "/w", hostPath: root, access: "read-write" }],
});

/** A link into a directory's place, and back: by moving it, by a second name, by making one, by moving what holds it. */
function tryAll(): void {
  guest.rename("a/d", "a/real");
  guest.rename("a/link", "a/d");
  guest.rename("a/d", "a/link");
  guest.link("a/link", "a/d");
  guest.symlink("../../out", "a/d");
  guest.onPath("path_unlink_file", "a/d");
  guest.rename("a/real", "a/d");
  guest.rename("p", "p.real");
  guest.rename("q", "p");
  guest.rename("p", "q");
  guest.rename("p.real", "p");
}

let rounds = 0;
while (Atomics.load(flag, 0) === 0) {
  tryAll();
  Atomics.store(flag, 1, ++rounds);
}
guest.host.end();
guest.dispose();
