import { wrappable, wrapped } from "./bit-wrapper.ts";
import { head, isList, type List, type Node } from "./script-reader.ts";
import { argument, expectation, resultText } from "./values.ts";
import { Refused, type World } from "./worlds.ts";

/** What became of one command in one world: whether it is as the script says, and what came out, as text. */
export interface Verdict {
  readonly passes: boolean;
  readonly shown: string;
}

/** A command that cannot be put to the engine from JavaScript, or is about the text format. */
export class NotApplicable extends Error {}

/** The modules of a script, compiled to bytes before: by the place of their text. */
export type ModuleBytes = (node: List) => Uint8Array<ArrayBuffer>;

/** Runs the commands of one script, one by one, in one world. */
export class ScriptRun {
  readonly #world: World;
  readonly #bytesOf: ModuleBytes;
  readonly #named = new Map<string, WebAssembly.Exports>();
  readonly #definitions = new Map<string, List>();
  #current: WebAssembly.Exports | undefined;

  constructor(world: World, bytesOf: ModuleBytes) {
    this.#world = world;
    this.#bytesOf = bytesOf;
  }

  /** Throws {@link NotApplicable}; whatever the module does becomes the verdict. */
  run(command: List): Verdict {
    const [kind, first, ...rest] = command.items;
    switch (kind) {
      case "module":
        return this.#module(command);
      case "register": {
        const module = typeof rest[0] === "string" ? this.#named.get(rest[0]) : this.#current;
        if (module === undefined) throw new NotApplicable("register: the module is not there");
        this.#world.registry.set(Buffer.from(first as Uint8Array).toString(), module);
        return { passes: true, shown: "registered" };
      }
      case "invoke":
      case "get":
        return verdict(
          () => this.#action(command, []),
          (thrown) => thrown === undefined,
        );
      case "assert_return":
        return this.#assertReturn(first as List, rest);
      case "assert_trap":
        if (head(first) === "module") return this.#uninstantiable(first as List, isTrap);
        return verdict(() => this.#action(first as List, undefined), isTrap);
      case "assert_exhaustion":
        return verdict(
          () => this.#action(first as List, undefined),
          (thrown) => thrown instanceof RangeError,
        );
      case "assert_exception":
        return verdict(() => this.#action(first as List, undefined), isException);
      case "assert_unlinkable":
        return this.#uninstantiable(first as List, (thrown) => thrown instanceof WebAssembly.LinkError);
      case "assert_invalid":
      case "assert_invalid_custom":
      case "assert_malformed":
      case "assert_malformed_custom": {
        const bytes = this.#bytesOf(first as List);
        return verdict(
          () => this.#world.compile(bytes),
          (thrown) => thrown instanceof WebAssembly.CompileError,
        );
      }
      default:
        throw new NotApplicable(`command ${String(kind)}`);
    }
  }

  #module(command: List): Verdict {
    const [, first, second, third] = command.items;
    if (first === "definition") {
      this.#definitions.set(typeof second === "string" ? second : "", command);
      const bytes = this.#bytesOf(command);
      return verdict(
        () => this.#world.compile(bytes),
        (thrown) => thrown === undefined,
      );
    }
    const definition = first === "instance" ? this.#definitions.get(typeof third === "string" ? third : "") : command;
    const name = first === "instance" ? second : first;
    this.#current = undefined;
    if (definition === undefined) throw new NotApplicable("the module definition is not there");
    const bytes = this.#bytesOf(definition);
    const result = verdict(
      () => {
        this.#current = this.#world.instantiate(bytes);
        return "instantiated";
      },
      (thrown) => thrown === undefined,
    );
    if (typeof name === "string" && name.startsWith("$")) {
      if (this.#current === undefined) this.#named.delete(name);
      else this.#named.set(name, this.#current);
    }
    return result;
  }

  #uninstantiable(module: List, expected: (thrown: unknown) => boolean): Verdict {
    const bytes = this.#bytesOf(module);
    return verdict(() => this.#world.instantiate(bytes), expected);
  }

  #assertReturn(action: List, expected: readonly Node[]): Verdict {
    const wanted = expected.map(expectation);
    const result = verdict(
      () =>
        this.#action(
          action,
          wanted.map(({ type }) => type),
        ),
      (thrown) => thrown === undefined,
    );
    if (!result.passes) return result;
    const shown = result.shown === "" ? [] : result.shown.split(" ");
    return {
      passes: shown.length === wanted.length && wanted.every(({ holds }, i) => holds(shown[i]!)),
      shown: result.shown,
    };
  }

