/** An interpreter of a stack machine, one switch in a loop, that runs a loop of n turns. */
const STACK = memory.data(1024);
const enum Op {
  Push,
  Add,
  Sub,
  Mul,
  Xor,
  Load,
  Store,
  Jump,
  JumpIf,
  Dup,
  Shift,
  Halt,
}
const CODE: StaticArray<i32> = [
  Op.Load, 1, Op.Push, 31, Op.Mul, Op.Load, 0, Op.Add, Op.Dup, Op.Push, 7, Op.Shift, Op.Xor, Op.Store, 1,
  Op.Load, 0, Op.Push, 1, Op.Sub, Op.Dup, Op.Store, 0, Op.JumpIf, 0, Op.Halt,
];
const VARIABLES = new StaticArray<i32>(4);

export function run(n: i32): i32 {
  VARIABLES[0] = n;
  VARIABLES[1] = 1;
  let pc = 0;
  let sp = STACK;
  while (true) {
    switch (unchecked(CODE[pc++])) {
      case Op.Push:
        store<i32>(sp, unchecked(CODE[pc++]));
        sp += 4;
        break;
      case Op.Add:
        sp -= 4;
        store<i32>(sp - 4, load<i32>(sp - 4) + load<i32>(sp));
        break;
      case Op.Sub:
        sp -= 4;
        store<i32>(sp - 4, load<i32>(sp - 4) - load<i32>(sp));
        break;
      case Op.Mul:
        sp -= 4;
        store<i32>(sp - 4, load<i32>(sp - 4) * load<i32>(sp));
        break;
      case Op.Xor:
        sp -= 4;
        store<i32>(sp - 4, load<i32>(sp - 4) ^ load<i32>(sp));
        break;
      case Op.Load:
        store<i32>(sp, VARIABLES[CODE[pc++]]);
        sp += 4;
        break;
      case Op.Store:
        sp -= 4;
        VARIABLES[CODE[pc++]] = load<i32>(sp);
        break;
      case Op.Jump:
        pc = CODE[pc];
        break;
      case Op.JumpIf:
        sp -= 4;
        pc = load<i32>(sp) != 0 ? CODE[pc] : pc + 1;
        break;
      case Op.Dup:
        store<i32>(sp, load<i32>(sp - 4));
        sp += 4;
        break;
      case Op.Shift:
        sp -= 4;
        store<i32>(sp - 4, load<i32>(sp - 4) >>> load<i32>(sp));
        break;
      default:
        return VARIABLES[1];
    }
  }
}
