import { EFFECT_DIMENSIONS, type EffectVector } from "../contract/effect.ts";
import type { ToolManifest } from "../contract/manifest.ts";
import { safeText } from "../contract/safe-text.ts";

/** What is proposed for a saved command. */
export interface ProposedEffect {
  readonly effect: Partial<EffectVector>;
  /** Why it is that, for a person. */
  readonly because: string;
}

/** Commands that write to files, and those that remove what was there; also as a word among others, since any could be run. */
const WRITERS = ["chmod", "cp", "dd", "install", "ln", "mkdir", "mv", "split", "tee", "touch", "truncate"];
const REMOVERS = ["-delete", "rm", "rmdir", "shred", "unlink"];
const REDIRECT = /(?:^|[^<>&=-])>{1,2}\|?\s*(?!&|>|\s|\/dev\/|\/tmp\/|"?\$\(mktemp)/;
const IN_PLACE = /\bsed\s[^|;&\n]*-[a-zA-Z]*i/;
const VALUE = /^([a-z]+)=(0(?:\.[0-9]{1,6})?|1(?:\.0+)?|\.[0-9]{1,6})$/;

/** The words by which a command seems to write to files, in the order that they stand in; there may be others that do. */
export function writersIn(command: string): readonly string[] {
  const words = wordsOf(command);
  return [
    ...[...WRITERS, ...REMOVERS].filter((word) => words.has(word)),
    ...(IN_PLACE.test(command) ? ["sed -i"] : []),
    ...(REDIRECT.test(command) ? [">"] : []),
  ];
}

/**
 * Proposes an effect by what a saved command can do with its folders, which bounds it whatever it runs, and raises it where
 * the command names what removes files. Nobody can prove of a shell command what it does; the grant decides.
 */
export function proposeEffect(command: string, filesystem: ToolManifest["filesystem"]): ProposedEffect {
  if (filesystem === "none") return { effect: {}, because: "it has no files" };
  if (filesystem === "read-only")
    return { effect: { risk: 0.1 }, because: "it can write to none of its folders, whatever it runs" };
  const words = wordsOf(command);
  const remover = REMOVERS.find((word) => words.has(word));
  return remover === undefined
    ? { effect: { risk: 0.5 }, because: "it may write, and nobody can prove of a shell command that it does not" }
    : { effect: { risk: 0.7, security: 0.3 }, because: `it may write, and it names ${remover}, which removes` };
}

/** Raises an effect by `--effect` options such as `risk=0.8`. Answers a sentence where one is not so, or would lower it. */
export function raiseEffect(
  proposed: ProposedEffect["effect"],
  written: readonly string[],
): ProposedEffect["effect"] | string {
  const raised: Record<string, number> = { ...proposed };
  for (const text of written) {
    const [, name, value] = VALUE.exec(text) ?? [];
    if (name === undefined || !(EFFECT_DIMENSIONS as readonly string[]).includes(name))
      return `--effect ${safeText(text, 60)} is not written ${EFFECT_DIMENSIONS.join("|")}=0 to 1, such as risk=0.8`;
    const before = raised[name] ?? 0;
    if (Number(value) < before)
      return `--effect ${text} is below ${before}, which is the least that this command and its folders come to`;
    raised[name] = Number(value);
  }
  return raised;
}

const wordsOf = (command: string): ReadonlySet<string> => new Set(command.split(/[\s;|&()<>`"'{}]+/));
