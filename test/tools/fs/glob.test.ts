import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runTool, scratch } from "../tool-run.ts";

const test = suite("fs.glob");
const { root, outside, dispose } = scratch();
const FILES = ["a", "b.ts", ".h", "ab/a", "ab/b.ts", "ab/.h/x", "ab/c/a", "ab/c/b.ts", "c/é", "c/[x]", "a-b", "ab.ts"];
const paths = new Set<string>();
for (const file of FILES) {
  mkdirSync(join(root, file, ".."), { recursive: true });
  writeFileSync(join(root, file), "");
  for (let path = file; path !== "."; path = join(path, "..")) paths.add(path);
}
symlinkSync("ab", join(root, "link"));
symlinkSync("../outside", join(root, "out"));
writeFileSync(join(outside, "a"), "");
paths.add("link").add("out");
const all = [...paths].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

const glob = (args: object) => runTool("fs.glob", { pattern: "*", ...args }, [root]);
const found = (pattern: string) => glob({ pattern }).answer.matches.map((path: string) => path.slice(root.length + 1));

test.after(dispose);

/** All patterns without braces that a pattern stands for. */
function expand(pattern: string): string[] {
  let depth = 0;
  let open = -1;
  const commas: number[] = [];
  for (let i = 0; i < pattern.length; i++) {
    if (pattern[i] === "{" && depth++ === 0) open = i;
    else if (pattern[i] === "," && depth === 1) commas.push(i);
    else if (pattern[i] === "}" && --depth === 0) {
      const cuts = [open, ...commas, i];
      const rest = pattern.slice(i + 1);
      return cuts
        .slice(1)
        .flatMap((cut, n) => expand(pattern.slice(0, open) + pattern.slice(cuts[n]! + 1, cut) + rest));
    }
  }
  return [pattern];
}

/** The obvious recursive matcher, exponential and by characters, over components. */
function matches(pattern: readonly string[], path: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return path.length === 0;
  if (first === "**") {
    if (rest.length === 0) return path.length > 0;
    return matches(rest, path) || (path.length > 0 && matches(pattern, path.slice(1)));
  }
  return path.length > 0 && component([...first], [...path[0]!]) && matches(rest, path.slice(1));
}

function component(pattern: readonly string[], name: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return name.length === 0;
  if (first === "*") return component(rest, name) || (name.length > 0 && component(pattern, name.slice(1)));
  if (name.length === 0) return false;
  if (first === "[") {
    const close = pattern.indexOf("]", 2);
    const negated = pattern[1] === "!";
    const set = pattern.slice(negated ? 2 : 1, close).join("");
    const [low, dash, high] = set;
    const inside = dash === "-" ? name[0]! >= low! && name[0]! <= high! : set.includes(name[0]!);
    return inside !== negated && component(pattern.slice(close + 1), name.slice(1));
  }
  return (first === "?" || first === name[0]) && component(rest, name.slice(1));
}

