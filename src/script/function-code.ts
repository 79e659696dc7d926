import { ByteSink } from "./byte-sink.ts";

/** Value types by the letters that {@link HostFunctionType} has for them. */
export const VALUE = { i: 0x7f, l: 0x7e, d: 0x7c, p: 0x7e } as const;
export type ValueLetter = keyof typeof VALUE;

const BLOCK_EMPTY = 0x40;

/** One function's body as it is written, operator by operator (core spec 5.4). */
export class FunctionCode {
  readonly #code = new ByteSink();
  readonly #locals: readonly ValueLetter[];

  constructor(locals: readonly ValueLetter[] = []) {
    this.#locals = locals;
  }

  get(local: number): this {
    return this.#op(0x20, local);
  }

  set(local: number): this {
    return this.#op(0x21, local);
  }

  tee(local: number): this {
    return this.#op(0x22, local);
  }

  getGlobal(global: number): this {
    return this.#op(0x23, global);
  }

  setGlobal(global: number): this {
    return this.#op(0x24, global);
  }

  call(index: number): this {
    return this.#op(0x10, index);
  }

  constant(value: number): this {
    this.#code.byte(0x41).s32(value);
    return this;
  }

  /** An operator without immediates. */
  plain(...operators: readonly number[]): this {
    for (const operator of operators) this.#code.byte(operator);
    return this;
  }

  /** A load or store of natural alignment 2^`align` at a fixed offset. */
  memory(operator: number, align: number, offset: number): this {
    this.#code.byte(operator).u32(align).u32(offset);
    return this;
  }

  /** An operator behind the prefix 0xfc. */
  misc(operator: number): this {
    this.#code.byte(0xfc).u32(operator);
    return this;
  }

  block(): this {
    this.#code.byte(0x02).byte(BLOCK_EMPTY);
    return this;
  }

  loop(): this {
    this.#code.byte(0x03).byte(BLOCK_EMPTY);
    return this;
  }

  if(): this {
    this.#code.byte(0x04).byte(BLOCK_EMPTY);
    return this;
  }

  end(): this {
    return this.plain(0x0b);
  }

  branch(label: number): this {
    return this.#op(0x0c, label);
  }

  branchIf(label: number): this {
    return this.#op(0x0d, label);
  }

  branchTable(labels: readonly number[], otherwise: number): this {
    this.#code.byte(0x0e).u32(labels.length);
    for (const label of labels) this.#code.u32(label);
    this.#code.u32(otherwise);
    return this;
  }

  /** The body with its locals declared, without the length in front. */
  body(): Uint8Array {
    const out = new ByteSink().u32(this.#locals.length);
    for (const letter of this.#locals) out.u32(1).byte(VALUE[letter]);
    return out.raw(this.#code.taken()).byte(0x0b).taken();
  }

  #op(operator: number, immediate: number): this {
    this.#code.byte(operator).u32(immediate);
    return this;
  }
}

/** Operators without immediates, and those of memory, by name. */
export const CODE = {
  unreachable: 0x00,
  return: 0x0f,
  drop: 0x1a,
  i32Load: 0x28,
  i64Load: 0x29,
  i32Load8U: 0x2d,
  i32Store: 0x36,
  i64Store: 0x37,
  i32Eqz: 0x45,
  i32Eq: 0x46,
  i32LtS: 0x48,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i64Eqz: 0x50,
  i64GtU: 0x56,
  i32WrapI64: 0xa7,
  f64ConvertI32S: 0xb7,
  f64ConvertI32U: 0xb8,
  f64GeLiteral: 0x66,
} as const;
/** Behind the prefix 0xfc. */
export const TRUNCATE_TO_I64 = 6;
