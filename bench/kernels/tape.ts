/** An interpreter of the eight-command tape language, n runs of a program that multiplies in nested loops. */
const PROGRAM = "++++++++++++[>++++++++++++[>++++++++++[>+++>+<<-]<-]<-]>>>>[-<+>]<.";
const CODE = memory.data(128);
const TARGET = new StaticArray<i32>(128);
const TAPE = memory.data(256);
const OPEN = new StaticArray<i32>(32);

export function run(n: i32): i32 {
  const length = PROGRAM.length;
  let depth = 0;
  for (let i = 0; i < length; i++) {
    const c = PROGRAM.charCodeAt(i);
    store<u8>(CODE + i, c);
    if (c == 91) OPEN[depth++] = i;
    if (c == 93) {
      const open = OPEN[--depth];
      TARGET[open] = i;
      TARGET[i] = open;
    }
  }
  let hash = 0;
  for (let turn = 0; turn < n; turn++) {
    memory.fill(TAPE, 0, 256);
    let at: u8 = 0;
    for (let pc = 0; pc < length; pc++) {
      switch (load<u8>(CODE + pc)) {
        case 43:
          store<u8>(TAPE + at, load<u8>(TAPE + at) + 1);
          break;
        case 44:
          store<u8>(TAPE + at, turn);
          break;
        case 45:
          store<u8>(TAPE + at, load<u8>(TAPE + at) - 1);
          break;
        case 46:
          hash = hash * 31 + load<u8>(TAPE + at);
          break;
        case 60:
          at--;
          break;
        case 62:
          at++;
          break;
        case 91:
          if (load<u8>(TAPE + at) == 0) pc = TARGET[pc];
          break;
        case 93:
          if (load<u8>(TAPE + at) != 0) pc = TARGET[pc];
          break;
      }
    }
  }
  return hash;
}
