import { SECTION } from "../store/meter/layout.ts";
import {
  absentBody,
  BRIDGE_CALLS,
  GLOBAL,
  growBody,
  hostCallBody,
  interruptBody,
  type Places,
  startBody,
} from "./bridge.ts";
import { ByteSink } from "./byte-sink.ts";
import type { Engine } from "./engine.ts";
import { VALUE, type ValueLetter } from "./function-code.ts";
import { renumberBody } from "./function-renumbering.ts";
import type { HostFunctionType } from "./host-functions.ts";

/** A piece of the initial memory. */
export interface DataSegment {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** The state that a module starts in. */
export interface InitialState {
  readonly memoryPages: number;
  readonly stackPointer: number;
  /** Handle of the script's main function. */
  readonly main: number;
  readonly data: readonly DataSegment[];
}

/** The engine joined with the functions of the host that a script was given. */
export interface LinkedEngine {
  /** What a script calls by which number, from 0: the bridge's own calls and then the host's. */
  readonly calls: readonly string[];
  /** For the build: starts as the engine does, and exports all that the engine exports, `main` and the stack pointer. */
  readonly forBuild: Uint8Array;
  /** A WASI command that starts in the given state and exports `memory` and `_start` alone. */
  baked(state: InitialState): Uint8Array;
}

const EXIT: HostFunctionType = { module: "wasi_snapshot_preview1", name: "proc_exit", parameters: "i" };

/**
 * Joins the JavaScript engine with the host's functions that a script is given, through a bridge which the engine's own
 * host calls go through. What the engine imports and the script is not given is answered inside the module.
 */
export function linkEngine(engine: Engine, functions: readonly HostFunctionType[]): LinkedEngine {
  const imports = [...functions, EXIT];
  const shift = imports.length - engine.imports.length;
  const added: { readonly type: number; readonly body: Uint8Array }[] = [];
  const firstAdded = imports.length + engine.functions.length;
  const types = new TypeTable(engine.types);
  const places: Places = {
    engine(name) {
      const index = engine.exports.get(name);
      if (index === undefined) throw new Error(`the JavaScript engine does not export ${name}`);
      return index + shift;
    },
    host(name) {
      const index = imports.findIndex((item) => item.name === name);
      return index < 0 ? undefined : index;
    },
  };
  const add = (type: number, body: Uint8Array): number => added.push({ type, body }) - 1 + firstAdded;
  const grow = add(types.of("i", "i"), growBody());
  const replaced = engine.imports.map(({ name, type }) => {
    const imported = places.host(name);
    if (imported !== undefined) return imported;
    if (name === "host_call") return add(type, hostCallBody(places, functions));
    if (name === "host_interrupt") return add(type, interruptBody(places));
    return add(type, absentBody(name, places));
  });
  const start = add(types.of("", ""), startBody(places));
  const index = (old: number): number => replaced[old] ?? old + shift;

  const importTypes = imports.map(({ name, parameters }) => types.of(parameters, name === EXIT.name ? "" : "i"));
  const code = new ByteSink().u32(engine.functions.length + added.length);
  for (const [from, to] of engine.bodies) {
    const body = new ByteSink();
    renumberBody(body, engine.bytes, from, to, { index, grow });
    code.vector(body.taken());
  }
  for (const { body } of added) code.vector(body);

  const write = (state: InitialState | undefined): Uint8Array => {
    const out = new ByteSink().raw(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
    out.section(SECTION.type, types.written());
    out.section(SECTION.import, importSection(imports, importTypes));
    const declared = new ByteSink().u32(engine.functions.length + added.length);
    for (const type of engine.functions) declared.u32(type);
    for (const { type } of added) declared.u32(type);
    out.section(SECTION.function, declared);
    out.byte(SECTION.table).vector(engine.table);
    out.section(
      SECTION.memory,
      new ByteSink()
        .u32(1)
        .byte(0)
        .u32(state?.memoryPages ?? engine.memoryPages),
    );
    out.section(SECTION.global, globalSection(state?.stackPointer ?? engine.stackPointer, state?.main ?? 0));
    const exported = state === undefined ? [...engine.exports].map(([name, old]) => [name, index(old)] as const) : [];
    out.section(SECTION.export, exportSection([...exported, ["_start", start]], state === undefined));
    out.section(SECTION.element, elementSection(engine, index));
    out.section(SECTION.code, code);
    if (state === undefined) out.byte(SECTION.data).vector(engine.data);
    else out.section(SECTION.data, dataSection(state.data));
    return out.taken().slice();
  };
  return {
    calls: [...BRIDGE_CALLS, ...functions.map(({ name }) => name)],
    forBuild: write(undefined),
    baked: write,
  };
}

/** Function types by what they take and give. */
class TypeTable {
  readonly #written: Uint8Array[];

  constructor(engine: readonly Uint8Array[]) {
    this.#written = [...engine];
  }

  of(parameters: string, results: string): number {
    const types = (letters: string) => Uint8Array.from(letters, (letter) => VALUE[letter as ValueLetter]);
    const wanted = new ByteSink().byte(0x60).vector(types(parameters)).vector(types(results)).taken();
    const known = this.#written.findIndex((type) => Buffer.compare(type, wanted) === 0);
    return known >= 0 ? known : this.#written.push(wanted) - 1;
  }

  written(): ByteSink {
    const out = new ByteSink().u32(this.#written.length);
    for (const type of this.#written) out.raw(type);
    return out;
  }
}

function importSection(imports: readonly HostFunctionType[], types: readonly number[]): ByteSink {
  const out = new ByteSink().u32(imports.length);
  for (const [i, { module, name }] of imports.entries()) {
    out
      .name(module)
      .name(name)
      .byte(0)
      .u32(types[i] as number);
  }
  return out;
}

function globalSection(stackPointer: number, main: number): ByteSink {
  const out = new ByteSink().u32(Object.keys(GLOBAL).length);
  for (const value of [stackPointer, main]) out.byte(VALUE.i).byte(1).byte(0x41).s32(value).byte(0x0b);
  return out.byte(VALUE.l).byte(1).byte(0x42).byte(0).byte(0x0b);
}

function exportSection(functions: readonly (readonly [string, number])[], withGlobals: boolean): ByteSink {
  const globals = withGlobals ? (["stackPointer", "main"] as const) : [];
  const out = new ByteSink().u32(functions.length + globals.length + 1);
  out.name("memory").byte(2).u32(0);
  for (const name of globals) out.name(`global:${name}`).byte(3).u32(GLOBAL[name]);
  for (const [name, index] of functions) out.name(name).byte(0).u32(index);
  return out;
}

function elementSection({ elements }: Engine, index: (old: number) => number): ByteSink {
  const out = new ByteSink().u32(1).u32(0).byte(0x41).s32(elements.offset).byte(0x0b);
  out.u32(elements.functions.length);
  for (const old of elements.functions) out.u32(index(old));
  return out;
}

function dataSection(segments: readonly DataSegment[]): ByteSink {
  const out = new ByteSink().u32(segments.length);
  for (const { address, bytes } of segments) out.u32(0).byte(0x41).s32(address).byte(0x0b).vector(bytes);
  return out;
}
