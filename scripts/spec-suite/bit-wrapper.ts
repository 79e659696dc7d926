import { leb, rawModule } from "../../test/store/meter/module-bytes.ts";

/**
 * JavaScript can neither pass a vector nor keep the bits of a NaN. A wrapper is a module that imports a function and
 * exports it with floating-point numbers and vectors as integers: f32 as i32, f64 as i64, v128 as two i64, low one first.
 */
const VALUE: Readonly<Record<string, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };
const BITS: Readonly<Record<string, readonly number[]>> = {
  i32: [0x7f],
  i64: [0x7e],
  f32: [0x7f],
  f64: [0x7e],
  v128: [0x7e, 0x7e],
};

const modules = new Map<string, WebAssembly.Module>();

/** Whether a signature has values that need a wrapper, and only such as one can carry. */
export function wrappable(types: readonly string[]): boolean {
  return types.every((type) => type in VALUE) && types.some((type) => type.startsWith("f") || type === "v128");
}

/** The function behind a wrapper. Throws a LinkError where its type is another. */
export function wrapped(
  callee: unknown,
  parameters: readonly string[],
  results: readonly string[],
): (args: readonly unknown[]) => unknown[] {
  const key = `${parameters.join()}>${results.join()}`;
  let module = modules.get(key);
  if (module === undefined) {
    module = new WebAssembly.Module(wrapperBytes(parameters, results));
    modules.set(key, module);
  }
  const call = new WebAssembly.Instance(module, { m: { f: callee } }).exports.w as (...args: unknown[]) => unknown;
  return (args) => {
    const flat = args.flatMap((value, i) => {
      const bits = value as bigint;
      if (parameters[i] === "v128") return [BigInt.asIntN(64, bits), BigInt.asIntN(64, bits >> 64n)];
      if (parameters[i] === "f32") return [Number(BigInt.asIntN(32, bits))];
      return parameters[i] === "f64" ? [BigInt.asIntN(64, bits)] : [value];
    });
    const answer = call(...flat);
    const words = results.flatMap((type) => BITS[type]!).length;
    const values = words === 0 ? [] : words === 1 ? [answer] : [...(answer as unknown[])];
    return results.map((type) => {
      const value = values.shift();
      if (type !== "v128") return value;
      return BigInt.asUintN(64, value as bigint) | (BigInt.asUintN(64, values.shift() as bigint) << 64n);
    });
  };
}

function wrapperBytes(parameters: readonly string[], results: readonly string[]): Uint8Array<ArrayBuffer> {
  const bits = (types: readonly string[]) => types.flatMap((type) => BITS[type]!);
  const vector = (types: readonly number[]) => [...leb(types.length), ...types];
  const first = bits(parameters).length;
  const code: number[] = [];
  let local = 0;
  for (const type of parameters) {
    code.push(0x20, ...leb(local++));
    if (type === "f32") code.push(0xbe);
    else if (type === "f64") code.push(0xbf);
    else if (type === "v128") code.push(0xfd, 0x12, 0x20, ...leb(local++), 0xfd, 0x1e, 1);
  }
  code.push(0x10, 0);
  for (let i = results.length - 1; i >= 0; i--) code.push(0x21, ...leb(first + i));
  results.forEach((type, i) => {
    const get = [0x20, ...leb(first + i)];
    if (type === "f32") code.push(...get, 0xbc);
    else if (type === "f64") code.push(...get, 0xbd);
    else if (type === "v128") code.push(...get, 0xfd, 0x1d, 0, ...get, 0xfd, 0x1d, 1);
    else code.push(...get);
  });
  const locals = [...leb(results.length), ...results.flatMap((type) => [1, VALUE[type]!])];
  const body = [...locals, ...code, 0x0b];
  const type = (from: readonly number[], to: readonly number[]) => [0x60, ...vector(from), ...vector(to)];
  return rawModule(
    [
      1,
      [
        2,
        ...type(
          parameters.map((p) => VALUE[p]!),
          results.map((p) => VALUE[p]!),
        ),
        ...type(bits(parameters), bits(results)),
      ],
    ],
    [2, [1, 1, 0x6d, 1, 0x66, 0, 0]],
    [3, [1, 1]],
    [7, [1, 1, 0x77, 0, 1]],
    [10, [1, ...leb(body.length), ...body]],
  );
}
