import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { safeText } from "../../src/contract/safe-text.ts";

const test = suite("safe-text");

const TABLE: readonly [string, string, string][] = [
  ["plain ASCII stays", "read /w/a b.txt", "read /w/a b.txt"],
  ["letters of other scripts stay", "grün 漢字 שלום 😀", "grün 漢字 שלום 😀"],
  ["a line break is escaped", "a\nb\r\u2028\u2029\u0085", "a\\u{a}b\\u{d}\\u{2028}\\u{2029}\\u{85}"],
  ["a terminal escape is escaped", "\u001b[2J\u009b1m\u0007\u007f", "\\u{1b}[2J\\u{9b}1m\\u{7}\\u{7f}"],
  ["bidirectional controls are escaped", "\u202e\u2066\u200f\u061c", "\\u{202e}\\u{2066}\\u{200f}\\u{61c}"],
  [
    "zero-width characters are escaped",
    "a\u200b\u200d\ufeff\u00ad\u2060",
    "a\\u{200b}\\u{200d}\\u{feff}\\u{ad}\\u{2060}",
  ],
  ["tags and variation selectors are escaped", "\u{e0041}\u{e0100}\ufe0f", "\\u{e0041}\\u{e0100}\\u{fe0f}"],
  ["fillers and blanks are escaped", "\u3164\u115f\u2800\u00a0\u2003", "\\u{3164}\\u{115f}\\u{2800}\\u{a0}\\u{2003}"],
  ["lone surrogates are escaped", "\ud800x\udc00", "\\u{d800}x\\u{dc00}"],
  ["NUL and private use are escaped", "\0\ue000\u{f0000}", "\\u{0}\\u{e000}\\u{f0000}"],
];
for (const [name, input, expected] of TABLE) test(name, () => assert.is(safeText(input, 400), expected));

test("text that is too long ends with an ellipsis inside the bound", () => {
  assert.is(safeText("abcdef", 6), "abcdef");
  assert.is(safeText("abcdefg", 6), "abcde…");
  assert.is(safeText("😀😀😀", 2), "😀…");
  assert.is(safeText("ab", 1), "…");
});

test("an escape is never cut in two", () => {
  assert.is(safeText("ab\u202ecd", 8), "ab…");
  assert.is(safeText("ab\u202e", 10), "ab\\u{202e}");
});

test("property: one visible line within the bound, whatever comes in", () => {
  const unit = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }), fc.string());
  fc.assert(
    fc.property(fc.array(unit), fc.integer({ min: 1, max: 60 }), (parts, max) => {
      const shown = safeText(`${parts.join("\u202e\ud800")}`, max);
      assert.ok([...shown].length <= max);
      assert.not.match(shown, /[\p{C}\p{Zl}\p{Zp}]/u);
      assert.is(safeText(shown, max), shown);
    }),
  );
});

test.run();
