import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { RootGrant } from "../../src/contract/permit.ts";
import { namedAncestors, normalise, placeInRoots, withPlacedPaths } from "../../src/gate/paths.ts";
import { COPY } from "./fixtures.ts";

const test = suite("gate/paths");
const root = (guestPath: string, hostPath = guestPath): RootGrant => ({ guestPath, hostPath, access: "read-write" });
const ROOTS = [root("/w"), root("/data", "/srv/data"), root("/w/inner")];

const INSIDE: readonly [string, string][] = [
  ["/w", "/w"],
  ["/w/", "/w"],
  ["/w/a/b", "/w/a/b"],
  ["a/b", "/w/a/b"],
  [".", "/w"],
  ["./a//b/./c/", "/w/a/b/c"],
  ["a/../b", "/w/b"],
  ["../data/x", "/data/x"],
  ["/data/x", "/data/x"],
  ["/srv/data/x", "/data/x"],
  ["/srv/data", "/data"],
  ["/../w/a", "/w/a"],
  ["/w/...", "/w/..."],
  ["/w/..a", "/w/..a"],
  ["/w/.hidden", "/w/.hidden"],
];
for (const [given, placed] of INSIDE) {
  test(`${given} is inside as ${placed}`, () => assert.is(placeInRoots(ROOTS, given)?.path, placed));
}

const OUTSIDE = [
  "",
  "/",
  "..",
  "../x",
  "/w-evil",
  "/w-evil/",
  "/wx/y",
  "/w/../etc/passwd",
  "a/../../etc",
  "/w/nonexistent/../../x",
  "/data-old",
  "/srv/data-old",
  "/srv",
  "/W/a",
  "/w/a\0b",
  "/w/\ud800",
  `/w/${"x".repeat(5000)}`,
  `/w/${"é".repeat(2100)}`,
];
for (const given of OUTSIDE) {
  test(`${JSON.stringify(given.slice(0, 40))} is outside`, () => assert.is(placeInRoots(ROOTS, given), undefined));
}

test("a tilde and a URL are names like any other, not places", () => {
  assert.is(placeInRoots(ROOTS, "~/x")?.path, "/w/~/x");
  assert.is(placeInRoots(ROOTS, "file:///w/a")?.path, "/w/file:/w/a");
});
test("no roots hold nothing", () => assert.is(placeInRoots([], "/w"), undefined));
test("the root / holds everything", () => {
  assert.is(placeInRoots([root("/")], "/etc/x")?.relative, "etc/x");
  assert.is(placeInRoots([root("/")], "/")?.relative, "");
  assert.equal(namedAncestors([root("/")], "/etc/x", ["", "/", "/etc", "/et", "/etc/x"]), ["/", "/etc"]);
});
test("of nested roots the innermost holds a path, and rules on the outer still reach it", () => {
  assert.is(placeInRoots(ROOTS, "/w/inner/x")?.root.guestPath, "/w/inner");
  assert.equal(namedAncestors(ROOTS, "/w/inner/d/x", ["/", "/w", "/w/inner", "/w/in", "/w/inner/d"]), [
    "/w",
    "/w/inner",
    "/w/inner/d",
  ]);
});
test("ancestors end at the root", () => {
  assert.equal(namedAncestors(ROOTS, "/data/a/b", ["/", "/data", "/data/a", "/data/a/b", "/data/a/b/c"]), [
    "/data",
    "/data/a",
  ]);
  assert.equal(namedAncestors(ROOTS, "/w", ["/", "/w"]), []);
});
test("placed paths replace path arguments only", () => {
  const args = { src: "/srv/data/x", dst: "./y", other: "./y" };
  assert.equal(withPlacedPaths(COPY, args, ROOTS), { src: "/data/x", dst: "/w/y", other: "./y" });
  const same = { src: "/w/a", dst: "/w/b" };
  assert.is(withPlacedPaths(COPY, same, ROOTS), same);
});

const component = fc.oneof(fc.constantFrom("..", ".", "", "w", "w-evil", "data", "a", "…", " "), fc.string());
const pathText = fc.array(component).map((parts) => parts.join("/"));

test("property: what is placed lies below a root by whole components, in normal form, and stays placed", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        pathText,
        pathText.map((text) => `/${text}`),
      ),
      (text) => {
        const place = placeInRoots(ROOTS, text);
        if (place === undefined) return;
        const { guestPath } = place.root;
        assert.ok(place.path === guestPath || place.path.startsWith(`${guestPath}/`));
        assert.not.match(place.path, /\/\.{0,2}(\/|$)/);
        assert.is(placeInRoots(ROOTS, place.path)?.path, place.path);
      },
    ),
    { numRuns: 1000 },
  );
});
test("property: normalise is idempotent and leaves no dots", () => {
  fc.assert(
    fc.property(pathText, (text) => {
      const once = normalise(`/${text}`);
      assert.is(normalise(once), once);
      assert.not.ok(once.split("/").some((part) => part === "." || part === ".."));
    }),
  );
});

test.run();
