import { body, functions, joined, leb, type RawSection, rawModule, repeated } from "./module-bytes.ts";

/** A module that is small or cheap to send and made to be dear to compile, instantiate or keep. */
export interface Bomb {
  readonly name: string;
  readonly build: () => Uint8Array<ArrayBuffer>;
  /** A part of the name of the figure by which the store refuses it. */
  readonly figure: string;
  /** What it did to Node 20 before the bound, measured on two cores: Liftoff first call, or as said. */
  readonly effect: string;
}

const I32 = 0x7f;
const I64 = 0x7e;
const F64 = 0x7c;
const FUNCREF = 0x70;
const VOID = [0x60, 0, 0];

/** Function type number 1: as many i64 as parameters and as results. */
function wide(values: number): number[] {
  const vector = [...leb(values), ...new Array<number>(values).fill(I64)];
  return [0x60, ...vector, ...vector];
}

/** A module of one exported function `run` of type `() -> ()` behind others; `types` follow that type. */
function running(
  types: readonly (readonly number[])[],
  others: readonly (readonly [number, Uint8Array])[],
  run: Uint8Array,
  more: readonly RawSection[] = [],
): Uint8Array<ArrayBuffer> {
  const all = [...others, [0, run] as const];
  const sections: RawSection[] = [
    [1, [...leb(types.length + 1), ...VOID, ...types.flat()]],
    [3, joined([Uint8Array.from(leb(all.length)), ...all.map(([type]) => Uint8Array.from(leb(type)))])],
    ...more,
    [7, [1, 3, 0x72, 0x75, 0x6e, 0, ...leb(others.length)]],
    [
      10,
      joined([
        Uint8Array.from(leb(all.length)),
        ...all.flatMap(([, code]) => [Uint8Array.from(leb(code.length)), code]),
      ]),
    ],
  ];
  return rawModule(...sections.sort(([a], [b]) => a - b));
}

/** A body with locals of one type. */
export function withLocals(count: number, type: number, ...code: readonly (Uint8Array | readonly number[])[]) {
  return joined([
    Uint8Array.from([1, ...leb(count), type]),
    ...code.map((part) => Uint8Array.from(part)),
    Uint8Array.of(0x0b),
  ]);
}

/** A body that calls the functions before it, one after the other. */
function callingAll(count: number): Uint8Array {
  return body(...Array.from({ length: count }, (_, i) => [0x10, ...leb(i)]));
}

function many(count: number, code: Uint8Array): Uint8Array<ArrayBuffer> {
  const others = new Array<readonly [number, Uint8Array]>(count).fill([0, code]);
  return running([], others, callingAll(Math.min(count, 19_000)));
}

function brTable(targets: number): Uint8Array {
  return body([0x41, 0, 0x0e, ...leb(targets)], new Uint8Array(targets + 1));
}

/** `local.get 0` and one operator, so often. */
const GET = [0x20, 0];
const DROP = [0x1a];

/** 127 parameters of which the last 14 tell the types apart. */
function distinctTypes(count: number, parameters: number): number[][] {
  return Array.from({ length: count }, (_, i) => [
    0x60,
    ...leb(parameters),
    ...new Array<number>(parameters - 14).fill(I32),
    ...Array.from({ length: 14 }, (_, bit) => (((i >> bit) & 1) === 1 ? I32 : F64)),
    0,
  ]);
}

