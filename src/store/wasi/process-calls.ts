import type { Authority } from "../../contract/permit.ts";
import { ERRNO } from "./errno.ts";
import type { HostFunction, RunState } from "./run-state.ts";

/** Strings as a guest is given them: each ends in a NUL, and `offsets` says where each begins. */
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
  const args = encodedOnce(state, ({ args: strings }) => strings);
  const environment = encodedOnce(state, ({ env }) => Object.entries(env).map(([name, value]) => `${name}=${value}`));

  function sizes({ bytes, offsets }: StringTable, count: number, size: number): number {
    if (!memory.has(count >>> 0, 4) || !memory.has(size >>> 0, 4)) return ERRNO.fault;
    memory.view.setUint32(count >>> 0, offsets.length, true);
    memory.view.setUint32(size >>> 0, bytes.length, true);
    return ERRNO.success;
  }

  function copy({ bytes, offsets }: StringTable, pointers: number, buffer: number): number {
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
    args_sizes_get: (count: number, size: number) => sizes(args(), count, size),
    args_get: (pointers: number, buffer: number) => copy(args(), pointers, buffer),
    environ_sizes_get: (count: number, size: number) => sizes(environment(), count, size),
    environ_get: (pointers: number, buffer: number) => copy(environment(), pointers, buffer),
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

/** Encodes what an authority grants the first time that a run with it asks. */
function encodedOnce(state: RunState, granted: (authority: Authority) => readonly string[]): () => StringTable {
  let encodedFor: Authority | undefined;
  let strings: StringTable;
  return () => {
    const { authority } = state.run;
    if (encodedFor !== authority) {
      strings = encode(granted(authority));
      encodedFor = authority;
    }
    return strings;
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
