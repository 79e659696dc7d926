// stat, as coreutils has it for a time zone of UTC.
import type { FsStat } from "just-bash/browser";
import { nanosecondsOf } from "../file-time.ts";
import { bytesOf } from "./bytes.ts";
import { command, Failure, reasonOf } from "./command.ts";
import { ESCAPES } from "./escapes.ts";
import { BLOCK, blocksOf, fullTime, linksOf, modeOf, OWNER, timeOf } from "./file-facts.ts";
import { quoted } from "./file-names.ts";

const SECTOR = 512;
const TYPE_BITS = { directory: 0o040000, link: 0o120000, file: 0o100000 } as const;
const TIMES = { x: "a", y: "m", z: "c", X: "a", Y: "m", Z: "c" } as const;
const MOST_WIDTH = 4096;

interface Shown {
  readonly name: string;
  /** Where a link leads. */
  readonly target: string | undefined;
  readonly stat: FsStat;
}

const typeOf = ({ isDirectory, isSymbolicLink }: FsStat): keyof typeof TYPE_BITS =>
  isDirectory ? "directory" : isSymbolicLink ? "link" : "file";

function typeName(stat: FsStat): string {
  const type = typeOf(stat);
  if (type === "file") return stat.size === 0 ? "regular empty file" : "regular file";
  return type === "link" ? "symbolic link" : type;
}

/** Seconds with as many digits behind the point as asked. */
function secondsOf(time: Date, digits: number | undefined): string {
  const nanoseconds = nanosecondsOf(time);
  const whole = String(nanoseconds / 1_000_000_000n);
  if (digits === undefined || digits === 0) return whole;
  return `${whole}.${String(nanoseconds % 1_000_000_000n)
    .padStart(9, "0")
    .slice(0, digits)
    .padEnd(digits, "0")}`;
}

/** What a letter of a format stands for; undefined for one that is none. */
function shownValue(letter: string, { name, target, stat }: Shown, digits: number | undefined): string | undefined {
  const bits = TYPE_BITS[typeOf(stat)] | stat.mode;
  switch (letter) {
    case "a":
      return (stat.mode & 0o7777).toString(8);
    case "A":
      return modeOf(stat);
    case "b":
      return String(blocksOf(stat) * (BLOCK / SECTOR));
    case "B":
      return String(SECTOR);
    case "d":
      return String(stat.dev ?? 0);
    case "D":
      return (stat.dev ?? 0).toString(16);
    case "f":
      return bits.toString(16);
    case "F":
      return typeName(stat);
    case "g":
    case "u":
      return String(OWNER.id);
    case "G":
    case "U":
      return OWNER.name;
    case "h":
      return String(linksOf(stat));
    case "i":
      return String(stat.ino ?? 0);
    case "n":
      return name;
    case "N":
      return target === undefined ? quoted(name) : `${quoted(name)} -> ${quoted(target)}`;
    case "o":
      return String(BLOCK);
    case "s":
      return String(stat.size);
    case "t":
    case "T":
    case "W":
      return "0";
    case "w":
      return "-";
    case "x":
    case "y":
    case "z":
      return fullTime(timeOf(stat, TIMES[letter]));
    case "X":
    case "Y":
    case "Z":
      return secondsOf(timeOf(stat, TIMES[letter]), digits);
    default:
      return undefined;
  }
}

const DIRECTIVE = /%([-+ 0#']*)(\d*)(?:\.(\d*))?([A-Za-z%]?)/g;

function formatted(format: string, shown: Shown): string {
  return format.replace(
    DIRECTIVE,
    (whole, flags: string, width: string, digits: string | undefined, letter: string) => {
      if (letter === "%" || letter === "") return whole === "%%" || whole === "%" ? "%" : whole;
      if (Number(width) > MOST_WIDTH || Number(digits) > MOST_WIDTH)
        throw new Failure(`${whole}: a field has at most ${MOST_WIDTH} characters`);
      const text = shownValue(letter, shown, digits === undefined ? undefined : digits === "" ? 9 : Number(digits));
      if (text === undefined) return "?";
      const cut = digits === undefined || /[XYZ]/.test(letter) ? text : text.slice(0, Number(digits));
      if (flags.includes("-")) return cut.padEnd(Number(width));
      return cut.padStart(Number(width), flags.includes("0") && /^[\da-f.]+$/.test(cut) ? "0" : " ");
    },
  );
}

const PRINTF_ESCAPES: Readonly<Record<string, string>> = { ...ESCAPES, e: "\x1b", '"': '"' };

/** The escapes of `--printf`. */
function unescaped(format: string): string {
  return format.replace(/\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)/gs, (whole, what: string) => {
    if (/^x./.test(what)) return String.fromCharCode(Number.parseInt(what.slice(1), 16));
    if (/^[0-7]/.test(what)) return String.fromCharCode(Number.parseInt(what, 8) & 0xff);
    return PRINTF_ESCAPES[what] ?? whole;
  });
}

const FULL = [
  "  File: %n",
  "  Size: %-10s\tBlocks: %-10b IO Block: %-6o %F",
  "Device: %d\tInode: %-11i Links: %h",
  "Access: (%04a/%A)  Uid: (%5u/%8U)   Gid: (%5g/%8G)",
  "Access: %x",
  "Modify: %y",
  "Change: %z",
  " Birth: %w\n",
].join("\n");
const TERSE = "%n %s %b %f %u %g %D %i %h %t %T %X %Y %Z %W %o\n";

export const stat = command(
  "stat",
  {
    flags: "Lt",
    values: "cp",
    long: { dereference: "L", terse: "t", format: "c", printf: "p" },
  },
  async ({ flags, values, operands, path, context }) => {
    const { fs } = context;
    if (operands.length === 0) throw new Failure("missing operand");
    const own = values.get("c");
    const printf = values.get("p");
    const format =
      printf !== undefined
        ? unescaped(bytesOf(printf))
        : own !== undefined
          ? `${bytesOf(own)}\n`
          : flags.has("t")
            ? TERSE
            : FULL;
    let [stdout, stderr] = ["", ""];
    for (const name of operands) {
      const at = path(name);
      try {
        const found = flags.has("L") ? await fs.stat(at) : await fs.lstat(at);
        const target = found.isSymbolicLink ? bytesOf(await fs.readlink(at)) : undefined;
        const shown = bytesOf(name);
        const title = format === FULL && target !== undefined ? `${shown} -> ${target}` : shown;
        stdout += formatted(format, { name: title, target, stat: found });
      } catch (error) {
        if (error instanceof Failure) throw error;
        stderr += `stat: cannot statx '${name}': ${reasonOf(error)}\n`;
      }
    }
    return { stdout, stderr, exitCode: stderr === "" ? 0 : 1 };
  },
);
