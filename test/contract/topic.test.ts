import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { covers, matchesTopic, patternProblem, topicProblem } from "../../src/contract/topic.ts";

/** What it means for a pattern to match, said as plainly as possible. */
function matches(pattern: readonly string[], topic: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return topic.length === 0;
  if (first === "**") return matches(rest, topic) || (topic.length > 0 && matches(pattern, topic.slice(1)));
  return topic.length > 0 && (first === "*" || first === topic[0]) && matches(rest, topic.slice(1));
}

const segment = fc.constantFrom("a", "b", "c");
const topic = fc.array(segment, { minLength: 1, maxLength: 6 }).map((parts) => parts.join("."));
const pattern = fc
  .array(fc.oneof(segment, fc.constantFrom("*", "**")), { minLength: 1, maxLength: 6 })
  .map((parts) => parts.join("."));

/** All topics of up to five segments of two names that patterns may hold and one that none does. */
function* allTopics(left = 5, before: readonly string[] = []): Generator<string> {
  if (before.length > 0) yield before.join(".");
  if (left > 0) for (const part of ["a", "b", "z"]) yield* allTopics(left - 1, [...before, part]);
}
const ALL = [...allTopics()];

test("a pattern matches what its definition says, whatever it is", () => {
  fc.assert(
    fc.property(pattern, topic, (p, t) => assert.is(matchesTopic(p, t), matches(p.split("."), t.split(".")))),
    { numRuns: 5000 },
  );
});

test("where one pattern covers another, every topic that the inner one matches is matched by the outer one", () => {
  let yes = 0;
  fc.assert(
    fc.property(pattern, pattern, (outer, inner) => {
      if (!covers(outer, inner)) return;
      yes++;
      for (const one of ALL)
        if (matchesTopic(inner, one)) assert.ok(matchesTopic(outer, one), `${outer} covers ${inner}, but not ${one}`);
    }),
    { numRuns: 3000 },
  );
  assert.ok(yes > 100, "hardly any pair was covered: the property said nothing");
});

test("covering is reflexive and goes through", () => {
  fc.assert(
    fc.property(pattern, pattern, pattern, (a, b, c) => {
      assert.ok(covers(a, a), a);
      if (covers(a, b) && covers(b, c)) assert.ok(covers(a, c), `${a} ${b} ${c}`);
    }),
    { numRuns: 5000 },
  );
});

test("the cases that a reader would try", () => {
  for (const [outer, inner, yes] of [
    ["**", "a.b.c", true],
    ["**", "**", true],
    ["*", "**", false],
    ["*", "a", true],
    ["a.*", "a.b", true],
    ["a.*", "a", false],
    ["a.**", "a", true],
    ["a.**", "a.*.b", true],
    ["a.*.b", "a.**.b", false],
    ["a.**.b", "a.b", true],
    ["a.**.b", "a.c.**.b", true],
    ["a", "*", false],
    ["a.b", "a.bb", false],
  ] as const)
    assert.is(covers(outer, inner), yes, `${outer} ${inner}`);
});

test("what is no topic or pattern is said in words", () => {
  for (const good of ["a", "A-1_b.c", Array(16).fill("a").join(".")]) {
    assert.is(topicProblem(good), undefined);
    assert.is(patternProblem(good), undefined);
  }
  for (const good of ["*", "**", "a.*.**"]) {
    assert.is(patternProblem(good), undefined);
    assert.ok(topicProblem(good));
  }
  const bad = ["", ".", "a.", ".a", "a..b", "a/b", "a b", "a\n", "ä", "a*", "***", "a.\0", "a".repeat(65)];
  for (const text of [...bad, Array(17).fill("a").join("."), "a.".repeat(200)]) {
    assert.ok(topicProblem(text), JSON.stringify(text));
    assert.ok(patternProblem(text), JSON.stringify(text));
  }
});

test("a pattern of many ** takes no longer than its length allows", () => {
  const many = Array(16).fill("**").join(".");
  assert.ok(covers(many, many));
  assert.not(covers(`${many}.a`, Array(16).fill("b").join(".")));
});

test.run();
