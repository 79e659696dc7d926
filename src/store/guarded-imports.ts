import type { HostFunction } from "./wasi/host.ts";

/**
 * The same functions by the same names, each entered by way of `enter`: where that throws, the function is not called.
 * With as many parameters as they have, because the engine calls those straight; ones of more than four all get nine,
 * the most that WASI has.
 */
export function guardedImports(
  functions: Readonly<Record<string, HostFunction>>,
  enter: () => void,
): Readonly<Record<string, HostFunction>> {
  return Object.fromEntries(Object.entries(functions).map(([name, call]) => [name, guardedCall(call, enter)]));
}

function guardedCall(call: HostFunction, enter: () => void): HostFunction {
  switch (call.length) {
    case 1:
      return (a) => {
        enter();
        return call(a);
      };
    case 2:
      return (a, b) => {
        enter();
        return call(a, b);
      };
    case 3:
      return (a, b, c) => {
        enter();
        return call(a, b, c);
      };
    case 4:
      return (a, b, c, d) => {
        enter();
        return call(a, b, c, d);
      };
    default:
      return (a, b, c, d, e, f, g, h, i) => {
        enter();
        return call(a, b, c, d, e, f, g, h, i);
      };
  }
}
