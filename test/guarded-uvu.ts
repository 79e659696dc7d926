// What `import "uvu"` means under `npm test`: uvu, but `only` is refused and a suite that never runs is noticed.
import type { Callback, Context, Test } from "uvu";

// By its path: under the tests' tsconfig the name leads here.
const inner = new URL("../node_modules/uvu/dist/index.mjs", import.meta.url);
const { suite: plainSuite } = (await import(inner.href)) as typeof import("uvu");

const suites: { readonly name: string; waiting: number }[] = [];

function guard<T>(name: string, wrapped: Test<T>): Test<T> {
  const entry = { name, waiting: 0 };
  suites.push(entry);
  const guarded = ((testName: string, handler: Callback<T>) => {
    entry.waiting++;
    wrapped(testName, handler);
  }) as Test<T>;
  return Object.assign(guarded, {
    before: wrapped.before,
    after: wrapped.after,
    skip: wrapped.skip,
    only: (testName: string): never => {
      throw new Error(`"only" hides every other test: remove it from "${testName}"`);
    },
    run: () => {
      entry.waiting = 0;
      wrapped.run();
    },
  });
}

export function suite<T = Context>(name = "", state?: T): Test<T> {
  return guard(name, plainSuite<T>(name, state));
}

export const test: Test = guard("", plainSuite());

/** One sentence for each suite whose tests were defined after the last `.run()`, if there was one. */
export function unfinishedSuites(): string[] {
  return suites
    .filter((entry) => entry.waiting > 0)
    .map(
      (entry) =>
        `${entry.waiting} tests${entry.name === "" ? "" : ` of "${entry.name}"`} never run: call .run() after them`,
    );
}
