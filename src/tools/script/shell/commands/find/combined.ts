import type { Found, Test } from "./found.ts";

/** Holds where each test does; ends at the first that does not. */
export function all(tests: readonly Test[]): Test {
  return tests.length === 1 ? (tests[0] as Test) : until(tests, false);
}

/** Holds where one test does; ends at the first that does. */
export function any(tests: readonly Test[]): Test {
  return tests.length === 1 ? (tests[0] as Test) : until(tests, true);
}

/** Asks every test; holds where the last does. */
export function inTurn(tests: readonly Test[]): Test {
  if (tests.length === 1) return tests[0] as Test;
  return async (file) => {
    let last = true;
    for (const test of tests) last = await test(file);
    return last;
  };
}

export function not(test: Test): Test {
  return (file) => {
    const found = test(file);
    return typeof found === "boolean" ? !found : found.then((held) => !held);
  };
}

/** A loop for what is known at once, for that waiting costs more than most tests. */
function until(tests: readonly Test[], end: boolean): Test {
  const rest = async (first: Promise<boolean>, from: number, file: Found): Promise<boolean> => {
    if ((await first) === end) return end;
    for (let i = from; i < tests.length; i++) if ((await (tests[i] as Test)(file)) === end) return end;
    return !end;
  };
  return (file) => {
    for (let i = 0; i < tests.length; i++) {
      const found = (tests[i] as Test)(file);
      if (found === end) return end;
      if (typeof found !== "boolean") return rest(found, i + 1, file);
    }
    return !end;
  };
}
