// WebAssembly's JavaScript interface with a meter in it, so that programs run metered in the hosts that their packages
// bring along: every module compiled is metered, every instance gets the memory it is owed and fuel without end.
import { FUEL } from "./instance.mjs";
import { withDefinedMemory } from "./memory-definition.mjs";

/**
 * Replaces `WebAssembly.Module`, `.Instance`, `.compile` and `.instantiate` of this process. Gives the sizes of the
 * modules metered so far, `{before, after}` in bytes. A module that the meter refuses fails to compile with its words.
 */
export function installMeter(meter) {
  const { Module, Instance } = WebAssembly;
  const owed = new WeakMap();
  const counters = new WeakMap();
  const sizes = [];

  const compile = (source) => {
    const original = ArrayBuffer.isView(source)
      ? Buffer.from(source.buffer, source.byteOffset, source.byteLength)
      : Buffer.from(source);
    const { bytes: defining, from } = withDefinedMemory(original);
    const { bytes, host } = meter(defining, { allowsImports: true });
    sizes.push({ before: original.length, after: bytes.length });
    const module = new Module(bytes);
    owed.set(module, { host, from });
    return module;
  };

  const instantiate = (module, imports = {}) => {
    const { host, from } = owed.get(module);
    const { memory } = host;
    const given =
      memory &&
      (from
        ? imports[from.module][from.name]
        : new WebAssembly.Memory({ initial: memory.minPages, maximum: memory.maxPages }));
    const all = memory ? { ...imports, [memory.module]: { [memory.name]: given } } : imports;
    const instance = new Instance(module, all);
    instance.exports[host.fuel].value = FUEL;
    for (const item of Object.values(instance.exports))
      if (item instanceof WebAssembly.Table) counters.set(item, instance.exports[host.fuel]);
    if (host.start) instance.exports[host.start]();
    return instance;
  };

  // A function in a table takes the counter behind its parameters and gives it back behind its results. The store never
  // calls one; some hosts of packages do.
  const { get } = WebAssembly.Table.prototype;
  WebAssembly.Table.prototype.get = function (index) {
    const entry = get.call(this, index);
    const fuel = counters.get(this);
    if (entry === null || fuel === undefined) return entry;
    return (...given) => {
      given.length = entry.length - 1;
      const results = [entry(...given, fuel.value)].flat();
      fuel.value = results.pop();
      return results.length > 1 ? results : results[0];
    };
  };
  WebAssembly.Module = function MeteredModule(source) {
    return compile(source);
  };
  // Hosts ask `instanceof WebAssembly.Module` and call its static functions.
  Object.setPrototypeOf(WebAssembly.Module, Module);
  WebAssembly.Module.prototype = Module.prototype;
  WebAssembly.Instance = function MeteredInstance(module, imports) {
    return instantiate(module, imports);
  };
  WebAssembly.Instance.prototype = Instance.prototype;
  WebAssembly.compile = async (source) => compile(source);
  WebAssembly.instantiate = async (source, imports) => {
    if (source instanceof Module) return instantiate(source, imports);
    const module = compile(source);
    return { module, instance: instantiate(module, imports) };
  };
  return sizes;
}
