// Tests of find that compare times.
import { nanosecondsOf } from "../../file-time.ts";
import { Failure } from "../command.ts";
import { timeOf } from "../file-facts.ts";
import { run } from "../running.ts";
import type { Primary, Search } from "./search.ts";
import { asked, statusOf } from "./tests.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

type Which = Parameters<typeof timeOf>[1];

/** Days count from whole ones behind, minutes from whole ones ahead: a file of just now is 0 days and 1 minute old. */
const aged =
  (which: Which, unit: number): Primary =>
  (words, search) => {
    const given = words.next();
    const [, sign = "", digits = ""] = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)$/.exec(given) ?? [];
    if (digits === "") throw new Failure(`invalid argument \`${given}' to \`${words.name}'`);
    const count = Number(digits);
    const days = unit === DAY_MS;
    return asked(search, (status) => {
      const age = (search.now - timeOf(status, which).getTime()) / unit;
      if (sign === "-") return age < count;
      if (sign === "+") return days ? age >= count + 1 : age > count;
      return days ? age >= count && age < count + 1 : age > count - 1 && age <= count;
    });
  };

async function given(search: Search, name: string, text: string): Promise<bigint> {
  // without a time of day it begins the day
  const { stdout, exitCode } = await run(search.context, "date", ["-d", text, "+%s %N"]);
  const [, seconds = "", fraction = ""] = /^(-?\d+) (\d*)/.exec(stdout) ?? [];
  if (exitCode !== 0 || seconds === "" || name === "")
    throw new Failure(`I cannot figure out how to interpret ‘${text}’ as a date or time`);
  return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.slice(0, 9) || "0");
}

const newer =
  (which: Which, than: Which | "t"): Primary =>
  async (words, search) => {
    const operand = words.next();
    const bound =
      than === "t"
        ? await given(search, words.name, operand)
        : nanosecondsOf(timeOf(await statusOf(search, operand), than));
    return asked(search, (status) => nanosecondsOf(timeOf(status, which)) > bound);
  };

/** The test `-newerXY`; undefined for another word. */
export function newerTest(word: string): Primary | undefined {
  const [, which, than] = /^-newer([aBcm])([aBcmt])$/.exec(word) ?? [];
  if (which === undefined || than === undefined) {
    if (!/^-newer../.test(word)) return undefined;
    throw new Failure(`invalid predicate \`${word}'`);
  }
  if (which === "B" || than === "B")
    throw new Failure(
      `This system does not provide a way to find the birth time of a file.\nfind: invalid predicate \`${word}'`,
    );
  return (words, search) => {
    const next = (): string => {
      try {
        return words.next();
      } catch {
        throw new Failure(`The ‘${word}’ test needs an argument`);
      }
    };
    return newer(which as Which, than as Which | "t")({ ...words, next }, search);
  };
}

export const TIME_TESTS: Readonly<Record<string, Primary>> = {
  "-mtime": aged("m", DAY_MS),
  "-atime": aged("a", DAY_MS),
  "-ctime": aged("c", DAY_MS),
  "-mmin": aged("m", MINUTE_MS),
  "-amin": aged("a", MINUTE_MS),
  "-cmin": aged("c", MINUTE_MS),
  "-newer": newer("m", "m"),
  "-anewer": newer("a", "m"),
  "-cnewer": newer("c", "m"),
  "-used": (words, search) => {
    const given = words.next();
    const [, sign, digits] = /^([+-]?)(\d+(?:\.\d*)?)$/.exec(given) ?? [];
    if (digits === undefined) throw new Failure(`Invalid argument ${given} to -used`);
    const count = Number(digits);
    return asked(search, (status) => {
      const days = (timeOf(status, "a").getTime() - timeOf(status, "c").getTime()) / DAY_MS;
      if (days < 0) return false;
      if (sign === "-") return days < count;
      return sign === "+" ? days >= count + 1 : days >= count && days < count + 1;
    });
  },
};