  /** The results as text, by their types where those are known. */
  #action(action: List, types: readonly string[] | undefined): string {
    const items = action.items.slice(1);
    const named = typeof items[0] === "string" ? (items.shift() as string) : undefined;
    const exports = named === undefined ? this.#current : this.#named.get(named);
    if (exports === undefined) throw new NotApplicable("the module is not there");
    const value = exports[Buffer.from(items.shift() as Uint8Array).toString()];
    if (head(action) === "get") return globalText((value as WebAssembly.Global).value, types?.[0]);
    if (typeof value !== "function") throw new NotApplicable("the export is not there");
    const args = items.filter((node) => isList(node)).map(argument);
    if (args.some((arg) => arg === undefined)) throw new NotApplicable("an argument that JavaScript cannot make");
    const parameters = args.map((arg) => arg!.type);
    const values = args.map((arg) => arg!.value);
    const all = [...parameters, ...(types ?? [])];
    if (wrappable(all)) {
      let call: ReturnType<typeof wrapped> | undefined;
      try {
        call = wrapped(value, parameters, types ?? []);
      } catch (error) {
        if (!(error instanceof WebAssembly.LinkError)) throw error;
        if (all.includes("v128")) throw new NotApplicable("a vector in a call whose results are not known");
      }
      if (call !== undefined) return call(values).map(resultText).join(" ");
    } else if (all.includes("v128")) throw new NotApplicable("a vector beside a reference");
    const result = value(...values.map((bits, i) => floatValue(bits, parameters[i]!)));
    if (result === undefined && types?.length === 0) return "";
    const results = Array.isArray(result) ? result : result === undefined ? [] : [result];
    return results.map((item, i) => globalText(item, types?.[i])).join(" ");
  }
}

const scratch = new DataView(new ArrayBuffer(8));

function floatValue(bits: unknown, type: string): unknown {
  if (type === "f32") {
    scratch.setUint32(0, Number(bits));
    return scratch.getFloat32(0);
  }
  if (type !== "f64") return bits;
  scratch.setBigUint64(0, bits as bigint);
  return scratch.getFloat64(0);
}

function globalText(value: unknown, type: string | undefined): string {
  if (type === "f32") {
    scratch.setFloat32(0, value as number);
    return String(scratch.getUint32(0));
  }
  if (type === "f64") {
    scratch.setFloat64(0, value as number);
    return String(scratch.getBigUint64(0));
  }
  return resultText(value);
}

function verdict(action: () => unknown, expected: (thrown: unknown) => boolean): Verdict {
  try {
    const result = action();
    return { passes: expected(undefined), shown: typeof result === "string" ? result : "done" };
  } catch (error) {
    if (error instanceof NotApplicable || error instanceof Refused) throw error;
    return { passes: expected(error), shown: `threw ${thrownText(error)}` };
  }
}

function thrownText(error: unknown): string {
  if (!(error instanceof Error)) return isException(error) ? "an exception" : String(error);
  const trap = error instanceof WebAssembly.RuntimeError;
  return trap ? `trap ${error.message.replace(/^WebAssembly\.\w+\(\): /, "")}` : error.constructor.name;
}

function isTrap(thrown: unknown): boolean {
  return thrown instanceof WebAssembly.RuntimeError;
}

function isException(thrown: unknown): boolean {
  const { Exception } = WebAssembly as unknown as { Exception?: new () => unknown };
  return Exception !== undefined && thrown instanceof Exception;
}
