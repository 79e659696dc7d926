import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ERRNO } from "../../../src/store/wasi/errno.ts";
import { probePath } from "../../../src/store/wasi/probe.ts";
import { ALL, BROWSE, CREAT, Guest, NO_FOLLOW, READ, scratch, TRUNC, WRITE } from "./guest.ts";
import { outside } from "./outside.ts";

const DENIED = ERRNO.notcapable;
const POSIX = process.platform !== "win32";
/** The right `fd_filestat_set_times` (witx: $rights, bit 23). */
const SET_TIMES = 1n << 23n;

/**
 * A granted directory `box/inner` beside files that no guest may see or change. Every way out that is known to have
 * worked somewhere is laid into it.
 */
function lay(): { base: string; root: string; remove(): void } {
  const place = scratch();
  const root = join(place.path, "box/inner");
  mkdirSync(join(root, "deep/er/est"), { recursive: true });
  mkdirSync(join(place.path, "outdir"));
  mkdirSync(join(place.path, "box/inner-evil"));
  writeFileSync(join(place.path, "box/inner-evil/secret"), "outside");
  writeFileSync(join(place.path, "box/secret"), "outside");
  writeFileSync(join(place.path, "outdir/secret"), "outside");
  writeFileSync(join(root, "own"), "inside");
  writeFileSync(join(root, "deep/er/est/own"), "inside");
  const links: [string, string][] = [
    ["up", ".."],
    ["upup", "../.."],
    ["chain", "up"],
    ["deep/chain", "../chain"],
    ["abs", place.path],
    ["absdir", join(place.path, "outdir")],
    ["absfile", join(place.path, "outdir/secret")],
    ["relfile", "../secret"],
    ["lookalike", join(place.path, "box/inner-evil")],
    ["dangling", join(place.path, "outdir/new")],
    ["reldangling", "../new"],
    ["deep/er/mid", "../../.."],
    ["slash", "/"],
    ["procroot", "/proc/self/root"],
    ["tricky", `${root}/../secret`],
    ["loop", "loop"],
    ["loopa", "loopb"],
    ["loopb", "loopa"],
  ];
  for (const [name, target] of links) symlinkSync(target, join(root, name));
  return { base: place.path, root, remove: place.remove };
}

const ESCAPES = [
  "..",
  "../secret",
  "./../secret",
  "deep/../../secret",
  "deep/er/../../../secret",
  "/etc/passwd",
  "//etc/passwd",
  "up/secret",
  "up/inner/own",
  "upup/outdir/secret",
  "chain/secret",
  "deep/chain/secret",
  "abs/outdir/secret",
  "absdir/secret",
  "absfile",
  "absfile/",
  "relfile",
  "lookalike/secret",
  "deep/er/mid/secret",
  "slash/etc/passwd",
  "procroot/etc/passwd",
  "tricky",
];

