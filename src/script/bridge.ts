import { CODE, FunctionCode, TRUNCATE_TO_I64 } from "./function-code.ts";
import type { HostFunctionType } from "./host-functions.ts";

/**
 * What a script can ask of the bridge beside the host's functions, in the order of their numbers:
 *
 * - `address(buffer)`: where the bytes of an ArrayBuffer stand in memory
 * - `decode(address, length)`: the string that UTF-8 there says
 * - `encode(text)`: a Uint8Array of its UTF-8
 * - `interruptAt(nanoseconds)`: the engine gives up at the next look after this time of the monotonic clock; 0 is never
 */
export const BRIDGE_CALLS = ["address", "decode", "encode", "interruptAt"] as const;

/** Globals of the linked module by index; the engine's only one comes first. */
export const GLOBAL = { stackPointer: 0, main: 1, interruptAt: 2 } as const;

/** Exit code of a script that failed outside of everything that it could catch. */
export const FAILED_EXIT = 70;

/** Bytes of the shadow stack that a bridge function takes for what the engine writes to it. */
const FRAME = 16;
const I64_CONST_0 = [0x42, 0x00] as const;
const ERRNO_BADF = 8;
const ERRNO_NOSYS = 52;
const MONOTONIC = 1;
const F64_GREATER_EQUAL = 0x66;
const F64_ZERO = [0x44, 0, 0, 0, 0, 0, 0, 0, 0] as const;
const I64_TRUNCATE_S = TRUNCATE_TO_I64;

/** Where functions stand in the linked module. */
export interface Places {
  /** A function that the engine exports. */
  engine(name: string): number;
  /** A function of the host, where it is imported. */
  host(name: string): number | undefined;
}

/**
 * The engine's way out, its import `host_call(name, length, this, count, arguments)`: the first byte of the name says
 * what is asked. Arguments are the engine's boxed values, of which numbers are taken; the answer is boxed as well.
 * With too few arguments it traps.
 */
export function hostCallBody(places: Places, functions: readonly HostFunctionType[]): Uint8Array {
  const code = new FunctionCode(["i", "i"]);
  const count = BRIDGE_CALLS.length + functions.length;
  for (let i = 0; i <= count; i++) code.block();
  code.get(0).memory(CODE.i32Load8U, 0, 0);
  code.branchTable(
    Array.from({ length: count }, (_, i) => i),
    count,
  );
  for (const write of [writeAddress, writeDecode, writeEncode, writeInterruptAt]) {
    code.end();
    write(code, places);
    code.plain(CODE.return);
  }
  for (const { name, parameters } of functions) {
    code.end();
    needs(code, parameters.length);
    for (const [i, letter] of [...parameters].entries()) {
      number(code, places, i);
      if (letter !== "d") code.misc(I64_TRUNCATE_S);
      if (letter === "i" || letter === "p") code.plain(CODE.i32WrapI64);
      if (letter === "p") code.memory(CODE.i64Load, 3, 0);
    }
    code.call(places.host(name) as number);
    code.plain(CODE.f64ConvertI32S).call(places.engine("qjs_new_number")).plain(CODE.return);
  }
  return code.end().plain(CODE.unreachable).body();
}

const ARGUMENT_COUNT = 3;
const ARGUMENTS = 4;
const POINTER = 5;
const RESULT = 6;

function needs(code: FunctionCode, count: number): void {
  code.get(ARGUMENT_COUNT).constant(count).plain(CODE.i32LtS).if().plain(CODE.unreachable).end();
}

function argument(code: FunctionCode, i: number): FunctionCode {
  return code.get(ARGUMENTS).memory(CODE.i32Load, 2, i * 4);
}

function number(code: FunctionCode, places: Places, i: number): FunctionCode {
  return argument(code, i).call(places.engine("qjs_get_float64"));
}

function integer(code: FunctionCode, places: Places, i: number): FunctionCode {
  return number(code, places, i).misc(I64_TRUNCATE_S).plain(CODE.i32WrapI64);
}

function pushFrame(code: FunctionCode): void {
  code.getGlobal(GLOBAL.stackPointer).constant(FRAME).plain(CODE.i32Sub).setGlobal(GLOBAL.stackPointer);
}

function popFrame(code: FunctionCode): void {
  code.getGlobal(GLOBAL.stackPointer).constant(FRAME).plain(CODE.i32Add).setGlobal(GLOBAL.stackPointer);
}

function writeAddress(code: FunctionCode, places: Places): void {
  needs(code, 1);
  pushFrame(code);
  argument(code, 0).getGlobal(GLOBAL.stackPointer).call(places.engine("qjs_get_array_buffer")).set(POINTER);
  popFrame(code);
  code.get(POINTER).plain(CODE.f64ConvertI32U).call(places.engine("qjs_new_number"));
}

function writeDecode(code: FunctionCode, places: Places): void {
  needs(code, 2);
  integer(code, places, 0);
  integer(code, places, 1).call(places.engine("qjs_new_string"));
}

