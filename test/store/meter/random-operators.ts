import { ADD_LENGTH, ADD_WIDE_LENGTH, type CountedLines } from "./random-lines.ts";

export function bulkOperation(out: CountedLines): void {
  const constant = out.dice.roll(2) === 0;
  const kind = out.dice.roll(4);
  const table = kind === 3;
  out.op(`i32.const ${table ? 4 : 1}`);
  out.op(kind === 1 || kind === 3 ? "i32.const 0" : kind === 0 ? "i32.const 5" : "i32.const 2");
  if (constant) out.op(`i32.const ${out.dice.roll(table ? 4 : kind === 2 ? 8 : 300)}`);
  else {
    out.op("local.get 0");
    out.op(`i32.const ${table ? 3 : 7}`);
    out.op("i32.and");
  }
  out.countTop();
  out.op(["memory.fill", "memory.copy", "memory.init $d", "table.copy $t $t"][kind]!);
}

export function growth(out: CountedLines): void {
  const table = out.dice.roll(2) === 0;
  if (table) out.op("ref.null func");
  out.op(`i32.const ${out.dice.roll(2)}`);
  if (out.counting) out.lines.push("local.tee $len");
  out.op(table ? "table.grow $t" : "memory.grow");
  if (out.counting) {
    out.lines.push("local.set $got\nlocal.get $got\ni32.const -1\ni32.ne\nif");
    out.lines.push(ADD_LENGTH, "end");
    out.lines.push("local.get $got");
  }
  out.op("drop", 0);
}

/** Vector operations on memory. */
export function vectorOperations(out: CountedLines): void {
  out.op("i32.const 32");
  out.op("local.get 0");
  out.op("i16x8.splat");
  out.op(`v128.const i32x4 1 2 3 ${out.dice.roll(100)}`);
  out.op("i8x16.shuffle 0 1 2 3 20 21 22 23 8 9 10 11 28 29 30 31");
  out.op("v128.store offset=8");
  out.op("i32.const 36");
  out.op("v128.load32_splat offset=4 align=1");
  out.op("i32.const 40");
  out.op("v128.load align=1");
  out.op("i32.const 33");
  out.op("i32.const 35");
  out.op("v128.load64_zero");
  out.op("v128.store8_lane align=1 3");
  out.op("i32x4.add");
  out.op("i32x4.extract_lane 2");
  out.op("local.set 0");
}

/** Constructs that take parameters, and a block with several results that a jump may leave. */
export function constructWithParameters(out: CountedLines): void {
  out.op("local.get 0");
  const name = `l${out.names++}`;
  const kind = ["block", "loop", "if"][out.dice.roll(3)]!;
  if (kind === "if") out.op("local.get 0");
  out.op(`${kind} $${name} (param i32) (result i32 i32)`, kind === "if" ? 1 : 0);
  out.op("i32.const 11");
  if (kind === "block") {
    out.op("local.get 0");
    out.op(`br_if $${name}`);
  }
  if (kind === "if") {
    out.op("else", 0);
    out.op("local.get 0");
  }
  out.op("i32.const 1");
  out.op("i32.add");
  out.op("end", 0);
  out.op("i32.xor");
  out.op("local.set 0");
}

/** References and tables, a typed select, segments that are dropped. */
export function referenceOperations(out: CountedLines): void {
  const dice = out.dice;
  switch (dice.roll(5)) {
    case 0:
      out.op("i32.const 5");
      out.op("i32.const 1");
      out.op("table.get $t");
      out.op("ref.func $f1");
      out.op("local.get 0");
      out.op("select (result funcref)");
      out.op("table.set $t");
      break;
    case 1:
      out.op("i32.const 1");
      out.op("ref.null extern");
      if (dice.roll(2) === 0) out.op(`i32.const ${dice.roll(4)}`);
      else {
        out.op("local.get 0");
        out.op("i32.const 3");
        out.op("i32.and");
      }
      out.countTop();
      out.op("table.fill $x");
      break;
    case 2:
      out.op("i32.const 4");
      out.op("i32.const 0");
      out.op("local.get 0");
      out.op("i32.const 1");
      out.op("i32.and");
      out.countTop();
      out.op("table.init $t $p");
      break;
    case 3:
      out.op("elem.drop $q");
      out.op("data.drop $u");
      out.op("table.size $t");
      out.op("memory.size");
      out.op("i32.add");
      out.op("local.set 0");
      break;
    default:
      out.op("i32.const 6");
      out.op("table.get $t");
      out.op("ref.is_null");
      out.op("local.set 0");
  }
}