for (const containment of ["descriptors", "paths"] as const) {
  const test = suite(`wasi containment by ${containment}`);
  let place = lay();
  let guest = new Guest();
  let before = "";
  let skip = false;

  test.before.each(() => {
    skip = containment === "descriptors" && process.platform !== "linux";
    place.remove();
    place = lay();
    guest = new Guest({ containment }).begin({
      roots: [{ guestPath: "/w", hostPath: place.root, access: "read-write" }],
    });
    before = outside(place.base, place.root);
  });
  test.after.each(() => {
    guest.host.end();
    guest.dispose();
  });
  test.after(() => place.remove());

  const check = (name: string, body: () => void): void => {
    test(name, () => {
      if (skip || !POSIX) return;
      body();
      assert.is(outside(place.base, place.root), before, "the outside is unchanged");
    });
  };

  check("no path leads an open outside, for reading, writing or making", () => {
    for (const path of ESCAPES) {
      for (const [oflags, rights] of [
        [0, READ],
        [0, READ | WRITE],
        [CREAT, WRITE],
        [TRUNC, WRITE],
      ] as const) {
        assert.is(guest.open(path, { oflags, rights }), -DENIED, `${path} ${oflags}`);
      }
    }
  });

  check("no path leads any other call outside", () => {
    for (const path of ESCAPES) {
      const parent = `${path}/x`;
      assert.is(guest.stat(path), DENIED, `stat ${path}`);
      assert.is(guest.setTimes(path), DENIED, `set_times ${path}`);
      assert.is(guest.onPath("path_create_directory", parent), DENIED, `mkdir ${parent}`);
      assert.is(guest.onPath("path_remove_directory", parent), DENIED, `rmdir ${parent}`);
      assert.is(guest.onPath("path_unlink_file", parent), DENIED, `unlink ${parent}`);
      assert.is(guest.rename(parent, "taken"), DENIED, `rename ${parent}`);
      assert.is(guest.rename("own", parent), DENIED, `rename to ${parent}`);
      assert.is(guest.link(parent, "taken"), DENIED, `link ${parent}`);
      assert.is(guest.link("own", parent), DENIED, `link to ${parent}`);
      assert.is(guest.symlink("own", parent), DENIED, `symlink ${parent}`);
      assert.is(guest.readlink(parent), -DENIED, `readlink ${parent}`);
    }
  });

  check("dangling links make nothing outside", () => {
    for (const path of ["dangling", "reldangling", "up/new", "absdir/new"]) {
      assert.is(guest.open(path, { oflags: CREAT, rights: WRITE }), -DENIED, path);
    }
  });

  check("links are not followed when the guest says so, and removing one removes the link", () => {
    assert.is(guest.open("absfile", { follow: NO_FOLLOW }), -ERRNO.loop);
    assert.is(guest.stat("absfile", NO_FOLLOW), 0);
    assert.is(guest.onPath("path_unlink_file", "absfile"), 0);
    assert.is(guest.onPath("path_unlink_file", "absdir"), 0);
    assert.is(guest.onPath("path_remove_directory", "up"), ERRNO.notdir);
    const moves = containment === "descriptors";
    assert.is(guest.rename("upup", "renamed"), moves ? 0 : ERRNO.xdev);
    assert.is(readlinkSync(join(place.root, moves ? "renamed" : "upup")), "../..");
    assert.is(guest.setTimes("abs", NO_FOLLOW), 0);
  });

  check("loops end", () => {
    assert.is(guest.open("loop"), -ERRNO.loop);
    assert.is(guest.stat("loopa"), ERRNO.loop);
    assert.is(guest.open("loop/x"), -ERRNO.loop);
  });

  check("a missing directory does not make the rest of the path unchecked", () => {
    assert.is(guest.open("missing/../../secret"), -ERRNO.noent);
    assert.is(guest.open("own/../../secret"), -ERRNO.notdir);
  });

  check("links inside work, relative and absolute, also through the middle of a path", () => {
    symlinkSync("deep/er", join(place.root, "in"));
    symlinkSync(join(place.root, "deep"), join(place.root, "absin"));
    symlinkSync("../../../own", join(place.root, "deep/er/est/back"));
    symlinkSync("/w/deep", join(place.root, "guestabs"));
    symlinkSync(place.root, join(place.root, "self"));
    assert.is(guest.contents("in/est/own"), "inside");
    assert.is(guest.contents("absin/er/est/own"), "inside");
    assert.is(guest.contents("in/../own"), -ERRNO.noent, ".. after a link steps back from where the link led");
    assert.is(guest.contents("in/../er/est/own"), "inside");
    assert.is(guest.contents("deep/er/est/back"), "inside", "a link that steps back along every level");
    assert.is(guest.contents("guestabs/er/est/own"), "inside");
    assert.is(guest.contents("self/self/own"), "inside");
    assert.is(guest.contents("deep/er/est/../../../own"), "inside");
    assert.is(guest.contents("./deep//er/./est/own"), "inside");
    assert.is(guest.contents("own/"), -ERRNO.notdir);
  });

  check("a directory opened by the guest is a boundary of its own", () => {
    assert.is(guest.contents("own", guest.open(".", { rights: BROWSE })), "inside");
    assert.is(guest.contents("er/est/own", guest.open("deep/.", { rights: BROWSE })), "inside");
    const fd = guest.open("deep/er", { rights: BROWSE });
    assert.is(guest.contents("est/own", fd), "inside");
    assert.is(guest.open("../../own", { fd }), -DENIED);
    assert.is(guest.open("est/../../x", { fd }), -DENIED);
  });

  check("guest links may only be relative and lead inside, and are checked again at use", () => {
    if (containment === "paths") {
      assert.is(guest.symlink("own", "made"), ERRNO.notsup);
      return;
    }
    for (const target of ["/etc", "../x", "deep/../../x", "a/../../b", ".."]) {
      assert.is(guest.symlink(target, "made"), DENIED, target);
    }
    assert.is(guest.symlink("../own", "deep/made"), 0);
    assert.is(guest.contents("deep/made"), "inside");
    // moved up, the same link would lead outside
    assert.is(guest.rename("deep/made", "moved"), 0);
    assert.is(guest.open("moved"), -DENIED);
    assert.is(guest.symlink("../../../own", "deep/er/est/three"), 0);
    assert.is(guest.contents("deep/er/est/three"), "inside");
    assert.is(guest.symlink("../../../../own", "deep/er/est/four"), DENIED);
  });

  check("a root that is itself a link works, and a look-alike sibling is outside", () => {
    guest.host.end();
    guest.dispose();
    symlinkSync(place.root, join(place.base, "alias"));
    before = outside(place.base, place.root);
    guest = new Guest({ containment }).begin({
      roots: [{ guestPath: "/w", hostPath: join(place.base, "alias"), access: "read-write" }],
    });
    assert.is(guest.contents("own"), "inside");
    assert.is(guest.open("../inner-evil/secret"), -DENIED);
    assert.is(guest.open("lookalike/secret"), -DENIED);
  });

  check("names that no file can have are refused by kind", () => {
    assert.is(guest.open(""), -ERRNO.noent);
    assert.is(guest.open("own\0x"), -ERRNO.inval);
    assert.is(guest.open(Uint8Array.of(0x6f, 0xff)), -ERRNO.ilseq);
    assert.is(guest.open(Uint8Array.of(0xed, 0xa0, 0x80)), -ERRNO.ilseq, "a lone surrogate");
    assert.is(guest.open("x".repeat(256)), -ERRNO.nametoolong);
    assert.is(guest.open("x/".repeat(4000)), -ERRNO.nametoolong);
    assert.is(guest.contents(`${"./".repeat(2000)}own`), "inside");
  });

  check("both Unicode forms of a name are two names, each usable", () => {
    for (const name of ["caf\u00e9", "cafe\u0301", "\ufffd", "\u{1f600}"]) {
      const fd = guest.open(name, { oflags: CREAT, rights: ALL });
      assert.ok(fd > 0, name);
      guest.write(fd, name);
      assert.is(guest.contents(name), name);
    }
  });

  check("a hard link that leads outside was made by the host; a guest cannot make one", () => {
    assert.is(guest.link("relfile", "taken", 1), DENIED);
    if (containment === "paths") {
      assert.is(guest.link("relfile", "taken"), ERRNO.notsup);
      return;
    }
    assert.is(guest.link("relfile", "taken"), 0, "a link itself may have a second name");
    assert.ok(lstatSync(join(place.root, "taken")).isSymbolicLink());
  });

  check("the probe sees what a guest would, and nothing outside", () => {
    const grant = { guestPath: "/w", hostPath: place.root, access: "read-write" } as const;
    assert.equal(probePath(grant, "own"), {
      kind: "file",
      size: 6,
      mode: statSync(join(place.root, "own")).mode & 0o7777,
    });
    assert.is(probePath(grant, "deep/er").kind, "directory");
    assert.is(probePath(grant, "").kind, "directory");
    assert.is(probePath(grant, "nothing").kind, "missing");
    assert.is(probePath(grant, "own/x").kind, "missing");
    assert.is(probePath(grant, "absfile").kind, "symlink");
    for (const path of ESCAPES.filter((path) => !["absfile", "absfile/", "relfile", "tricky"].includes(path))) {
      assert.is(probePath(grant, path).kind, "denied", path);
    }
    assert.is(probePath(grant, "a\0b").kind, "denied");
    assert.is(probePath({ ...grant, hostPath: join(place.base, "gone") }, "x").kind, "missing");
    assert.is(probePath(grant, "own", [{ hostPath: join(place.root, "own"), access: "none" }]).kind, "denied");
  });

  check("after every run no descriptor is left, whatever failed", () => {
    if (containment === "paths") return;
    const count = (): number => readdirSync("/proc/self/fd").length;
    const roots = [{ guestPath: "/w", hostPath: place.root, access: "read-write" }] as const;
    guest.host.end();
    const at = count();
    guest.begin({ roots });
    for (const path of [...ESCAPES, "loop", "own", "deep/er/est/own", "deep/er/est/none", "deep/er/mid/x"]) {
      const fd = guest.open(path);
      if (fd > 0) guest.call("fd_close", fd);
      guest.stat(path);
      guest.rename(path, `${path}/y`);
      guest.link(path, `deep/er/${basename(path)}/z`);
      guest.onPath("path_create_directory", `${path}/y`);
    }
    guest.host.end();
    assert.is(count(), at);
    guest.begin({ roots });
    for (let i = 0; i < 100; i++) {
      mkdirSync(join(place.root, `many/d${i}/e`), { recursive: true });
      assert.is(guest.stat(`many/d${i}/e/none`), ERRNO.noent);
    }
    assert.is(count(), at + 32, "directories that are held for the next name in them are bounded");
    guest.host.end();
    assert.is(count(), at);
    guest.begin({ roots });
  });

  check(
    "a file with a second name outside can be read and its name removed, but nothing that the names share changes",
    () => {
      linkSync(join(place.base, "box/secret"), join(place.root, "shared"));
      before = outside(place.base, place.root);
      assert.is(guest.contents("shared"), "outside");
      for (const [oflags, rights] of [
        [0, READ | WRITE],
        [CREAT, WRITE],
        [TRUNC, WRITE],
        [CREAT | TRUNC, READ | WRITE],
      ] as const) {
        assert.is(guest.open("shared", { oflags, rights }), -ERRNO.perm, `${oflags} ${rights}`);
      }
      assert.is(guest.setTimes("shared"), ERRNO.perm);
      const fd = guest.open("shared", { rights: READ | SET_TIMES });
      assert.is(guest.call("fd_filestat_set_times", fd, 0n, 0n, 5), ERRNO.perm);
      assert.ok(existsSync(join(place.root, "shared")));
    },
  );

  test.run();
}
