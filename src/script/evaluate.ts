import type { InitialState, LinkedEngine } from "./link.ts";
import { nonZeroRuns } from "./memory-image.ts";

/** A script is refused: it does not compile, throws while it is evaluated, or leaves no main function. */
export class ScriptError extends Error {}

export interface EvaluateOptions {
  /** Name of the script in its own error traces. */
  readonly fileName: string;
  /** Keeps line numbers in error traces; without them the image is about a third smaller. */
  readonly keepLines: boolean;
}

/** Under which names the script finds the host's functions, and leaves its main function. Both are gone afterwards. */
export const NATIVE_PROPERTY = "__native";
export const MAIN_PROPERTY = "__main";

/** Shadow stack that the engine may take, in bytes, of the 1 MiB that it has: its C code takes some beyond its own check. */
const STACK_BYTES = 700_000;
/** Of the module's bytes, the engine is to collect garbage when so many were allocated beside those of the image. */
const NO_COLLECTION = 0x7fff_ffff;
const STRIP_SOURCE = 16;
const STRIP_DEBUG = 32;
const EVALUATE_SCRIPT = 0;
const ERRNO_NOSYS = 52;

type EngineExports = Record<string, (...numbers: number[]) => number> & {
  readonly memory: WebAssembly.Memory;
  readonly "global:stackPointer": WebAssembly.Global;
  readonly "global:main": WebAssembly.Global;
};

/**
 * Evaluates a script once and answers the state that the engine is in then, garbage collected. The same script gives the
 * same state on every machine: time stands still at the epoch, and no function of the host answers meanwhile. Throws a
 * {@link ScriptError} for what the script can cause.
 */
export function evaluateScript(
  linked: LinkedEngine,
  code: string,
  options: EvaluateOptions,
): Omit<InitialState, "memoryPages"> & { readonly memoryPages: number } {
  const module = new WebAssembly.Module(linked.forBuild as Uint8Array<ArrayBuffer>);
  // compiled elsewhere, so that nothing of the compiler's work is in the image
  const bytecode = new EngineInstance(module).compile(code, options);
  const engine = new EngineInstance(module);
  engine.install(linked.calls);
  engine.run(bytecode);
  const main = engine.takeMain();
  return { ...engine.state(), main };
}

/** One instance of the linked engine, for the build. */
class EngineInstance {
  readonly #exports: EngineExports;

  constructor(module: WebAssembly.Module) {
    const imports: Record<string, Record<string, (...given: number[]) => number>> = {};
    for (const item of WebAssembly.Module.imports(module)) {
      imports[item.module] ??= {};
      (imports[item.module] as Record<string, () => number>)[item.name] = () => ERRNO_NOSYS;
    }
    (imports.wasi_snapshot_preview1 as Record<string, unknown>).clock_time_get = (
      _clock: number,
      _precision: bigint,
      result: number,
    ): number => {
      new DataView(this.#exports.memory.buffer).setBigUint64(result, 0n, true);
      return 0;
    };
    this.#exports = new WebAssembly.Instance(module, imports as WebAssembly.Imports)
      .exports as unknown as EngineExports;
    this.#call("_initialize");
    this.#call("qjs_init");
    this.#call("qjs_set_max_stack_size", STACK_BYTES);
    this.#call("qjs_set_gc_threshold", NO_COLLECTION);
    this.#call("qjs_set_interrupt_handler", 1);
  }

  compile(code: string, { fileName, keepLines }: EvaluateOptions): Uint8Array {
    const source = this.#place(code);
    const name = this.#place(fileName);
    const length = this.#call("wasm_malloc", 4);
    const flags = keepLines ? STRIP_SOURCE : STRIP_SOURCE | STRIP_DEBUG;
    const at = this.#call("qjs_compile", source.at, source.length, name.at, EVALUATE_SCRIPT, flags, length);
    if (at === 0) throw new ScriptError(`the script does not compile: ${this.#exception()}`);
    const size = new DataView(this.#exports.memory.buffer).getUint32(length, true);
    return new Uint8Array(this.#exports.memory.buffer, at, size).slice();
  }

  /** Makes the host's functions properties of one object, each a function of the engine that names its number. */
  install(calls: readonly string[]): void {
    const native = this.#call("qjs_new_object");
    for (const [number, name] of calls.entries()) {
      const id = this.#place(Uint8Array.of(number));
      this.#setProperty(native, name, this.#call("qjs_new_host_function", id.at, 1, 0));
      this.#call("wasm_free", id.at);
    }
    this.#setProperty(this.#call("qjs_get_global"), NATIVE_PROPERTY, native);
  }

  run(bytecode: Uint8Array): void {
    const { at, length } = this.#place(bytecode);
    const result = this.#call("qjs_eval_bytecode", at, length);
    this.#call("wasm_free", at);
    if (this.#call("qjs_is_exception", result) !== 0) throw new ScriptError(`the script throws: ${this.#exception()}`);
    this.#call("qjs_free_value", result);
    while (this.#call("qjs_is_job_pending") !== 0) {
      if (this.#call("qjs_execute_pending_job") < 0) throw new ScriptError(`the script throws: ${this.#exception()}`);
    }
  }

  takeMain(): number {
    const name = this.#place(MAIN_PROPERTY);
    const main = this.#call("qjs_get_prop_string", this.#call("qjs_get_global"), name.at);
    if (this.#call("qjs_is_function", main) === 0) throw new ScriptError("the script leaves no main function");
    this.#setProperty(this.#call("qjs_get_global"), MAIN_PROPERTY, this.#call("qjs_get_undefined"));
    this.#call("wasm_free", name.at);
    return main;
  }

  state(): Omit<InitialState, "main"> {
    this.#call("qjs_run_gc");
    const stackPointer = this.#exports["global:stackPointer"].value as number;
    const memory = new Uint8Array(this.#exports.memory.buffer);
    memory.fill(0, 0, stackPointer);
    return { memoryPages: memory.length / 65_536, stackPointer, data: nonZeroRuns(memory) };
  }

  #setProperty(object: number, name: string, value: number): void {
    const key = this.#place(name);
    this.#call("qjs_set_prop_string", object, key.at, value);
    this.#call("wasm_free", key.at);
  }

  #place(contents: string | Uint8Array): { at: number; length: number } {
    const bytes = typeof contents === "string" ? Buffer.from(contents, "utf8") : contents;
    const at = this.#call("wasm_malloc", bytes.length + 1);
    const memory = new Uint8Array(this.#exports.memory.buffer);
    memory.set(bytes, at);
    memory[at + bytes.length] = 0;
    return { at, length: bytes.length };
  }

  #exception(): string {
    const thrown = this.#call("qjs_get_exception");
    const key = this.#place("stack");
    const stack = this.#call("qjs_get_prop_string", thrown, key.at);
    return `${this.#text(thrown)}\n${this.#text(stack)}`.trimEnd();
  }

  #text(value: number): string {
    const at = this.#call("qjs_get_string", value);
    const memory = Buffer.from(this.#exports.memory.buffer);
    return at === 0 ? "" : memory.toString("utf8", at, memory.indexOf(0, at));
  }

  #call(name: string, ...numbers: number[]): number {
    try {
      return (this.#exports[name] as (...given: number[]) => number)(...numbers);
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError || error instanceof RangeError)) throw error;
      throw new ScriptError(`the script cannot be evaluated: the engine stopped: ${error.message}`);
    }
  }
}
