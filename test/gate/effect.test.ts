import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EFFECT_DIMENSIONS, type EffectDimension, type EffectTerm, lengthOf } from "../../src/contract/effect.ts";
import type { JsonObject } from "../../src/contract/json.ts";
import type { ToolManifest } from "../../src/contract/manifest.ts";
import { subjectOf } from "../../src/gate/call-subject.ts";
import { effectProblem, raise, scoreEffect } from "../../src/gate/effect.ts";
import { type CallFacts, placePaths } from "../../src/gate/placed-paths.ts";
import { secretIn } from "../../src/gate/privacy.ts";
import { COPY, LIST, MANIFESTS, READ, REMOVE, ROOT, WRITE, ZERO } from "./fixtures.ts";

const test = suite("gate/effect");

function scored(tool: ToolManifest, args: JsonObject, targets: CallFacts["targets"] = {}) {
  const placed = placePaths(tool, args, { targets }, [ROOT]);
  if ("code" in placed) throw new Error(placed.message);
  return scoreEffect(tool.effect, subjectOf(tool, args, placed.paths), 1);
}
const FILE = { path: { kind: "file" } } as const;
const NEW = { path: { kind: "missing" } } as const;

const RAISED: readonly [
  string,
  ToolManifest,
  JsonObject,
  CallFacts["targets"],
  Partial<Record<EffectDimension, number>>,
][] = [
  ["a plain read is its base", READ, { path: "a.txt" }, {}, {}],
  ["a plain new file is its base", WRITE, { path: "a.txt", content: "x" }, NEW, {}],
  ["a write over a file is riskier", WRITE, { path: "a.txt", content: "x" }, FILE, { risk: 0.15 }],
  ["an unknown target counts as one that exists", WRITE, { path: "a.txt", content: "x" }, {}, { risk: 0.15 }],
  [
    "a target that nobody may look at counts as one that exists",
    WRITE,
    { path: "a.txt" },
    { path: { kind: "denied" } },
    { risk: 0.15 },
  ],
  ["appending replaces nothing", WRITE, { path: "a.txt", content: "x", append: true }, FILE, {}],
  ["a copy onto a file", COPY, { src: "a", dst: "b" }, { dst: { kind: "file" } }, { risk: 0.15 }],
  ["a copy that may not overwrite", COPY, { src: "a", dst: "b", overwrite: false }, { dst: { kind: "file" } }, {}],
  ["removing a tree", REMOVE, { path: "d", recursive: true }, {}, { risk: 0.2 }],
  ["removing one file", REMOVE, { path: "d" }, {}, {}],
  ["a dot-file", WRITE, { path: ".editorconfig" }, NEW, { risk: 0.2 }],
  ["inside .git", WRITE, { path: ".git/HEAD" }, NEW, { risk: 0.2 }],
  ["a lock file", WRITE, { path: "package-lock.json" }, NEW, { risk: 0.2 }],
  ["reading a dot-file is no risk", READ, { path: ".editorconfig" }, {}, {}],
  ["reading .env", READ, { path: ".env" }, {}, { privacy: 0.5 }],
  ["reading .ENV, as a folding file system would", READ, { path: "x/.ENV" }, {}, { privacy: 0.5 }],
  ["reading .env.local", READ, { path: ".env.local" }, {}, { privacy: 0.5 }],
  ["an example of .env is none", READ, { path: ".env.example" }, {}, {}],
  ["reading a private key by name", READ, { path: "keys/id_ed25519" }, {}, { privacy: 0.5 }],
  ["a public key is public", READ, { path: ".ssh/id_ed25519.pub" }, {}, {}],
  ["reading a certificate's key", READ, { path: "server.pem" }, {}, { privacy: 0.5 }],
  ["listing .ssh", LIST, { base_dir: ".ssh", pattern: "*" }, {}, { privacy: 0.5 }],
  ["a source file about tokens is none", READ, { path: "src/token-parser.ts" }, {}, {}],
  ["writing a token", WRITE, { path: "a.txt", content: `x ghp_${"a".repeat(36)}` }, NEW, { privacy: 0.5 }],
  [
    "writing a token in base64",
    WRITE,
    { path: "a.txt", content: Buffer.from(`x ghp_${"a".repeat(36)}`).toString("base64"), encoding: "base64" },
    NEW,
    { privacy: 0.5 },
  ],
  ["writing a program", WRITE, { path: "run.sh" }, NEW, { security: 0.3 }],
  ["writing what begins like a program", WRITE, { path: "run", content: "#!/bin/sh\n" }, NEW, { security: 0.3 }],
  ["writing a shell start-up file", WRITE, { path: ".bashrc" }, NEW, { risk: 0.2, security: 0.7 }],
  ["writing the host's configuration", WRITE, { path: "tollgate.json" }, NEW, { security: 1 }],
  ["writing a policy", WRITE, { path: "p/My.Cedar" }, NEW, { security: 1 }],
  ["writing a workflow", WRITE, { path: ".github/workflows/ci.yml" }, NEW, { risk: 0.2, security: 0.5 }],
  ["writing a git hook", WRITE, { path: ".git/hooks/pre-commit" }, NEW, { risk: 0.2, security: 0.7 }],
  ["reading a program is no matter of security", READ, { path: "run.sh" }, {}, {}],
];
for (const [name, tool, args, targets, expected] of RAISED) {
  test(name, () => {
    const { vector, base, terms } = scored(tool, args, targets);
    for (const dimension of EFFECT_DIMENSIONS) {
      const difference = vector[dimension] - base[dimension];
      assert.ok(Math.abs(difference - (expected[dimension] ?? 0)) < 1e-3, `${dimension} raised by ${difference}`);
    }
    for (const term of terms) assert.match(term.reason, /^[ -~]{10,300}$/);
  });
}

