import { head, isList, type List, type Node } from "./script-reader.ts";

/** Types of values that a wrapper carries as bits. */
export type BitType = "f32" | "f64" | "v128";

/** An argument: its type, and what JavaScript passes; numbers of floating point and vectors as bits. */
export interface Argument {
  readonly type: string;
  readonly value: unknown;
}

/** What an assertion expects of one result, held against the result as {@link resultText} shows it. */
export type Expectation = (shown: string) => boolean;

const LANES: Readonly<Record<string, number>> = { i8x16: 8, i16x8: 16, i32x4: 32, i64x2: 64, f32x4: 32, f64x2: 64 };

/** An argument of an `invoke`; undefined for one that JavaScript cannot make. */
export function argument(node: Node): Argument | undefined {
  const [kind, text, ...lanes] = isList(node) ? node.items : [];
  switch (kind) {
    case "i32.const":
      return { type: "i32", value: Number(BigInt.asIntN(32, integer(text as string))) };
    case "i64.const":
      return { type: "i64", value: BigInt.asIntN(64, integer(text as string)) };
    case "f32.const":
      return { type: "f32", value: floatBits(text as string, 32) };
    case "f64.const":
      return { type: "f64", value: floatBits(text as string, 64) };
    case "v128.const":
      return { type: "v128", value: vectorBits(text as string, lanes as string[]) };
    case "ref.null":
      return { type: "ref", value: null };
    case "ref.extern":
    case "ref.host":
      return { type: "ref", value: Number(text) };
    default:
      return undefined;
  }
}

/** What the expected result is, by its type, where a wrapper has to know it, and a test of what came. */
export function expectation(node: Node): { readonly type: string; readonly holds: Expectation } {
  const list = node as List;
  const [kind, ...rest] = list.items;
  switch (kind) {
    case "i32.const":
    case "i64.const":
    case "ref.null":
      if (kind === "ref.null") return { type: "ref", holds: (shown) => shown === "null" };
      return { type: kind.slice(0, 3), holds: (shown) => shown === String(argument(node)!.value) };
    case "f32.const":
    case "f64.const": {
      const width = kind === "f32.const" ? 32 : 64;
      const lane = laneExpectation(rest[0] as string, "f", width);
      return { type: kind.slice(0, 3), holds: (shown) => lane(BigInt.asUintN(width, BigInt(shown))) };
    }
    case "v128.const": {
      const [shape, ...texts] = rest as string[];
      const width = LANES[shape!]!;
      const lanes = texts.map((text) => laneExpectation(text, shape![0]!, width));
      return {
        type: "v128",
        holds: (shown) => lanes.every((lane, i) => lane(BigInt.asUintN(width, BigInt(shown) >> BigInt(i * width)))),
      };
    }
    case "either": {
      const ways = rest.map(expectation);
      return { type: ways[0]!.type, holds: (shown) => ways.some(({ holds }) => holds(shown)) };
    }
    case "ref.extern":
    case "ref.host":
      if (rest.length > 0) return { type: "ref", holds: (shown) => shown === String(rest[0]) };
      return { type: "ref", holds: (shown) => shown !== "null" };
    case "ref.func":
      return { type: "ref", holds: (shown) => shown === "function" };
    default:
      return { type: "ref", holds: (shown) => head(list).startsWith("ref.") && shown !== "null" };
  }
}

function laneExpectation(text: string, kind: string, width: number): (bits: bigint) => boolean {
  if (text === "nan:canonical" || text === "nan:arithmetic") {
    const mantissa = width === 32 ? 23n : 52n;
    const quiet = 1n << (mantissa - 1n);
    const exponent = ((1n << (BigInt(width) - 1n - mantissa)) - 1n) << mantissa;
    const magnitude = (1n << (BigInt(width) - 1n)) - 1n;
    if (text === "nan:canonical") return (bits) => (bits & magnitude) === (exponent | quiet);
    return (bits) => (bits & exponent) === exponent && (bits & quiet) !== 0n;
  }
  const wanted = kind === "f" ? floatBits(text, width) : integer(text);
  return (bits) => bits === BigInt.asUintN(width, wanted);
}

function vectorBits(shape: string, texts: readonly string[]): bigint {
  const width = LANES[shape]!;
  let bits = 0n;
  texts.forEach((text, i) => {
    const lane = shape[0] === "f" ? floatBits(text, width) : integer(text);
    bits |= BigInt.asUintN(width, lane) << BigInt(i * width);
  });
  return bits;
}

function integer(text: string): bigint {
  const plain = text.replaceAll("_", "").replace(/^\+/, "");
  return plain.startsWith("-") ? -BigInt(plain.slice(1)) : BigInt(plain);
}

const scratch = new DataView(new ArrayBuffer(8));

/** The bits of a floating-point literal of the text format. */
function floatBits(text: string, width: number): bigint {
  const negative = text.startsWith("-");
  const plain = text.replaceAll("_", "").replace(/^[+-]/, "");
  const sign = negative ? 1n << BigInt(width - 1) : 0n;
  const mantissa = width === 32 ? 23n : 52n;
  if (plain.startsWith("nan")) {
    const exponent = ((1n << (BigInt(width) - 1n - mantissa)) - 1n) << mantissa;
    return sign | exponent | (plain === "nan" ? 1n << (mantissa - 1n) : BigInt(plain.slice(4)));
  }
  const value = plain === "inf" ? Number.POSITIVE_INFINITY : plain.startsWith("0x") ? hexFloat(plain) : Number(plain);
  if (width === 32) {
    scratch.setFloat32(0, value);
    return sign | BigInt(scratch.getUint32(0));
  }
  scratch.setFloat64(0, value);
  return sign | scratch.getBigUint64(0);
}

function hexFloat(text: string): number {
  const [digits, power] = text.slice(2).toLowerCase().split("p");
  const [whole, fraction = ""] = digits!.split(".");
  let mantissa = BigInt(`0x${whole}${fraction}`);
  let exponent = Number(power ?? 0) - fraction.length * 4;
  while (exponent < -1000 && mantissa % 2n === 0n) {
    mantissa /= 2n;
    exponent++;
  }
  const half = Math.trunc(exponent / 2);
  return Number(mantissa) * 2 ** half * 2 ** (exponent - half);
}

/** A result as text that is the same for the same value; `bits` where a wrapper carried it. */
export function resultText(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "function") return "function";
  if (typeof value === "object") return "object";
  return String(value);
}
