import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type ParseArgsConfig, parseArgs } from "node:util";

/**
 * The arguments of a script, as `parseArgs` of node:util gives them. `--help` prints the comment at the script's top and
 * ends with exit code 0; arguments that it does not take end it with one line on standard error and exit code 2.
 */
export function scriptArguments<T extends ParseArgsConfig>(url: string, config: T): ReturnType<typeof parseArgs<T>> {
  if (process.argv.slice(2).some((argument) => argument === "--help" || argument === "-h")) {
    const comment = /^(?:\/\/.*\n)+/.exec(readFileSync(fileURLToPath(url), "utf8"))?.[0] ?? "";
    process.stdout.write(comment.replace(/^\/\/ ?/gm, ""));
    process.exit(0);
  }
  try {
    return parseArgs(config);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code?.startsWith("ERR_PARSE_ARGS") !== true) throw error;
    refuseArguments(message.split(". ")[0] as string);
  }
}

/** Ends the script with what is wrong with its arguments, in one line, and exit code 2. */
export function refuseArguments(why: string): never {
  process.stderr.write(`${why}: see --help\n`);
  process.exit(2);
}