function writeEncode(code: FunctionCode, places: Places): void {
  needs(code, 1);
  pushFrame(code);
  argument(code, 0).getGlobal(GLOBAL.stackPointer).call(places.engine("qjs_get_string_len")).set(POINTER);
  code.get(POINTER).plain(CODE.i32Eqz).if();
  // the engine has thrown: a null answer passes that on
  popFrame(code);
  code.constant(0).plain(CODE.return).end();
  code.get(POINTER).getGlobal(GLOBAL.stackPointer).memory(CODE.i32Load, 2, 0);
  code.call(places.engine("qjs_new_uint8_array")).set(RESULT);
  code.get(POINTER).call(places.engine("qjs_free_cstring"));
  popFrame(code);
  code.get(RESULT);
}

function writeInterruptAt(code: FunctionCode, places: Places): void {
  needs(code, 1);
  number(code, places, 0).misc(I64_TRUNCATE_S).setGlobal(GLOBAL.interruptAt);
  code.call(places.engine("qjs_get_undefined"));
}

/** The engine's import `host_interrupt()`: whether to give up, from when on it cannot be caught. */
export function interruptBody(places: Places): Uint8Array {
  const clock = places.host("clock_time_get");
  const code = new FunctionCode(["i"]);
  if (clock === undefined) return code.constant(0).body();
  code.getGlobal(GLOBAL.interruptAt).plain(CODE.i64Eqz).if().constant(0).plain(CODE.return).end();
  pushFrame(code);
  code
    .constant(MONOTONIC)
    .plain(...I64_CONST_0)
    .getGlobal(GLOBAL.stackPointer)
    .call(clock)
    .plain(CODE.i32Eqz)
    .if();
  code.getGlobal(GLOBAL.stackPointer).memory(CODE.i64Load, 3, 0).getGlobal(GLOBAL.interruptAt);
  code.plain(CODE.i64GtU).set(0).end();
  popFrame(code);
  return code.get(0).body();
}

/**
 * `_start`: calls the script's main function until it answers an exit code, and between two calls lets the engine do
 * what promises have made due. A negative answer is not an exit code yet. An exception that leaves the main function
 * ends with {@link FAILED_EXIT}; after one that an interrupt caused it is called again, so that it can say so.
 */
export function startBody(places: Places): Uint8Array {
  const [result, answer] = [0, 1];
  const code = new FunctionCode(["i", "d"]);
  const { engine } = places;
  const exit = places.host("proc_exit") as number;
  code.loop();
  code.getGlobal(GLOBAL.main).call(engine("qjs_get_undefined")).constant(0).constant(0).call(engine("qjs_call"));
  code.tee(result).call(engine("qjs_is_exception")).if();
  code.call(engine("qjs_get_exception")).call(engine("qjs_free_value"));
  code.getGlobal(GLOBAL.interruptAt).plain(CODE.i64Eqz).if().constant(FAILED_EXIT).call(exit).plain(CODE.unreachable);
  code.end();
  code.plain(...I64_CONST_0).setGlobal(GLOBAL.interruptAt);
  code.branch(1);
  code.end();
  code.get(result).call(engine("qjs_get_float64")).set(answer);
  code.get(result).call(engine("qjs_free_value"));
  writeJobs(code, engine);
  code
    .get(answer)
    .plain(...F64_ZERO)
    .plain(F64_GREATER_EQUAL)
    .plain(CODE.i32Eqz)
    .branchIf(0);
  code.end();
  code
    .get(answer)
    .plain(...F64_ZERO)
    .plain(0x62)
    .if();
  code.get(answer).misc(I64_TRUNCATE_S).plain(CODE.i32WrapI64).call(exit).end();
  return code.body();
}

function writeJobs(code: FunctionCode, engine: (name: string) => number): void {
  code.block().loop();
  code.call(engine("qjs_is_job_pending")).plain(CODE.i32Eqz).branchIf(1);
  code.call(engine("qjs_execute_pending_job")).constant(0).plain(CODE.i32LtS).if();
  // What a job throws is nobody's, and the jobs behind it are still to be done.
  code.call(engine("qjs_get_exception")).call(engine("qjs_free_value")).branch(1).end();
  code.branch(0).end().end();
}

/** In the place of `memory.grow`: what does not fit ends the run, so that no script catches it. */
export function growBody(): Uint8Array {
  const code = new FunctionCode(["i"]);
  code.get(0).plain(0x40, 0x00).tee(1).constant(-1).plain(CODE.i32Eq).if().plain(CODE.unreachable).end();
  return code.get(1).body();
}

/** What the engine calls in the place of an import that the script was not given, by the import's name. */
export function absentBody(name: string, places: Places): Uint8Array {
  const code = new FunctionCode();
  switch (name) {
    case "clock_time_get":
      // The epoch: a clock that was not granted stands still.
      return code
        .get(2)
        .plain(...I64_CONST_0)
        .memory(CODE.i64Store, 3, 0)
        .constant(0)
        .body();
    case "host_promise_rejection":
      code.get(0).call(places.engine("qjs_free_value"));
      return code.get(1).call(places.engine("qjs_free_value")).body();
    case "host_get_timezone_offset":
    case "host_module_normalize":
    case "host_module_load":
      return code.constant(0).body();
    case "fd_close":
    case "fd_fdstat_get":
    case "fd_seek":
    case "fd_write":
      return code.constant(ERRNO_BADF).body();
    case "random_get":
      return code.constant(ERRNO_NOSYS).body();
    default:
      throw new Error(`the JavaScript engine imports ${name}, which the linker lacks`);
  }
}
