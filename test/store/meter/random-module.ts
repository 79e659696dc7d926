import { CountedLines, Dice } from "./random-lines.ts";
import {
  arrays,
  bulkOperation,
  castToInteger,
  castToStruct,
  constructWithParameters,
  conversions,
  growth,
  referenceOperations,
  secondMemory,
  vectorOperations,
} from "./random-operators.ts";

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
  readonly #out: CountedLines;
  #labels: Label[] = [];
  #handlers: string[] = [];
  /** Open constructs that have no label here. */
  #hidden = 0;
  #budget = 0;
  #index = 0;

  constructor(seed: number, catches: boolean, newer: Newer, counting: boolean) {
    this.#dice = new Dice(seed ^ 0x5eed);
    this.#catches = catches;
    this.#newer = newer;
    this.#out = new CountedLines(this.#dice, counting);
  }

  text(): string {
    const bodies: string[] = [];
    for (let i = 0; i < FUNCTIONS; i++) bodies.push(this.#function(i));
    return `(module
      (type $u (func (param i32) (result i32)))
      ${this.#newer.references ? "(type $bytes (array (mut i8))) (type $pair (struct (field (mut i32)) (field i64)))" : ""}
      (import "h" "f" (func $host (param i32) (result i32)))
      ${this.#out.counting ? '(global $n (export "n") (mut i64) (i64.const 0))' : ""}
      (global $steps (mut i32) (i32.const 40))
      (memory (export "memory") 1 3) (table $t 8 12 funcref) (table $x 4 externref) (tag $e (param i32))
      ${this.#newer.secondMemory ? "(memory $b i64 1 4)" : ""}
      (elem (i32.const 0) $f1 $f2 $f3 $f3) (elem $p func $f1 $f2)
      (elem $q func $f2) (data $d "0123456789abcdef") (data $u "x")
      ${bodies.join("\n")})`;
  }

  #function(i: number): string {
    this.#index = i;
    this.#out.lines = [];
    this.#labels = [];
    this.#handlers = [];
    // Small functions become leaves that their callers pay for.
    this.#budget = i > 0 && this.#dice.roll(3) === 0 ? this.#dice.roll(2) : 6 + this.#dice.roll(40);
    const last = i === FUNCTIONS - 1;
    this.#out.count(1);
    this.#open("block");
    this.#statements(2 + this.#dice.roll(8));
    this.#close();
    this.#out.op("local.get 0");
    if (last) this.#out.op("i32.const 7");
    const results = last ? "i32 i32" : "i32";
    const exported = i === 0 ? '(export "f")' : "";
    return `(func $f${i} ${exported} (param i32) (result ${results}) (local $len i32) (local $got i32) (local $len64 i64)
      ${this.#newer.references ? "(local $exn exnref) (local $any anyref) (local $array (ref null $bytes))" : ""}
      ${this.#out.lines.join("\n")})`;
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
        this.#out.op("nop", 0);
        this.#out.op(`i32.const ${dice.roll(1000)}`);
        this.#out.op("drop", 0);
        break;
      case 1:
      case 2:
        this.#out.step("i32.add");
        break;
      case 3:
        bulkOperation(this.#out);
        break;
      case 4:
        growth(this.#out);
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
        this.#out.op(`br_if ${this.#target()}`);
        break;
      case 11:
        this.#out.op("local.get 0");
        this.#out.op(`br_table ${this.#target()} ${this.#target()} ${this.#target()}`);
        this.#dead();
        break;
      case 12:
        this.#out.op(`br ${this.#target()}`);
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
        this.#out.op("local.get 0");
        this.#out.op("i32x4.splat");
        this.#out.op("i8x16.abs");
        this.#out.op("i32x4.extract_lane 1");
        this.#out.op("local.set 0");
        break;
      case 17:
        this.#out.op("block (result i32 i32)", 0);
        this.#out.op("local.get 0");
        this.#out.op("i32.const 3");
        this.#out.op("end", 0);
        this.#out.op("drop", 0);
        this.#out.op("local.set 0");
        break;
      case 18:
        vectorOperations(this.#out);
        break;
      case 19:
        constructWithParameters(this.#out);
        break;
      case 20:
      case 21:
        referenceOperations(this.#out);
        break;
      case 22:
        conversions(this.#out);
        break;
      case 23:
      case 24:
        if (this.#newer.references && dice.roll(3) > 0) this.#typed();
        else if (this.#newer.secondMemory) secondMemory(this.#out);
        else this.#out.step("i32.mul");
        break;
      case 25:
      case 26:
        this.#try();
        break;
      case 27:
        this.#condition();
        this.#open("if");
        this.#out.op("local.get 0");
        this.#out.op("throw $e");
        this.#close();
        break;
      default:
        if (this.#newer.references) {
          this.#out.op("local.get $exn");
          this.#out.op("ref.is_null");
          this.#out.op("i32.eqz");
          this.#open("if");
          this.#out.op("local.get $exn");
          this.#out.op("throw_ref");
          this.#close();
          break;
        }
        if (this.#handlers.length === 0) {
          this.#out.step("i32.xor");
          break;
        }
        this.#condition();
        this.#open("if");
        this.#out.op(`rethrow $${this.#handlers[this.#handlers.length - 1]}`);
        this.#close();
    }
  }

  #condition(): void {
    this.#out.step("i32.add");
    this.#out.op("local.get 0");
    this.#out.op(`i32.const ${1 << this.#dice.roll(4)}`);
    this.#out.op("i32.and");
  }

  /** A label that is not a loop's: `#loop` alone jumps back, because it ends. */
  #target(): string {
    const open = this.#labels.filter((label) => !label.loop);
    return `$${open[this.#dice.roll(open.length)]!.name}`;
  }

  #open(kind: "block" | "if" | "loop" | "try"): string {
    const name = `l${this.#out.names++}`;
    this.#out.op(`${kind} $${name}`, kind === "if" || kind === "try" ? 1 : 0);
    this.#labels.push({ name, loop: kind === "loop" });
    return name;
  }

  #close(): void {
    this.#labels.pop();
    this.#out.op("end", 0);
  }

  #construct(kind: "block" | "if", withElse = false): void {
    this.#open(kind);
    this.#statements(this.#dice.roll(5));
    if (withElse) {
      this.#out.op("else", 0);
      this.#statements(this.#dice.roll(4));
    }
    this.#close();
  }

  #spendStep(): void {
    this.#out.op("global.get $steps");
    this.#out.op("i32.const 1");
    this.#out.op("i32.sub");
    this.#out.op("global.set $steps");
    this.#out.op("global.get $steps");
    this.#out.op("i32.const 0");
    this.#out.op("i32.gt_s");
  }

  #loop(): void {
    this.#open("loop");
    this.#statements(this.#dice.roll(5));
    if (this.#dice.roll(4) > 0) {
      // To its own head, or to that of a loop around it.
      const heads = this.#labels.filter(({ loop }) => loop);
      const { name } = heads[this.#dice.roll(3) > 0 ? heads.length - 1 : this.#dice.roll(heads.length)]!;
      this.#spendStep();
      if (this.#dice.roll(2) === 0) this.#out.op(`br_if $${name}`);
      else {
        this.#open("if");
        this.#statements(this.#dice.roll(2));
        this.#out.op(`br $${name}`);
        this.#dead();
        this.#close();
      }
    }
    this.#statements(this.#dice.roll(3));
    this.#close();
  }

  #exit(): void {
    this.#out.op("local.get 0");
    const last = this.#index === FUNCTIONS - 1;
    if (last) this.#out.op("i32.const 9");
    if (!last && this.#index < FUNCTIONS - 2 && this.#dice.roll(2) === 0) {
      if (this.#dice.roll(2) === 0) this.#out.op(`return_call $f${FUNCTIONS - 2}`);
      else {
        this.#out.op("i32.const 3");
        this.#out.op("return_call_indirect $t (type $u)");
      }
    } else if (this.#dice.roll(2) === 0) this.#out.op("return", 0);
    else this.#out.op(`br ${this.#labels.length + this.#hidden}`);
  }

  /** Code that nothing reaches: it costs nothing and must not disturb what does. */
  #dead(): void {
    if (this.#dice.roll(2) === 0) return;
    this.#statements(this.#dice.roll(3));
    if (this.#dice.roll(3) === 0) this.#out.op("unreachable", 0);
  }

  #call(): void {
    const next = this.#index + 1 + this.#dice.roll(3);
    this.#out.op("local.get 0");
    if (next >= FUNCTIONS) this.#out.op("call $host");
    else if (next === FUNCTIONS - 1) {
      this.#out.op(`call $f${next}`);
      this.#out.op("i32.xor");
    } else if (this.#index === 0 && this.#dice.roll(3) === 0) {
      this.#out.op(`i32.const ${this.#dice.roll(3)}`);
      this.#out.op("call_indirect $t (type $u)");
    } else this.#out.op(`call $f${next}`);
    this.#out.op("local.set 0");
  }

  /** References to functions and objects. */
  #typed(): void {
    const dice = this.#dice;
    const next = this.#index + 1 + dice.roll(2);
    switch (dice.roll(6)) {
      case 0:
        if (next >= FUNCTIONS - 1) break;
        this.#out.op("local.get 0");
        this.#out.op(`ref.func $f${next}`);
        this.#out.op("call_ref $u");
        this.#out.op("local.set 0");
        break;
      case 1: {
        this.#condition();
        this.#open("if");
        this.#out.op("local.get 0");
        this.#out.op("local.get 0");
        this.#out.op("i64.extend_i32_u");
        this.#out.op("struct.new $pair");
        this.#out.op("local.set $any");
        this.#out.op("else", 0);
        this.#out.op("local.get 0");
        this.#out.op("ref.i31");
        this.#out.op("local.set $any");
        this.#close();
        break;
      }
      case 2:
        castToInteger(this.#out);
        break;
      case 3:
        this.#out.op("local.get $any");
        this.#out.op(`br_on_null ${this.#target()}`);
        this.#out.op("ref.test (ref $pair)");
        this.#out.op("local.set 0");
        break;
      case 4:
        castToStruct(this.#out);
        break;
      default:
        arrays(this.#out);
    }
  }

  /** A `try_table` whose handler is a label close by, with or without a value, or any label outside. */
  #tryTable(): void {
    const dice = this.#dice;
    const kind = dice.roll(4);
    const name = `l${this.#out.names++}`;
    const result = ["(result i32)", "(result exnref)", "", ""][kind]!;
    this.#out.op(`block $${name} ${result}`, 0);
    // what carries a value is no target for jumps without one
    if (result === "") this.#labels.push({ name, loop: false });
    else this.#hidden++;
    const clause = [
      `(catch $e $${name})`,
      `(catch_all_ref $${name})`,
      `(catch_all $${name})`,
      `(catch_all ${this.#target()})`,
    ][kind]!;
    this.#out.op(`try_table ${clause}`);
    this.#hidden++;
    this.#statements(1 + dice.roll(5));
    this.#hidden--;
    this.#out.op("end", 0);
    this.#statements(dice.roll(2));
    if (kind === 0) this.#out.op("i32.const 3");
    if (kind === 1) this.#out.op("ref.null exn");
    this.#out.op("end", 0);
    if (result === "") this.#labels.pop();
    else this.#hidden--;
    if (kind === 0) this.#out.op("local.set 0");
    if (kind === 1) this.#out.op("local.set $exn");
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
      this.#out.op(`delegate $${outer[dice.roll(outer.length)]!.name}`, 0);
      return;
    }
    this.#handlers.push(name);
    if (dice.roll(2) === 0) {
      this.#out.lines.push("catch $e");
      this.#out.count(1);
      this.#out.op("local.set 0");
      this.#statements(dice.roll(3));
    }
    if (dice.roll(3) > 0) {
      this.#out.lines.push("catch_all");
      this.#out.count(1);
      this.#statements(dice.roll(3));
    }
    this.#handlers.pop();
    this.#close();
  }
}
