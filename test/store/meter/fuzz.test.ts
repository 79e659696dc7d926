import { readdirSync, readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fuzzCheck, fuzzCorpus, fuzzModule, minimised, newCounts } from "./fuzz.ts";
import { body, functions, rawModule } from "./module-bytes.ts";

const ROUNDS = Number(process.env.ROUNDS ?? 3_000);
const MOST_BYTES = 64 * 1024;
const SEED = Number(process.env.SEED ?? 49);

const tools = new URL("../../../dist/tools/", import.meta.url);

test(`${ROUNDS} mutants of real and of generated modules: no throw, and what the engine accepts before it accepts after, or the store refuses it by name`, () => {
  const real = readdirSync(tools)
    .filter((name) => name.endsWith(".wasm"))
    .sort()
    .map((name) => new Uint8Array(readFileSync(new URL(name, tools))))
    // Those of scripts are megabytes of data, and take as long as a thousand of the others.
    .filter(({ length }) => length <= MOST_BYTES);
  assert.ok(real.length > 0, "no modules of the project's own in dist/tools");
  const corpus = fuzzCorpus(real);
  const counts = newCounts();
  for (let round = 0; round < ROUNDS; round++) {
    const find = fuzzCheck(fuzzModule(SEED, round, corpus), counts);
    assert.is(find?.what, undefined, `round ${round} of seed ${SEED}`);
  }
  assert.ok(counts.valid > ROUNDS / 20, `only ${counts.valid} mutants were valid`);
  assert.ok(counts.calls.equal > ROUNDS / 20, `only ${counts.calls.equal} calls were compared`);
});

test("a module that breaks the promise would be found, and made smaller", () => {
  const bytes = rawModule(...functions(body([0x41, 1, 0x1a])), [0, [1, 0x78, 1, 2, 3, 4, 5, 6, 7]]);
  const { validate } = WebAssembly;
  // An engine that takes no `i32.const`: what is metered is not valid any more.
  WebAssembly.validate = (source) => {
    const given = new Uint8Array(source as ArrayBuffer);
    return validate(source) && (given.length < 60 || !given.includes(0x41));
  };
  try {
    const find = fuzzCheck(bytes, newCounts());
    assert.match(find?.what ?? "", /^valid before, and not after metering/);
    const small = minimised(find!);
    assert.ok(small.bytes.length < bytes.length, "was not made smaller");
  } finally {
    WebAssembly.validate = validate;
  }
});

test.run();