const piece = fc.constantFrom("a", "b", "c", ".", "ts", "*", "?", "é", "[ab]", "[a-c]", "[!a]", "-", "link");
const { pattern: anyPattern } = fc.letrec<{ pattern: string; component: string; name: string }>((tie) => ({
  pattern: fc.array(tie("component"), { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/")),
  component: fc.oneof(
    { depthSize: "small" },
    fc.constant("**"),
    tie("name"),
    fc.tuple(tie("name"), tie("name")).map(([a, b]) => `{${a}/${b},**}`),
  ),
  name: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.array(piece, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("").replace(/\*+/g, "*")),
    fc.tuple(tie("name"), tie("name"), fc.constantFrom("", "*", "b")).map(([a, b, c]) => `{${a},${b}}${c}`),
  ),
}));

test("agrees with a plain recursive matcher on small patterns", () => {
  fc.assert(
    fc.property(anyPattern, (pattern) => {
      fc.pre(!/^\.\.?(\/|$)/.test(pattern)); // refused, or dropped
      // Stars that meet when braces are expanded are no `**`, which is set aside before.
      const plain = expand(pattern.replaceAll("**", "\u0001")).map((one) =>
        one.split("/").map((part) => (part === "\u0001" ? "**" : part.replace(/\*+/g, "*"))),
      );
      const entered = (path: string) => !path.startsWith("link/") && !path.startsWith("out/");
      const want = all.filter((path) => entered(path) && plain.some((one) => matches(one, path.split("/"))));
      assert.equal(found(pattern), want, pattern);
    }),
    { numRuns: 400 },
  );
});

for (const [pattern, want] of [
  ["*", ["a", "a-b", "ab", "ab.ts", "b.ts", "c", "link", "out", ".h"]],
  ["**/*.ts", ["ab.ts", "ab/b.ts", "ab/c/b.ts", "b.ts"]],
  ["ab/**", ["ab/.h", "ab/.h/x", "ab/a", "ab/b.ts", "ab/c", "ab/c/a", "ab/c/b.ts"]],
  ["**/c/**", ["ab/c/a", "ab/c/b.ts", "c/[x]", "c/é"]],
  ["*/", ["ab", "c"]],
  ["c/\\[x\\]", ["c/[x]"]],
  ["c/[[]x]", ["c/[x]"]],
  ["c/?", ["c/é"]],
  ["./a", ["a"]],
  ["{a,{b.ts,c/{é,x}}}", ["a", "b.ts", "c/é"]],
  ["A", []],
  ["link/*", []],
  ["b", []],
] as const) {
  test(`finds ${want.length} of ${pattern}`, () => {
    assert.equal(found(pattern).sort(), [...want].sort());
  });
}

test("paths are sorted, absolute and fit the other tools", () => {
  const { matches: got } = glob({ pattern: "**" }).answer;
  assert.equal(
    got,
    all.map((path) => join(root, path)),
  );
  for (const path of got.slice(0, 5)) assert.ok(runTool("fs.stat", { path }, [root]).ok);
});

test("limit keeps the first in order and says that there are more", () => {
  const { answer } = glob({ pattern: "**", limit: 3 });
  assert.equal(answer, { matches: all.slice(0, 3).map((path) => join(root, path)), count: 3, truncated: true });
  assert.is(glob({ pattern: "**", limit: all.length }).answer.truncated, false);
});

test("base_dir is searched alone, and must be a folder inside the roots", () => {
  assert.equal(glob({ pattern: "*", base_dir: "ab/c" }).answer.matches, [
    join(root, "ab/c/a"),
    join(root, "ab/c/b.ts"),
  ]);
  for (const [base_dir, code] of [
    ["missing", "file-not-found"],
    ["a", "not-a-directory"],
    ["out", "permission-denied"],
    [outside, "permission-denied"],
  ] as const) {
    assert.is(glob({ base_dir }).answer.code, code, base_dir);
  }
});

test("malformed patterns are refused with the place", () => {
  for (const pattern of ["{a", "a}", "[a", "[", "[!", "a\\", "/a", "../a", "[z-a]", "{".repeat(40)]) {
    assert.is(glob({ pattern }).answer.code, "invalid-pattern", pattern);
  }
  assert.equal(glob({ pattern: "ab[c" }).answer.data, { offset: 2 });
});

test("patterns that ruin backtracking matchers cost little", () => {
  writeFileSync(join(root, "a".repeat(250)), "");
  for (const pattern of [
    `${"*a".repeat(500)}b`,
    `${"**/".repeat(300)}b`,
    `${"{a,a}".repeat(200)}b`,
    `${"?*".repeat(400)}b`,
  ]) {
    const { answer, usage } = glob({ pattern });
    assert.is(answer.count, 0);
    assert.ok(usage.fuelConsumed < 60_000_000, `${usage.fuelConsumed}`);
  }
});

test.run();
