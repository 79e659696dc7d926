// Preloaded into the program under test (`node --import …`): the program's step to the disk with the number that
// TOLLGATE_TEST_STEP names does not come to pass. `TOLLGATE_TEST_HOW` says what happens instead: `kill` ends the process
// before it, `torn` ends it after the first half of what was to be written, `error` has it fail as on a broken disk, `count`
// lets everything pass and writes each step to standard error.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const at = Number(process.env.TOLLGATE_TEST_STEP);
const how = process.env.TOLLGATE_TEST_HOW;
const CHANGING = [
  ...["writeSync", "writeFileSync", "appendFileSync", "fsyncSync", "fdatasyncSync", "ftruncateSync", "truncateSync"],
  ...["renameSync", "rmSync", "unlinkSync", "mkdirSync", "linkSync", "chmodSync", "fchmodSync", "utimesSync", "write"],
];
/** Those that put bytes somewhere: the second argument is the bytes. */
const WRITING = new Set(["writeSync", "writeFileSync", "appendFileSync"]);
const { writeSync } = fs;
let step = 0;
/** Steps that the file system's own functions are made of are no steps of the program. */
let within = false;

function around(name, work) {
  const enter = (args) => {
    within = true;
    try {
      return work(...args);
    } finally {
      within = false;
    }
  };
  return (...args) => {
    const isOurs = (name === "openSync" && !isChanging(args[1])) || args[0] === 1 || args[0] === 2;
    if (within || isOurs) return work(...args);
    step++;
    if (how === "count") writeSync(2, `step ${step} ${name} ${typeof args[0] === "string" ? args[0] : ""}\n`);
    if (step !== at || how === "count") return enter(args);
    if (how === "error") throw Object.assign(new Error(`EIO: i/o error, ${name}`), { code: "EIO", errno: -5 });
    if (how === "torn" && WRITING.has(name)) {
      const half = Buffer.from(args[1]).subarray(0, args[1].length / 2);
      if (name === "writeSync") work(args[0], half, 0, half.length, args[4]);
      else work(args[0], half, args[2]);
    }
    process.kill(process.pid, "SIGKILL");
    // Nothing of the program runs on until the signal has come.
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
  };
}

const isChanging = (flags) =>
  typeof flags === "number" ? (flags & 3) !== 0 || (flags & fs.constants.O_CREAT) !== 0 : /[wax+]/.test(flags ?? "r");

for (const name of [...CHANGING, "openSync"]) fs[name] = around(name, fs[name]);
syncBuiltinESMExports();
