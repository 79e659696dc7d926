// A module's instance as the bench calls it: plain, or metered with the memory and the fuel that its host owes it.

/** More than any program here consumes. */
export const FUEL = 1_000_000_000_000_000n;

/** The bytes with a custom section that makes them another module to the engine, which else shares compiled code. */
export function distinct(bytes, number) {
  const name = "copy";
  const body = Buffer.concat([Buffer.from([name.length]), Buffer.from(name), Buffer.from(String(number))]);
  return Buffer.concat([bytes, Buffer.from([0, body.length]), body]);
}

/**
 * A fresh instance of a module without imports of its own, started. `run(amount)` calls the export `entry`, with full
 * fuel; `consumed()` is the fuel that the last run took, undefined where `host` is.
 */
export function openInstance(bytes, host, entry) {
  const given = host?.memory;
  const memory = given && new WebAssembly.Memory({ initial: given.minPages, maximum: given.maxPages });
  const imports = given ? { [given.module]: { [given.name]: memory } } : {};
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports);
  const fuel = host && exports[host.fuel];
  const fill = () => {
    if (fuel) fuel.value = FUEL;
  };
  fill();
  if (host?.start) exports[host.start]();
  exports._initialize?.();
  const body = exports[entry];
  return {
    run: (amount) => {
      fill();
      return body(amount);
    },
    consumed: () => fuel && FUEL - fuel.value,
  };
}