export const BOMBS: readonly Bomb[] = [
  {
    name: "40,000 locals and 5,000 loops",
    build: () => running([], [], withLocals(40_000, I32, repeated([3, 0x40, 0x0b], 5_000))),
    figure: "locals",
    effect: "22 s, 7.0 GB",
  },
  {
    name: "9,000 locals and 890 ifs",
    build: () => running([], [], withLocals(9_000, I32, repeated([0x20, 0, 4, 0x40, 0x0b], 890))),
    figure: "values merged at control operators of a function",
    effect: "0.4 s, 250 MB, and so for each function",
  },
  {
    name: "25 functions of 1,600 locals and 2,400 ifs",
    build: () => many(25, withLocals(1_600, I32, repeated([0x20, 0, 4, 0x40, 0x0b], 2_400))),
    figure: "values merged at control operators",
    effect: "2.2 s",
  },
  {
    name: "four billion locals in groups",
    build: () =>
      rawModule(
        ...functions(
          joined([Uint8Array.of(2, ...leb(0xffff_ffff), I32, ...leb(0xffff_ffff), I32), Uint8Array.of(0x0b)]),
        ),
      ),
    figure: "locals",
    effect: "the engine refuses it",
  },
  {
    name: "50,000 functions of 9,980 reference locals",
    build: () => many(49_999, withLocals(9_980, FUNCREF)),
    figure: "locals of all functions",
    effect: "15 s, 3.5 GB",
  },
  {
    name: "100,000 operands under 100,000 ifs",
    build: () =>
      running(
        [],
        [],
        withLocals(1, I32, repeated(GET, 100_000), repeated([...GET, 4, 0x40, 0x0b], 100_000), repeated(DROP, 100_000)),
      ),
    figure: "values merged at control operators of a function",
    effect: "over 40 s",
  },
  {
    name: "100,000 operands under 200,000 loops",
    build: () =>
      running(
        [],
        [],
        withLocals(1, I32, repeated(GET, 100_000), repeated([3, 0x40, 0x0b], 200_000), repeated(DROP, 100_000)),
      ),
    figure: "", // loops or values, whichever is met first
    effect: "over 40 s",
  },
  {
    name: "100,000 operands under 19,000 calls",
    build: () =>
      running(
        [],
        [[0, body()]],
        withLocals(1, I32, repeated(GET, 100_000), repeated([0x10, 0], 19_000), repeated(DROP, 100_000)),
      ),
    figure: "values in hand at calls",
    effect: "1.7 s",
  },
  {
    name: "9,000 locals and 250,000 br_ifs",
    build: () => running([], [], withLocals(9_000, I32, [2, 0x40], repeated([...GET, 0x0d, 0], 250_000), [0x0b])),
    figure: "values in hand at branches",
    effect: "2.9 s",
  },
  {
    name: "br_tables of 1,000 labels over 7,000 locals",
    build: () =>
      running(
        [],
        [],
        withLocals(
          7_000,
          I32,
          repeated([2, 0x40], 1_000),
          ...new Array<number[]>(99).fill([
            ...GET,
            4,
            0x40,
            ...GET,
            0x0e,
            ...leb(999),
            ...Array.from({ length: 1_000 }, (_, i) => leb(i)).flat(),
            0x0b,
          ]),
          repeated([0x0b], 1_000),
        ),
      ),
    figure: "values",
    effect: "over 10 s",
  },
  {
    name: "blocks of a type with 1,000 values",
    build: () =>
      running(
        [wide(1_000)],
        [],
        body(repeated([0x42, 0], 1_000), repeated([2, 1, 0x0b], 100_000), repeated(DROP, 1_000)),
      ),
    figure: "parameters and results of a function type",
    effect: "validation 6 s, 3.1 GB",
  },
  {
    name: "loops of a type with 64 values",
    build: () =>
      running([wide(64)], [], body(repeated([0x42, 0], 64), repeated([2, 1, 0x0b], 40_000), repeated(DROP, 64))),
    figure: "values merged at control operators of a function",
    effect: "0.9 s, 90 MB, and so for each function",
  },
  {
    name: "calls of a type with 64 values",
    build: () =>
      running(
        [wide(64)],
        [[1, body(...Array.from({ length: 64 }, (_, i) => [0x20, i]))]],
        body(repeated([0x42, 0], 64), repeated([0x10, 0], 10_000), repeated(DROP, 64)),
      ),
    figure: "parameters and results of the calls of a function",
    effect: "TurboFan 6 s, 400 MB",
  },
  {
    name: "9,000 types of 514 parameters, exported",
    build: () => rawModule([1, [...leb(9_000), ...distinctTypes(9_000, 514).flat()]]),
    figure: "parameters and results of a function type",
    effect: "over 40 s for adapters",
  },
  {
    name: "9,990 types of 127 parameters",
    build: () => rawModule([1, [...leb(9_990), ...distinctTypes(9_990, 127).flat()]]),
    figure: "parameters and results of all function types",
    effect: "over 40 s to find out which are alike",
  },
  {
    name: "1,200 types of 15 parameters, exported",
    build: () => {
      const name = (i: number) => [...Buffer.from(`f${i}`)];
      return rawModule(
        [1, [...leb(1_200), ...distinctTypes(1_200, 15).flat()]],
        [3, [...leb(1_200), ...Array.from({ length: 1_200 }, (_, i) => leb(i)).flat()]],
        [
          7,
          [
            ...leb(1_200),
            ...Array.from({ length: 1_200 }, (_, i) => [name(i).length, ...name(i), 0, ...leb(i)]).flat(),
          ],
        ],
        [10, [...leb(1_200), ...new Array<number[]>(1_200).fill([2, 0, 0x0b]).flat()]],
      );
    },
    figure: "function types of imports and exports",
    effect: "1 s for adapters",
  },
  {
    name: "100 functions of a br_table with 65,000 targets",
    build: () => rawModule(...functions(...new Array<Uint8Array>(100).fill(brTable(65_000)))),
    figure: "targets of a br_table",
    effect: "TurboFan over 40 s",
  },
  {
    name: "100 br_tables of 10,000 in functions of their own",
    build: () => rawModule(...functions(...new Array<Uint8Array>(100).fill(brTable(10_000)))),
    figure: "br_table targets",
    effect: "TurboFan 5 s, 1.8 GB",
  },
  {
    name: "50,000 nested loops",
    build: () => running([], [], body(repeated([3, 0x40], 50_000), repeated([0x0b], 50_000))),
    figure: "nesting of loops",
    effect: "TurboFan over 40 s",
  },
  {
    name: "99 nested loops that set 9,000 locals",
    build: () =>
      running(
        [],
        [],
        withLocals(
          9_000,
          I32,
          repeated([3, 0x40], 99),
          ...Array.from({ length: 9_000 }, (_, i) => [...GET, 0x21, ...leb(i)]),
          repeated([...GET, 0x0d, 0, 0x0b], 99),
        ),
      ),
    figure: "locals times loops",
    effect: "TurboFan 9.9 s, 450 MB",
  },
  {
    name: "140,000 loops one after the other",
    build: () => running([], [], withLocals(1, I32, repeated([3, 0x40, ...GET, 0x0d, 0, 0x0b], 140_000))),
    figure: "number of loops",
    effect: "TurboFan over 40 s",
  },
  {
    name: "160,000 trys",
    build: () => running([], [[0, body()]], body(repeated([6, 0x40, 0x10, 0, 0x19, 0x0b], 160_000))),
    figure: "calls and bulk operators",
    effect: "TurboFan 15 s, 7.2 GB",
  },
  {
    name: "19,000 calls in a try over 1,000 locals",
    build: () =>
      running(
        [],
        [[0, body()]],
        withLocals(
          1_000,
          I32,
          [6, 0x40],
          ...Array.from({ length: 19_000 }, (_, i) => [0x10, 0, ...GET, 0x41, 1, 0x6a, 0x21, ...leb(i % 1_000)]),
          [0x19, 0x0b],
        ),
      ),
    figure: "values in hand at branches",
    effect: "TurboFan over 40 s",
  },
  {
    name: "200,000 memory.grows",
    build: () => running([], [], body([0x41, 0], repeated([0x40, 0], 200_000), DROP), [[5, [1, 0, 1]]]),
    figure: "calls and bulk operators",
    effect: "TurboFan over 25 s",
  },
  {
    name: "500,000 conversions to integers",
    build: () => running([], [], withLocals(1, F64, GET, repeated([0xb1, 0xba], 500_000), DROP)),
    figure: "calls and bulk operators",
    effect: "TurboFan over 30 s, 0.8 GB",
  },
  {
    name: "340,000 references to a function",
    build: () => running([], [[0, body()]], body(repeated([0xd2, 0, ...DROP], 340_000)), [[9, [1, 3, 0, 1, 0]]]),
    figure: "calls and bulk operators",
    effect: "TurboFan over 40 s",
  },
  {
    name: "240 functions of 19,990 memory.grows",
    build: () => {
      const others = new Array<readonly [number, Uint8Array]>(240).fill([
        0,
        body([0x41, 0], repeated([0x40, 0], 19_990), DROP),
      ]);
      return running([], others, callingAll(240), [[5, [1, 0, 1]]]);
    },
    figure: "calls and bulk operators of all functions",
    effect: "126 MB metered, 0.9 GB, 5 s to meter",
  },
  {
    name: "110,000 memory.fills",
    build: () =>
      running([], [], withLocals(1, I32, repeated([...GET, ...GET, ...GET, 0xfc, 11, 0], 110_000)), [[5, [1, 0, 1]]]),
    figure: "calls and bulk operators",
    effect: "TurboFan 5.9 s, 2.7 GB",
  },
  {
    name: "300,000 nested blocks",
    build: () => running([], [], body(repeated([2, 0x40], 300_000), repeated([0x0b], 300_000))),
    figure: "nesting of blocks",
    effect: "3 million: 1.8 s, 2.9 GB",
  },
  {
    name: "a function of 2 MB",
    build: () => running([], [], body(repeated([1], 2_000_000))),
    figure: "size of function 0",
    effect: "TurboFan 2.7 s at 7.5 MB",
  },
  {
    name: "100 tables of 9 million",
    build: () => rawModule([4, joined([Uint8Array.of(100), repeated([0x70, 0, ...leb(9_000_000)], 100)])]),
    figure: "tables",
    effect: "V8 aborts the process",
  },
  {
    name: "one table of 9 million",
    build: () => rawModule([4, [1, 0x70, 0, ...leb(9_000_000)]]),
    figure: "table minima",
    effect: "72 MB of heap",
  },
  {
    name: "nine million elements, placed at every instantiation",
    build: () =>
      running([], [], body(), [
        [4, [1, 0x70, 0, ...leb(99_999)]],
        [
          9,
          joined([
            Uint8Array.of(90),
            ...new Array<Uint8Array>(90).fill(
              joined([Uint8Array.of(0, 0x41, 0, 0x0b, ...leb(99_990)), new Uint8Array(99_990)]),
            ),
          ]),
        ],
      ]),
    figure: "elements of all segments",
    effect: "1.5 s, 335 MB at every run, before any fuel",
  },
  {
    name: "a million functions",
    build: () => rawModule([1, [1, ...VOID]], [3, joined([Uint8Array.from(leb(1_000_000)), repeated([0], 1_000_000)])]),
    figure: "functions",
    effect: "harmless so far",
  },
  {
    name: "99,000 globals",
    build: () => rawModule([6, joined([Uint8Array.from(leb(99_000)), repeated([I32, 0, 0x41, 0, 0x0b], 99_000)])]),
    figure: "globals",
    effect: "harmless so far",
  },
  {
    name: "20,000 types",
    build: () => rawModule([1, joined([Uint8Array.from(leb(20_000)), repeated(VOID, 20_000)])]),
    figure: "types",
    effect: "harmless so far",
  },
  {
    name: "11 MB",
    build: () => rawModule([0, joined([Uint8Array.of(1, 0x78), new Uint8Array(11 * 1024 * 1024)])]),
    figure: "size in bytes",
    effect: "harmless so far",
  },
];

