/** A small deterministic generator (mulberry32): one seed, one module. */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  roll(sides: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % sides;
  }
}

export interface RandomModule {
  /** The module as it is. */
  readonly plain: string;
  /** The same, counting each operator by itself into the exported i64 global `n`: the oracle. */
  readonly counting: string;
  readonly catches: boolean;
}

/** What only newer engines have. */
export interface Newer {
  /** A second memory, with 64-bit addresses: multi-memory and memory64. */
  readonly secondMemory?: boolean;
  /**
   * Typed function references, garbage collection, and exceptions by `try_table` in place of `try`. wabt does not
   * write them.
   */
  readonly references?: boolean;
}

const FUNCTIONS = 5;
const ADD_WIDE_LENGTH = "global.get $n\nlocal.get $len64\ni64.add\nglobal.set $n";
const ADD_LENGTH = "global.get $n\nlocal.get $len\ni64.extend_i32_u\ni64.add\nglobal.set $n";

/**
 * Writes a random module that ends, twice. Functions are `(i32) -> i32`, the last one `(i32) -> (i32 i32)`. Loops and
 * recursion spend the guest's own `$steps`; memory and table accesses stay inside. {@link Newer} says what else is in it.
 */
export function randomModule(seed: number, newer: Newer = {}): RandomModule {
  const catches = new Dice(seed).roll(newer.references === true ? 2 : 3) === 0;
  return {
    plain: new ModuleText(seed, catches, newer, false).text(),
    counting: new ModuleText(seed, catches, newer, true).text(),
    catches,
  };
}

interface Label {
  readonly name: string;
  readonly loop: boolean;
}

class ModuleText {
  readonly #dice: Dice;
  readonly #catches: boolean;
  readonly #newer: Newer;
  readonly #counting: boolean;
  #lines: string[] = [];
  #labels: Label[] = [];
  #handlers: string[] = [];
  /** Open constructs that have no label here. */
  #hidden = 0;
  #names = 0;
  #budget = 0;
  #index = 0;

  constructor(seed: number, catches: boolean, newer: Newer, counting: boolean) {
    this.#dice = new Dice(seed ^ 0x5eed);
    this.#catches = catches;
    this.#newer = newer;
    this.#counting = counting;
  }

  text(): string {
    const bodies: string[] = [];
    for (let i = 0; i < FUNCTIONS; i++) bodies.push(this.#function(i));
    return `(module
      (type $u (func (param i32) (result i32)))
      ${this.#newer.references ? "(type $bytes (array (mut i8))) (type $pair (struct (field (mut i32)) (field i64)))" : ""}
      (import "h" "f" (func $host (param i32) (result i32)))
      ${this.#counting ? '(global $n (export "n") (mut i64) (i64.const 0))' : ""}
      (global $steps (mut i32) (i32.const 40))
      (memory (export "memory") 1 3) (table $t 8 12 funcref) (table $x 4 externref) (tag $e (param i32))
      ${this.#newer.secondMemory ? "(memory $b i64 1 4)" : ""}
      (elem (i32.const 0) $f1 $f2 $f3 $f3) (elem $p func $f1 $f2)
      (elem $q func $f2) (data $d "0123456789abcdef") (data $u "x")
      ${bodies.join("\n")})`;
  }

  #function(i: number): string {
    this.#index = i;
    this.#lines = [];
    this.#labels = [];
    this.#handlers = [];
    // Small functions become leaves that their callers pay for.
    this.#budget = i > 0 && this.#dice.roll(3) === 0 ? this.#dice.roll(2) : 6 + this.#dice.roll(40);
    const last = i === FUNCTIONS - 1;
    this.#count(1);
    this.#open("block");
    this.#statements(2 + this.#dice.roll(8));
    this.#close();
    this.#op("local.get 0");
    if (last) this.#op("i32.const 7");
    const results = last ? "i32 i32" : "i32";
    const exported = i === 0 ? '(export "f")' : "";
    return `(func $f${i} ${exported} (param i32) (result ${results}) (local $len i32) (local $got i32) (local $len64 i64)
      ${this.#newer.references ? "(local $exn exnref) (local $any anyref) (local $array (ref null $bytes))" : ""}
      ${this.#lines.join("\n")})`;
  }