const HOSTILE: readonly [string, unknown][] = [
  ["NaN", { ...ZERO, risk: Number.NaN }],
  ["infinite", { ...ZERO, risk: Number.POSITIVE_INFINITY }],
  ["negative", { ...ZERO, privacy: -0.1 }],
  ["above one", { ...ZERO, security: 1.0000001 }],
  ["a string", { ...ZERO, risk: "0.1" }],
  ["null", { ...ZERO, risk: null }],
  ["a bigint", { ...ZERO, risk: 0n }],
  ["a missing key", { risk: 0, fairness: 0, privacy: 0, novelty: 0 }],
  ["an extra key", { ...ZERO, luck: 0 }],
  ["a symbol key", { ...ZERO, [Symbol("x")]: 0 }],
  ["an inherited key", Object.create(ZERO)],
  ["an array", [0, 0, 0, 0, 0]],
  ["nothing", undefined],
];
for (const [name, effect] of HOSTILE) {
  test(`a base effect that is ${name} is refused`, () => assert.type(effectProblem(effect), "string"));
}
test("a base effect at its bounds is accepted", () => {
  assert.is(effectProblem(ZERO), undefined);
  assert.is(effectProblem({ ...ZERO, risk: 1, security: 1 }), undefined);
});

test("the score is the Euclidean length, and a sum of decimals is the decimal", () => {
  assert.is(lengthOf({ ...ZERO, risk: 0.3, privacy: 0.4 }), 0.5);
  assert.is(lengthOf(raise({ ...ZERO, risk: 0.1 }, [{ dimension: "risk", amount: 0.2, reason: "" }])), 0.3);
  assert.is(lengthOf({ risk: 1, fairness: 1, privacy: 1, novelty: 1, security: 1 }), 2.236067977);
});

test("what is not scored from history is named", () => {
  assert.equal(scored(READ, { path: "a" }).unscored, ["fairness", "novelty"]);
});

test("secrets are found by shape, not by word", () => {
  assert.is(secretIn("-----BEGIN OPENSSH PRIVATE KEY-----"), "a private key");
  assert.is(secretIn("-----BEGIN CERTIFICATE-----"), undefined);
  assert.is(secretIn("ghp_ghp_ghp_ the password is sk-short npm_install"), undefined);
  assert.is(secretIn(`eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.sig`), "a signed web token");
  assert.is(secretIn("AKIA".repeat(60_000)), "an AWS access key");
  assert.is(secretIn(".eyJ".repeat(60_000)), undefined);
});

const unitNumber = fc.double({ min: 0, max: 1, noNaN: true });
const vector = fc.record({
  risk: unitNumber,
  fairness: unitNumber,
  privacy: unitNumber,
  novelty: unitNumber,
  security: unitNumber,
});
const term: fc.Arbitrary<EffectTerm> = fc.record({
  dimension: fc.constantFrom(...EFFECT_DIMENSIONS),
  amount: fc.oneof(unitNumber, fc.double()),
  reason: fc.constant(""),
});
test("property: no list of terms lowers a dimension or the score, or leaves 0..1", () => {
  fc.assert(
    fc.property(vector, fc.array(term), (base, terms) => {
      const raised = raise(base, terms);
      for (const dimension of EFFECT_DIMENSIONS) {
        assert.ok(raised[dimension] >= base[dimension] - 1e-9 && raised[dimension] <= 1);
      }
      assert.ok(lengthOf(raised) >= lengthOf(base) - 1e-8);
    }),
  );
});

const anyPath = fc.array(fc.constantFrom(".git", ".env", "a", "id_rsa", "x.sh", "hooks", "tollgate.json", "é"), {
  minLength: 1,
});
test("property: whatever a call says, it never scores below its tool's base", () => {
  fc.assert(
    fc.property(fc.constantFrom(...MANIFESTS), anyPath, fc.boolean(), fc.string(), (tool, parts, flag, content) => {
      const path = parts.join("/");
      const args = {
        path,
        src: path,
        dst: path,
        base_dir: path,
        recursive: flag,
        append: flag,
        overwrite: flag,
        content,
      };
      const { base, vector: raised, score } = scored(tool, args);
      for (const dimension of EFFECT_DIMENSIONS) assert.ok(raised[dimension] >= base[dimension]);
      assert.ok(score >= lengthOf(base));
    }),
  );
});

test.run();