/** Sign extension and saturating conversions. */
export function conversions(out: CountedLines): void {
  out.op("local.get 0");
  out.op("i32.extend8_s");
  out.op("f64.convert_i32_s");
  out.op(`f64.const ${out.dice.roll(1000)}.5`);
  out.op("f64.mul");
  out.op("i64.trunc_sat_f64_u");
  out.op("i64.extend32_s");
  out.op("i32.wrap_i64");
  out.op("local.set 0");
}

/** Operations on the second memory, whose lengths are of 64 bits. */
export function secondMemory(out: CountedLines): void {
  const dice = out.dice;
  const kind = dice.roll(4);
  if (kind === 3) {
    out.op(`i64.const ${dice.roll(3)}`);
    if (out.counting) out.lines.push("local.tee $len64");
    out.op("memory.grow $b");
    if (out.counting) {
      out.lines.push("i32.wrap_i64\nlocal.set $got\nlocal.get $got\ni32.const -1\ni32.ne\nif");
      out.lines.push(ADD_WIDE_LENGTH, "end\nlocal.get $got\ni64.extend_i32_s");
    }
    out.op("drop", 0);
    return;
  }
  if (kind === 2) {
    out.op("i64.const 77");
    out.op("local.get 0");
    out.op("i32.store $b offset=9");
    out.op("i64.const 78");
    out.op("i32.load $b offset=8 align=1");
    out.op("local.set 0");
    return;
  }
  out.op("i64.const 1");
  out.op(kind === 0 ? "i32.const 7" : "i64.const 3");
  if (dice.roll(2) === 0) out.op(`i64.const ${dice.roll(300)}`);
  else {
    out.op("local.get 0");
    out.op("i64.extend_i32_u");
    out.op("i64.const 127");
    out.op("i64.and");
  }
  if (out.counting) out.lines.push("local.tee $len64", ADD_WIDE_LENGTH);
  out.op(kind === 0 ? "memory.fill $b" : "memory.copy $b $b");
}

/** A cast of `$any` that jumps where it holds. */
export function castToInteger(out: CountedLines): void {
  const name = `l${out.names++}`;
  out.op(`block $${name} (result (ref i31))`, 0);
  out.op("local.get $any");
  out.op(`br_on_cast $${name} anyref (ref i31)`);
  out.op("drop", 0);
  out.step("i32.add");
  out.op("i32.const 1");
  out.op("ref.i31");
  out.op("end", 0);
  out.op("i31.get_u");
  out.op("local.set 0");
}

/** A cast of `$any` that jumps where it fails. */
export function castToStruct(out: CountedLines): void {
  const name = `l${out.names++}`;
  out.op(`block $${name} (result anyref)`, 0);
  out.op("local.get $any");
  out.op(`br_on_cast_fail $${name} anyref (ref $pair)`);
  out.op("struct.get $pair 0");
  out.op("local.set 0");
  out.op("local.get $any");
  out.op("end", 0);
  out.op("drop", 0);
}

/** Arrays that are made, filled and copied, by lengths that are constant and not. */
export function arrays(out: CountedLines): void {
  out.op("i32.const 9");
  out.op("local.get 0");
  out.op("i32.const 255");
  out.op("i32.and");
  out.countTop();
  out.op("array.new $bytes");
  out.op("local.tee $array");
  out.op("i32.const 0");
  out.op("i32.const 7");
  out.op("i32.const 0");
  out.countTop();
  out.op("array.fill $bytes");
  out.op("i32.const 130");
  out.countTop();
  out.op("array.new_default $bytes");
  out.op("i32.const 0");
  out.op("local.get $array");
  out.op("i32.const 0");
  out.op("local.get $array");
  out.op("array.len");
  out.op("i32.const 127");
  out.op("i32.and");
  out.countTop();
  out.op("array.copy $bytes $bytes");
}