  #op(text: string, cost = 1): void {
    this.#count(cost);
    this.#lines.push(text);
  }

  #count(cost: number): void {
    if (this.#counting && cost > 0) this.#lines.push(`global.get $n\ni64.const ${cost}\ni64.add\nglobal.set $n`);
  }

  /** Counts what is on top of the stack, which stays there. */
  #countTop(): void {
    if (!this.#counting) return;
    this.#lines.push("local.tee $len");
    this.#lines.push(ADD_LENGTH);
  }

  #statements(count: number): void {
    for (let i = 0; i < count && this.#budget > 0; i++) {
      this.#budget--;
      this.#statement();
    }
  }

  #statement(): void {
    const dice = this.#dice;
    switch (dice.roll(this.#catches ? 29 : 25)) {
      case 0:
        this.#op("nop", 0);
        this.#op(`i32.const ${dice.roll(1000)}`);
        this.#op("drop", 0);
        break;
      case 1:
      case 2:
        this.#step("i32.add");
        break;
      case 3:
        this.#bulk();
        break;
      case 4:
        this.#grow();
        break;
      case 5:
        this.#construct("block");
        break;
      case 6:
      case 7:
        this.#loop();
        break;
      case 8:
      case 9:
        this.#condition();
        this.#construct("if", dice.roll(2) === 0);
        break;
      case 10:
        this.#condition();
        this.#op(`br_if ${this.#target()}`);
        break;
      case 11:
        this.#op("local.get 0");
        this.#op(`br_table ${this.#target()} ${this.#target()} ${this.#target()}`);
        this.#dead();
        break;
      case 12:
        this.#op(`br ${this.#target()}`);
        this.#dead();
        break;
      case 13:
        this.#exit();
        this.#dead();
        break;
      case 14:
      case 15:
        this.#call();
        break;
      case 16:
        this.#op("local.get 0");
        this.#op("i32x4.splat");
        this.#op("i8x16.abs");
        this.#op("i32x4.extract_lane 1");
        this.#op("local.set 0");
        break;
      case 17:
        this.#op("block (result i32 i32)", 0);
        this.#op("local.get 0");
        this.#op("i32.const 3");
        this.#op("end", 0);
        this.#op("drop", 0);
        this.#op("local.set 0");
        break;
      case 18:
        this.#vector();
        break;
      case 19:
        this.#parameters();
        break;
      case 20:
      case 21:
        this.#reference();
        break;
      case 22:
        this.#conversion();
        break;
      case 23:
      case 24:
        if (this.#newer.references && dice.roll(3) > 0) this.#typed();
        else if (this.#newer.secondMemory) this.#second();
        else this.#step("i32.mul");
        break;
      case 25:
      case 26:
        this.#try();
        break;
      case 27:
        this.#condition();
        this.#open("if");
        this.#op("local.get 0");
        this.#op("throw $e");
        this.#close();
        break;
      default:
        if (this.#newer.references) {
          this.#op("local.get $exn");
          this.#op("ref.is_null");
          this.#op("i32.eqz");
          this.#open("if");
          this.#op("local.get $exn");
          this.#op("throw_ref");
          this.#close();
          break;
        }
        if (this.#handlers.length === 0) {
          this.#step("i32.xor");
          break;
        }
        this.#condition();
        this.#open("if");
        this.#op(`rethrow $${this.#handlers[this.#handlers.length - 1]}`);
        this.#close();
    }
  }

  #step(operator: string): void {
    this.#op("local.get 0");
    this.#op(`i32.const ${this.#dice.roll(64)}`);
    this.#op(operator);
    this.#op("local.set 0");
  }

  #condition(): void {
    this.#step("i32.add");
    this.#op("local.get 0");
    this.#op(`i32.const ${1 << this.#dice.roll(4)}`);
    this.#op("i32.and");
  }

  /** A label that is not a loop's: `#loop` alone jumps back, because it ends. */
  #target(): string {
    const open = this.#labels.filter((label) => !label.loop);
    return `$${open[this.#dice.roll(open.length)]!.name}`;
  }

  #open(kind: "block" | "if" | "loop" | "try"): string {
    const name = `l${this.#names++}`;
    this.#op(`${kind} $${name}`, kind === "if" || kind === "try" ? 1 : 0);
    this.#labels.push({ name, loop: kind === "loop" });
    return name;
  }

  #close(): void {
    this.#labels.pop();
    this.#op("end", 0);
  }

  #construct(kind: "block" | "if", withElse = false): void {
    this.#open(kind);
    this.#statements(this.#dice.roll(5));
    if (withElse) {
      this.#op("else", 0);
      this.#statements(this.#dice.roll(4));
    }
    this.#close();
  }

  #spendStep(): void {
    this.#op("global.get $steps");
    this.#op("i32.const 1");
    this.#op("i32.sub");
    this.#op("global.set $steps");
    this.#op("global.get $steps");
    this.#op("i32.const 0");
    this.#op("i32.gt_s");
  }

  #loop(): void {
    const name = this.#open("loop");
    this.#statements(this.#dice.roll(5));
    if (this.#dice.roll(4) > 0) {
      this.#spendStep();
      if (this.#dice.roll(2) === 0) this.#op(`br_if $${name}`);
      else {
        this.#open("if");
        this.#statements(this.#dice.roll(2));
        this.#op(`br $${name}`);
        this.#dead();
        this.#close();
      }
    }
    this.#statements(this.#dice.roll(3));
    this.#close();
  }

  #exit(): void {
    this.#op("local.get 0");
    const last = this.#index === FUNCTIONS - 1;
    if (last) this.#op("i32.const 9");
    if (!last && this.#index < FUNCTIONS - 2 && this.#dice.roll(2) === 0) {
      if (this.#dice.roll(2) === 0) this.#op(`return_call $f${FUNCTIONS - 2}`);
      else {
        this.#op("i32.const 3");
        this.#op("return_call_indirect $t (type $u)");
      }
    } else if (this.#dice.roll(2) === 0) this.#op("return", 0);
    else this.#op(`br ${this.#labels.length + this.#hidden}`);
  }

  /** Code that nothing reaches: it costs nothing and must not disturb what does. */
  #dead(): void {
    if (this.#dice.roll(2) === 0) return;
    this.#statements(this.#dice.roll(3));
    if (this.#dice.roll(3) === 0) this.#op("unreachable", 0);
  }

  #call(): void {
    const next = this.#index + 1 + this.#dice.roll(3);
    this.#op("local.get 0");
    if (next >= FUNCTIONS) this.#op("call $host");
    else if (next === FUNCTIONS - 1) {
      this.#op(`call $f${next}`);
      this.#op("i32.xor");
    } else if (this.#index === 0 && this.#dice.roll(3) === 0) {
      this.#op(`i32.const ${this.#dice.roll(3)}`);
      this.#op("call_indirect $t (type $u)");
    } else this.#op(`call $f${next}`);
    this.#op("local.set 0");
  }

  #bulk(): void {
    const constant = this.#dice.roll(2) === 0;
    const kind = this.#dice.roll(4);
    const table = kind === 3;
    this.#op(`i32.const ${table ? 4 : 1}`);
    this.#op(kind === 1 || kind === 3 ? "i32.const 0" : kind === 0 ? "i32.const 5" : "i32.const 2");
    if (constant) this.#op(`i32.const ${this.#dice.roll(table ? 4 : kind === 2 ? 8 : 300)}`);
    else {
      this.#op("local.get 0");
      this.#op(`i32.const ${table ? 3 : 7}`);
      this.#op("i32.and");
    }
    this.#countTop();
    this.#op(["memory.fill", "memory.copy", "memory.init $d", "table.copy $t $t"][kind]!);
  }

  #grow(): void {
    const table = this.#dice.roll(2) === 0;
    if (table) this.#op("ref.null func");
    this.#op(`i32.const ${this.#dice.roll(2)}`);
    if (this.#counting) this.#lines.push("local.tee $len");
    this.#op(table ? "table.grow $t" : "memory.grow");
    if (this.#counting) {
      this.#lines.push("local.set $got\nlocal.get $got\ni32.const -1\ni32.ne\nif");
      this.#lines.push(ADD_LENGTH, "end");
      this.#lines.push("local.get $got");
    }
    this.#op("drop", 0);
  }

  /** Vector operations on memory. */
  #vector(): void {
    this.#op("i32.const 32");
    this.#op("local.get 0");
    this.#op("i16x8.splat");
    this.#op(`v128.const i32x4 1 2 3 ${this.#dice.roll(100)}`);
    this.#op("i8x16.shuffle 0 1 2 3 20 21 22 23 8 9 10 11 28 29 30 31");
    this.#op("v128.store offset=8");
    this.#op("i32.const 36");
    this.#op("v128.load32_splat offset=4 align=1");
    this.#op("i32.const 40");
    this.#op("v128.load align=1");
    this.#op("i32.const 33");
    this.#op("i32.const 35");
    this.#op("v128.load64_zero");
    this.#op("v128.store8_lane align=1 3");
    this.#op("i32x4.add");
    this.#op("i32x4.extract_lane 2");
    this.#op("local.set 0");
  }

  /** Constructs that take parameters, and a block with several results that a jump may leave. */
  #parameters(): void {
    this.#op("local.get 0");
    const name = `l${this.#names++}`;
    const kind = ["block", "loop", "if"][this.#dice.roll(3)]!;
    if (kind === "if") this.#op("local.get 0");
    this.#op(`${kind} $${name} (param i32) (result i32 i32)`, kind === "if" ? 1 : 0);
    this.#op("i32.const 11");
    if (kind === "block") {
      this.#op("local.get 0");
      this.#op(`br_if $${name}`);
    }
    if (kind === "if") {
      this.#op("else", 0);
      this.#op("local.get 0");
    }
    this.#op("i32.const 1");
    this.#op("i32.add");
    this.#op("end", 0);
    this.#op("i32.xor");
    this.#op("local.set 0");
  }

  /** References and tables, a typed select, segments that are dropped. */
  #reference(): void {
    const dice = this.#dice;
    switch (dice.roll(5)) {
      case 0:
        this.#op("i32.const 5");
        this.#op("i32.const 1");
        this.#op("table.get $t");
        this.#op("ref.func $f1");
        this.#op("local.get 0");
        this.#op("select (result funcref)");
        this.#op("table.set $t");
        break;
      case 1:
        this.#op("i32.const 1");
        this.#op("ref.null extern");
        if (dice.roll(2) === 0) this.#op(`i32.const ${dice.roll(4)}`);
        else {
          this.#op("local.get 0");
          this.#op("i32.const 3");
          this.#op("i32.and");
        }
        this.#countTop();
        this.#op("table.fill $x");
        break;
      case 2:
        this.#op("i32.const 4");
        this.#op("i32.const 0");
        this.#op("local.get 0");
        this.#op("i32.const 1");
        this.#op("i32.and");
        this.#countTop();
        this.#op("table.init $t $p");
        break;
      case 3:
        this.#op("elem.drop $q");
        this.#op("data.drop $u");
        this.#op("table.size $t");
        this.#op("memory.size");
        this.#op("i32.add");
        this.#op("local.set 0");
        break;
      default:
        this.#op("i32.const 6");
        this.#op("table.get $t");
        this.#op("ref.is_null");
        this.#op("local.set 0");
    }
  }

  /** Sign extension and saturating conversions. */
  #conversion(): void {
    this.#op("local.get 0");
    this.#op("i32.extend8_s");
    this.#op("f64.convert_i32_s");
    this.#op(`f64.const ${this.#dice.roll(1000)}.5`);
    this.#op("f64.mul");
    this.#op("i64.trunc_sat_f64_u");
    this.#op("i64.extend32_s");
    this.#op("i32.wrap_i64");
    this.#op("local.set 0");
  }

  /** Operations on the second memory, whose lengths are of 64 bits. */
  #second(): void {
    const dice = this.#dice;
    const kind = dice.roll(4);
    if (kind === 3) {
      this.#op(`i64.const ${dice.roll(3)}`);
      if (this.#counting) this.#lines.push("local.tee $len64");
      this.#op("memory.grow $b");
      if (this.#counting) {
        this.#lines.push("i32.wrap_i64\nlocal.set $got\nlocal.get $got\ni32.const -1\ni32.ne\nif");
        this.#lines.push(ADD_WIDE_LENGTH, "end\nlocal.get $got\ni64.extend_i32_s");
      }
      this.#op("drop", 0);
      return;
    }
    if (kind === 2) {
      this.#op("i64.const 77");
      this.#op("local.get 0");
      this.#op("i32.store $b offset=9");
      this.#op("i64.const 78");
      this.#op("i32.load $b offset=8 align=1");
      this.#op("local.set 0");
      return;
    }
    this.#op("i64.const 1");
    this.#op(kind === 0 ? "i32.const 7" : "i64.const 3");
    if (dice.roll(2) === 0) this.#op(`i64.const ${dice.roll(300)}`);
    else {
      this.#op("local.get 0");
      this.#op("i64.extend_i32_u");
      this.#op("i64.const 127");
      this.#op("i64.and");
    }
    if (this.#counting) this.#lines.push("local.tee $len64", ADD_WIDE_LENGTH);
    this.#op(kind === 0 ? "memory.fill $b" : "memory.copy $b $b");
  }

  /** References to functions and objects. */
  #typed(): void {
    const dice = this.#dice;
    const next = this.#index + 1 + dice.roll(2);
    switch (dice.roll(6)) {
      case 0:
        if (next >= FUNCTIONS - 1) break;
        this.#op("local.get 0");
        this.#op(`ref.func $f${next}`);
        this.#op("call_ref $u");
        this.#op("local.set 0");
        break;
      case 1: {
        this.#condition();
        this.#open("if");
        this.#op("local.get 0");
        this.#op("local.get 0");
        this.#op("i64.extend_i32_u");
        this.#op("struct.new $pair");
        this.#op("local.set $any");
        this.#op("else", 0);
        this.#op("local.get 0");
        this.#op("ref.i31");
        this.#op("local.set $any");
        this.#close();
        break;
      }
      case 2: {
        const name = `l${this.#names++}`;
        this.#op(`block $${name} (result (ref i31))`, 0);
        this.#op("local.get $any");
        this.#op(`br_on_cast $${name} anyref (ref i31)`);
        this.#op("drop", 0);
        this.#step("i32.add");
        this.#op("i32.const 1");
        this.#op("ref.i31");
        this.#op("end", 0);
        this.#op("i31.get_u");
        this.#op("local.set 0");
        break;
      }
      case 3:
        this.#op("local.get $any");
        this.#op(`br_on_null ${this.#target()}`);
        this.#op("ref.test (ref $pair)");
        this.#op("local.set 0");
        break;
      case 4: {
        const name = `l${this.#names++}`;
        this.#op(`block $${name} (result anyref)`, 0);
        this.#op("local.get $any");
        this.#op(`br_on_cast_fail $${name} anyref (ref $pair)`);
        this.#op("struct.get $pair 0");
        this.#op("local.set 0");
        this.#op("local.get $any");
        this.#op("end", 0);
        this.#op("drop", 0);
        break;
      }
      default:
        this.#op("i32.const 9");
        this.#op("local.get 0");
        this.#op("i32.const 255");
        this.#op("i32.and");
        this.#countTop();
        this.#op("array.new $bytes");
        this.#op("local.tee $array");
        this.#op("i32.const 0");
        this.#op("i32.const 7");
        this.#op("i32.const 0");
        this.#countTop();
        this.#op("array.fill $bytes");
        this.#op("i32.const 130");
        this.#countTop();
        this.#op("array.new_default $bytes");
        this.#op("i32.const 0");
        this.#op("local.get $array");
        this.#op("i32.const 0");
        this.#op("local.get $array");
        this.#op("array.len");
        this.#op("i32.const 127");
        this.#op("i32.and");
        this.#countTop();
        this.#op("array.copy $bytes $bytes");
    }
  }

  /** A `try_table` whose handler is a label close by, with or without a value, or any label outside. */
  #tryTable(): void {
    const dice = this.#dice;
    const kind = dice.roll(4);
    const name = `l${this.#names++}`;
    const result = ["(result i32)", "(result exnref)", "", ""][kind]!;
    this.#op(`block $${name} ${result}`, 0);
    // what carries a value is no target for jumps without one
    if (result === "") this.#labels.push({ name, loop: false });
    else this.#hidden++;
    const clause = [
      `(catch $e $${name})`,
      `(catch_all_ref $${name})`,
      `(catch_all $${name})`,
      `(catch_all ${this.#target()})`,
    ][kind]!;
    this.#op(`try_table ${clause}`);
    this.#hidden++;
    this.#statements(1 + dice.roll(5));
    this.#hidden--;
    this.#op("end", 0);
    this.#statements(dice.roll(2));
    if (kind === 0) this.#op("i32.const 3");
    if (kind === 1) this.#op("ref.null exn");
    this.#op("end", 0);
    if (result === "") this.#labels.pop();
    else this.#hidden--;
    if (kind === 0) this.#op("local.set 0");
    if (kind === 1) this.#op("local.set $exn");
    this.#statements(dice.roll(3));
  }

  #try(): void {
    if (this.#newer.references) {
      this.#tryTable();
      return;
    }
    const dice = this.#dice;
    const name = this.#open("try");
    this.#statements(1 + dice.roll(4));
    if (dice.roll(4) === 0) {
      this.#labels.pop();
      const outer = this.#labels.filter((label) => !label.loop);
      this.#op(`delegate $${outer[dice.roll(outer.length)]!.name}`, 0);
      return;
    }
    this.#handlers.push(name);
    if (dice.roll(2) === 0) {
      this.#lines.push("catch $e");
      this.#count(1);
      this.#op("local.set 0");
      this.#statements(dice.roll(3));
    }
    if (dice.roll(3) > 0) {
      this.#lines.push("catch_all");
      this.#count(1);
      this.#statements(dice.roll(3));
    }
    this.#handlers.pop();
    this.#close();
  }
}