/** As near to the bounds as it gets: what the store does accept, and so has to compile and run in bounded time. */
export const JUST_WITHIN: readonly Omit<Bomb, "figure">[] = [
  {
    name: "7 functions of 1,600 locals and 2,490 ifs",
    build: () => many(7, withLocals(1_600, I32, repeated([0x20, 0, 4, 0x40, 0x0b], 2_490))),
    effect: "0.6 s",
  },
  {
    name: "1,000 operands under 3,980 ifs",
    build: () =>
      running(
        [],
        [],
        withLocals(1, I32, repeated(GET, 1_000), repeated([...GET, 4, 0x40, 0x0b], 3_980), repeated(DROP, 1_000)),
      ),
    effect: "0.3 s, 115 MB",
  },
  {
    name: "200 functions of 9,980 reference locals",
    build: () => many(200, withLocals(9_980, FUNCREF)),
    effect: "0.2 s",
  },
  {
    name: "31,000 blocks of a type with 64 values",
    build: () =>
      running([wide(64)], [], body(repeated([0x42, 0], 64), repeated([2, 1, 0x0b], 31_000), repeated(DROP, 64))),
    effect: "validation 0.5 s, 67 MB",
  },
  {
    name: "19,990 indirect calls",
    build: () => running([], [], withLocals(1, I32, repeated([...GET, 0x11, 0, 0], 19_990)), [[4, [1, 0x70, 0, 1]]]),
    effect: "0.1 s; TurboFan 0.9 s, 125 MB",
  },
  {
    name: "three br_tables of 30,000 targets in 5 functions",
    build: () => {
      const table = joined([
        Uint8Array.of(2, 0x40, ...GET, 0x0e, ...leb(29_999)),
        new Uint8Array(30_000),
        Uint8Array.of(0x0b),
      ]);
      return many(5, withLocals(1, I32, table, table, table));
    },
    effect: "32 ms; TurboFan 0.3 s",
  },
];
