import { ERRNO } from "./errno.ts";
import type { HostFunction, RunState } from "./run-state.ts";

/** Most bytes that arguments or environment may take together; the store's caller chose them, so this is a bug guard. */
interface StringTable {
  readonly bytes: Buffer;
  readonly offsets: readonly number[];
}

/**
 * Arguments, environment, exit and the calls that this host never grants (witx: args_*, environ_*, proc_*,
 * sched_yield, sock_*). What was not granted is empty.
 */
export function createProcessCalls(state: RunState): Record<string, HostFunction> {
  const { memory, table } = state;
  let cachedFor: unknown;
  let args: StringTable = { bytes: Buffer.alloc(0), offsets: [] };
  let environment: StringTable = args;

  /** Encodes both tables once for an authority. */
  function tables(): void {
    const { authority } = state.run;
    if (cachedFor === authority) return;
    args = encode(authority.args);
    environment = encode(Object.entries(authority.env).map(([name, value]) => `${name}=${value}`));
    cachedFor = authority;
  }

  function sizes(strings: () => StringTable, count: number, size: number): number {
    tables();
    if (!memory.has(count >>> 0, 4) || !memory.has(size >>> 0, 4)) return ERRNO.fault;
    memory.view.setUint32(count >>> 0, strings().offsets.length, true);
    memory.view.setUint32(size >>> 0, strings().bytes.length, true);
    return ERRNO.success;
  }

  function copy(strings: () => StringTable, pointers: number, buffer: number): number {
    tables();
    const { bytes, offsets } = strings();
    const start = buffer >>> 0;
    if (!memory.has(pointers >>> 0, offsets.length * 4) || !memory.has(start, bytes.length)) return ERRNO.fault;
    state.charge(bytes.length + offsets.length * 4);
    offsets.forEach((offset, i) => {
      memory.view.setUint32((pointers >>> 0) + i * 4, start + offset, true);
    });
    bytes.copy(memory.bytes, start);
    return ERRNO.success;
  }

  function noSocket(fd: number): number {
    return table.get(fd >>> 0) === undefined ? ERRNO.badf : ERRNO.notsock;
  }

  return {
    args_sizes_get: (count: number, size: number) => sizes(() => args, count, size),
    args_get: (pointers: number, buffer: number) => copy(() => args, pointers, buffer),
    environ_sizes_get: (count: number, size: number) => sizes(() => environment, count, size),
    environ_get: (pointers: number, buffer: number) => copy(() => environment, pointers, buffer),
    proc_exit(code: number): never {
      return state.run.hooks.stop({ kind: "exit", code: code >>> 0 });
    },
    proc_raise: (_signal: number) => ERRNO.notsup,
    sched_yield: () => ERRNO.success,
    sock_accept: (fd: number, _flags: number, _result: number) => noSocket(fd),
    sock_recv: (fd: number, _iovs: number, _count: number, _flags: number, _size: number, _out: number) => noSocket(fd),
    sock_send: (fd: number, _iovs: number, _count: number, _flags: number, _size: number) => noSocket(fd),
    sock_shutdown: (fd: number, _how: number) => noSocket(fd),
  };
}

function encode(strings: readonly string[]): StringTable {
  const encoded = strings.map((text) => Buffer.from(`${text.replaceAll("\0", "")}\0`));
  let offset = 0;
  const offsets = encoded.map((bytes) => {
    const at = offset;
    offset += bytes.length;
    return at;
  });
  return { bytes: Buffer.concat(encoded), offsets };
}
