import { type Fault, fault } from "../contract/fault.ts";

/**
 * V8's words for each trap of the core specification (4.4) and what they are called here. V8 11 to 13,
 * `src/common/message-template.h`, `kTrap…`.
 */
const TRAPS: readonly (readonly [message: RegExp, name: string])[] = [
  [/^unreachable/, "unreachable executed"],
  [/^memory access out of bounds/, "memory access out of bounds"],
  [/^operation does not support unaligned accesses/, "unaligned atomic access"],
  [/^divide by zero/, "integer divide by zero"],
  [/^remainder by zero/, "integer remainder by zero"],
  [/^divide result unrepresentable/, "integer overflow"],
  [/^float unrepresentable in integer range/, "invalid conversion to integer"],
  [/^table index is out of bounds/, "table index out of bounds"],
  [/^table (access )?out of bounds/, "table access out of bounds"],
  [/^null function or function signature mismatch/, "indirect call to null or a function of another type"],
  [/^(invalid index into function table|function signature mismatch)/, "indirect call type mismatch"],
  [/^(element segment|segment) (has been dropped|out of bounds)/, "element segment out of bounds"],
  [/^data segment (has been dropped|\d*:? ?(is )?out of bounds)/, "data segment out of bounds"],
  [/^dereferencing a null pointer/, "null reference"],
  [/^illegal cast/, "illegal cast"],
  [/^array (access|element access|is) (out of bounds|too large)/, "array out of bounds"],
  [/^requested new array is too large/, "array too large"],
  [/^string/, "string operation failed"],
  [/^rethrowing null value/, "null exception rethrown"],
  [/^type incompatibility when transforming/, "value that the host cannot take"],
];

/** The fault of a guest that trapped: the message names the kind of trap, in the specification's terms. */
export function trapFault(message: string): Fault {
  const plain = message.replace(/^WebAssembly\.\w+\(\): /, "");
  const known = TRAPS.find(([pattern]) => pattern.test(plain));
  const name = known === undefined ? plain.replace(/[^\x20-\x7e]/g, "?").slice(0, 120) : known[1];
  return fault("store", "wasm-trap", `the guest trapped: ${name}`, { trap: name });
}

export function uncaughtExceptionFault(): Fault {
  return fault("store", "wasm-trap", "the guest trapped: an exception was not caught", {
    trap: "uncaught exception",
  });
}

export function fuelFault(limit: number): Fault {
  return fault("store", "fuel-exhausted", `the guest used up its ${limit} units of fuel: ask for less work at once`, {
    limit,
  });
}

export function memoryFault(limit: number): Fault {
  return fault(
    "store",
    "memory-limit-exceeded",
    `the guest needed more than its ${limit} bytes of memory: ask for less at once`,
    { limit },
  );
}

export function deadlineFault(limit: number): Fault {
  return fault(
    "store",
    "execution-timeout",
    `the guest was not done within its deadline of ${limit} ms: ask for less at once`,
    { limit },
  );
}

export function stackFault(): Fault {
  return fault("store", "stack-exhausted", "the guest called too deeply: its input nests too deep or it never ends");
}

export function outputFault(limit: number): Fault {
  return fault(
    "store",
    "output-limit-exceeded",
    `the guest wrote more than its ${limit} bytes of output: ask for less at once`,
    { limit },
  );
}

export function hostCallLimitFault(what: string, limit: number): Fault {
  return fault(
    "store",
    "host-call-limit-exceeded",
    `the guest made more than its ${limit} ${what}: ask for less at once`,
    { limit },
  );
}

export function cancelledFault(): Fault {
  return fault("request", "cancelled", "the call was cancelled by its caller");
}

export function lostFault(): Fault {
  return fault("store", "worker-lost", "the worker that ran the guest ended under it: call again");
}

export function unstartableFault(why: string): Fault {
  return fault("store", "worker-lost", `no worker can be started: ${why.slice(0, 200)}: install tollgate again`);
}

export function shutdownFault(): Fault {
  return fault("host", "shutting-down", "the store is shutting down: start it again");
}
