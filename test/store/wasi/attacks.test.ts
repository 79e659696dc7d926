import { linkSync, mkdirSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { pathContainment, WINDOWS_NAMES } from "../../../src/store/wasi/containment-by-path.ts";
import { ERRNO } from "../../../src/store/wasi/errno.ts";
import { BROWSE, CREAT, EXCL, FOLLOW, Guest, NO_FOLLOW, READ, scratch, TRUNC, WRITE } from "./guest.ts";
import { outside } from "./outside.ts";

type Kind = "descriptors" | "paths";
const DENIED = ERRNO.notcapable;

/** The granted directory `box/root`, and beside it what no guest may see or change. */
function lay(): { readonly base: string; readonly root: string; remove(): void } {
  const place = scratch();
  const root = join(place.path, "box/root");
  mkdirSync(join(root, "deep/er"), { recursive: true });
  mkdirSync(join(place.path, "out/sub"), { recursive: true });
  writeFileSync(join(place.path, "out/secret"), "outside");
  writeFileSync(join(root, "own"), "inside");
  return { base: place.path, root, remove: place.remove };
}

interface Attack {
  /** Lays the way out, and returns a path that would be the directory `out` for who followed it. */
  readonly lay: (place: { readonly base: string; readonly root: string }, guest: Guest, kind: Kind) => string;
  /** What the guest cannot even lay where directories are held by path. */
  readonly needsGuestLinks?: true;
}

/** Makes a link, and returns the way that leads through it. */
function linked(target: string, path: string, way: string): string {
  symlinkSync(target, path);
  return way;
}

const ATTACKS: Readonly<Record<string, Attack>> = {
  dots: { lay: () => "../../out" },
  "dots behind a directory": { lay: () => "deep/er/../../../../out" },
  "an absolute path": { lay: ({ base }) => join(base, "out") },
  "a link in the middle": { lay: ({ root }) => linked("../..", join(root, "up"), "up/out") },
  "a link as the directory": { lay: ({ root }) => linked("../../out", join(root, "way"), "way") },
  "an absolute link": { lay: ({ base, root }) => linked(join(base, "out"), join(root, "way"), "deep/../way") },
  "chained links": {
    lay: ({ root }) => {
      symlinkSync("deep/second", join(root, "first"));
      symlinkSync("er/third", join(root, "deep/second"));
      symlinkSync("../../../../out", join(root, "deep/er/third"));
      return "first";
    },
  },
  "a link to the root of the process": {
    lay: ({ base, root }) => linked("/proc/self/root", join(root, "proc"), `proc${base}/out`),
  },
  "a link to the working directory of the process": {
    lay: ({ root }) => linked("/proc/self/cwd", join(root, "proc"), "proc"),
  },
  "a link to the descriptors of the process": {
    lay: ({ root }) => linked("/proc/self/fd", join(root, "proc"), "proc/0/../../out"),
  },
  "a link with the root's own name in its target": {
    lay: ({ root }) => linked(`${root}/../../out`, join(root, "way"), "way"),
  },
  "a link that the guest made and moved up": {
    needsGuestLinks: true,
    lay: (_, guest) => {
      guest.onPath("path_create_directory", "deep/er/est");
      assert.is(guest.symlink("../../../out", "deep/er/est/way"), 0, "as written it leads to the guest's own out");
      assert.is(guest.rename("deep/er/est/way", "deep/way"), 0);
      return "deep/way";
    },
  },
  "a link that the guest made in a directory that it moved up": {
    needsGuestLinks: true,
    lay: (_, guest) => {
      guest.onPath("path_create_directory", "deep/er/est");
      assert.is(guest.symlink("../../../out", "deep/er/est/way"), 0);
      assert.is(guest.rename("deep/er/est", "moved"), 0);
      return "moved/way";
    },
  },
  "a chain of links that the guest made": {
    needsGuestLinks: true,
    lay: (_, guest) => {
      // each steps back one level more than there is, once it is reached through the one before
      assert.is(guest.symlink("..", "deep/back"), 0);
      assert.is(guest.symlink("deep/back/..", "further"), 0);
      assert.is(guest.symlink("further/..", "furthest"), 0);
      return "furthest/out";
    },
  },
  "a second name, further up, for a link of the host": {
    needsGuestLinks: true,
    lay: ({ root }, guest) => {
      symlinkSync("../../../out", join(root, "deep/er/inside"));
      assert.is(guest.link("deep/er/inside", "deep/way"), 0);
      return "deep/way";
    },
  },
};

/** Every function that takes a path, on a name in the directory `path`; the errno. */
const CALLS: Readonly<Record<string, (guest: Guest, path: string) => number>> = {
  "path_open to read": (guest, path) => -guest.open(`${path}/secret`),
  "path_open of a directory": (guest, path) => -guest.open(`${path}/sub`, { oflags: 2, rights: BROWSE }),
  "path_open to write": (guest, path) => -guest.open(`${path}/secret`, { rights: READ | WRITE }),
  "path_open to make": (guest, path) => -guest.open(`${path}/new`, { oflags: CREAT, rights: WRITE }),
  "path_open to make, exclusively": (guest, path) =>
    -guest.open(`${path}/new`, { oflags: CREAT | EXCL, rights: WRITE }),
  "path_open to cut": (guest, path) => -guest.open(`${path}/secret`, { oflags: TRUNC, rights: WRITE }),
  "path_filestat_get, following": (guest, path) => guest.stat(`${path}/secret`),
  path_filestat_get: (guest, path) => guest.stat(`${path}/secret`, NO_FOLLOW),
  "path_filestat_set_times, following": (guest, path) => guest.setTimes(`${path}/secret`),
  path_filestat_set_times: (guest, path) => guest.setTimes(`${path}/secret`, NO_FOLLOW),
  path_link: (guest, path) => guest.link("own", `${path}/new`),
  "path_link from there": (guest, path) => guest.link(`${path}/secret`, "taken"),
  "path_link from there, following": (guest, path) => guest.link(`${path}/secret`, "taken", FOLLOW),
  path_rename: (guest, path) => guest.rename("own", `${path}/secret`),
  "path_rename from there": (guest, path) => guest.rename(`${path}/secret`, "taken"),
  path_symlink: (guest, path) => guest.symlink("own", `${path}/new`),
  path_readlink: (guest, path) => -Number(guest.readlink(`${path}/secret`)),
  path_unlink_file: (guest, path) => guest.onPath("path_unlink_file", `${path}/secret`),
  path_create_directory: (guest, path) => guest.onPath("path_create_directory", `${path}/new`),
  path_remove_directory: (guest, path) => guest.onPath("path_remove_directory", `${path}/sub`),
  path_status_get: (guest, path) => guest.toll("path_status_get", 3, ...guest.put(`${path}/secret`), 64),
};

for (const kind of ["descriptors", "paths"] as const) {
  const test = suite(`wasi attacks (${kind})`);
  const possible = process.platform !== "win32" && (kind === "paths" || process.platform === "linux");
  const begin = (root: string): Guest =>
    new Guest({ containment: kind }).begin({
      roots: [{ guestPath: "/w", hostPath: root, access: "read-write" }],
      hostCalls: ["path_status_get"],
    });

  for (const [name, attack] of Object.entries(ATTACKS)) {
    if (attack.needsGuestLinks && kind === "paths") continue;
    test(`${name}: no function gets outside`, () => {
      if (!possible) return;
      const place = lay();
      const guest = begin(place.root);
      const path = attack.lay(place, guest, kind);
      const before = outside(place.base, place.root);
      for (const [call, run] of Object.entries(CALLS)) {
        assert.is(run(guest, path), DENIED, call);
        assert.is(outside(place.base, place.root), before, `${call} left the outside alone`);
      }
      guest.host.end();
      guest.dispose();
      place.remove();
    });
  }

  test("a link as the leaf is followed by no function, and dangling it makes nothing", () => {
    if (!possible) return;
    const place = lay();
    symlinkSync("../../out/secret", join(place.root, "leaf"));
    symlinkSync("../../out/new", join(place.root, "dangling"));
    const guest = begin(place.root);
    const before = outside(place.base, place.root);
    for (const leaf of ["leaf", "dangling"]) {
      for (const [oflags, rights] of [
        [0, READ],
        [0, READ | WRITE],
        [CREAT, WRITE],
        [TRUNC, WRITE],
      ] as const) {
        assert.is(guest.open(leaf, { oflags, rights }), -DENIED);
        assert.is(guest.open(leaf, { oflags, rights, follow: NO_FOLLOW }), -ERRNO.loop);
      }
      assert.is(guest.open(leaf, { oflags: CREAT | EXCL, rights: WRITE }), -ERRNO.exist);
      assert.is(guest.stat(leaf), DENIED);
      assert.is(guest.setTimes(leaf), DENIED);
      assert.is(guest.link(leaf, "taken", FOLLOW), DENIED);
      assert.is(guest.onPath("path_create_directory", leaf), ERRNO.exist);
      assert.is(guest.onPath("path_remove_directory", leaf), ERRNO.notdir);
      assert.is(guest.setTimes(leaf, NO_FOLLOW), 0, "the link's own times");
      assert.is(guest.rename("own", leaf), 0, "what replaces the link is a file");
      assert.is(guest.rename(leaf, "own"), 0);
    }
    assert.is(outside(place.base, place.root), before);
    guest.host.end();
    guest.dispose();
    place.remove();
  });

  test("a directory that the guest holds open is a boundary, also after it was moved", () => {
    if (!possible) return;
    const place = lay();
    mkdirSync(join(place.root, "a/b"), { recursive: true });
    writeFileSync(join(place.root, "a/b/f"), "inside");
    const guest = begin(place.root);
    const fd = guest.open("a/b", { rights: BROWSE });
    assert.is(guest.rename("a/b", "b"), 0);
    assert.is(guest.rename("own", "a/f"), 0);
    const found = guest.contents("f", fd);
    // held by path, the directory is gone from there: that is no access at all, never another directory's
    assert.is(found, kind === "descriptors" ? "inside" : -DENIED);
    assert.is(guest.open("../f", { fd }), -DENIED);
    guest.host.end();
    guest.dispose();
    place.remove();
  });

  test.run();
}

const fallback = suite("wasi containment by paths: what guests may not do");

fallback(
  "links stay where the host put them: no guest makes, moves or doubles one, nor a directory that holds one",
  () => {
    const place = lay();
    mkdirSync(join(place.root, "holds/deep/er"), { recursive: true });
    mkdirSync(join(place.root, "free/deep"), { recursive: true });
    writeFileSync(join(place.root, "free/deep/f"), "x");
    symlinkSync("../../own", join(place.root, "holds/deep/er/link"));
    symlinkSync("own", join(place.root, "link"));
    linkSync(join(place.root, "own"), join(place.root, "hard"));
    const guest = new Guest({ containment: "paths" }).begin({
      roots: [{ guestPath: "/w", hostPath: place.root, access: "read-write" }],
    });
    assert.is(guest.symlink("own", "made"), ERRNO.notsup);
    assert.is(guest.link("link", "made"), ERRNO.notsup);
    assert.is(guest.rename("link", "made"), ERRNO.xdev);
    assert.is(guest.rename("holds", "made"), ERRNO.xdev);
    assert.is(guest.rename("holds/deep", "made"), ERRNO.xdev);
    assert.is(guest.rename("holds/deep/er", "free/made"), ERRNO.xdev);
    assert.not.ok(readdirSync(place.root).includes("made"));
    assert.is(readlinkSync(join(place.root, "link")), "own");
    const before = guest.charged;
    assert.is(guest.rename("free", "moved"), 0, "a directory without links moves");
    assert.ok(guest.charged - before > 2 * 24, "what was looked at is charged");
    assert.is(guest.rename("moved/deep/f", "f"), 0);
    assert.is(guest.link("f", "second"), 0, "a file may have a second name");
    assert.is(guest.onPath("path_unlink_file", "link"), 0, "a link may go");
    guest.host.end();
    guest.dispose();
    place.remove();
  },
);

fallback("an open is kept from a link without the help of O_NOFOLLOW", () => {
  const place = lay();
  symlinkSync("own", join(place.root, "link"));
  assert.is(pathContainment.isLink(join(place.root, "link")), true);
  assert.is(pathContainment.isLink(join(place.root, "own")), false);
  assert.is(pathContainment.isLink(join(place.root, "none")), false);
  place.remove();
});

fallback("names that Windows takes for something else are told from those that it does not", () => {
  for (const name of [
    "a:b",
    "a\\b",
    "c:",
    "nul",
    "NUL.txt",
    "com1",
    "Com\u00b2.x",
    "aux .c",
    "a.",
    "a ",
    "...",
    ".. ",
    "a*",
    "\x01",
  ]) {
    assert.ok(WINDOWS_NAMES.test(name), JSON.stringify(name));
  }
  for (const name of [".", ".a", "a.b", "null", "com", "com10", "conduit", "a b", "\u00e9", "lpt", ".con"]) {
    assert.not.ok(WINDOWS_NAMES.test(name), JSON.stringify(name));
  }
});

fallback.run();
