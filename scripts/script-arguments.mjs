// What scripts and benchmarks do with their command lines: --help, and one line and exit code 2 for what they do not take.
import { readFileSync, statSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

/** Whether node was started with the file of this URL, and not with one that imports it. */
export function isStarted(url) {
  return url === pathToFileURL(process.argv[1] ?? "").href;
}

/**
 * The arguments of a script, as `parseArgs` of node:util gives them. `--help` prints the comment at the script's top and
 * ends with exit code 0; arguments that it does not take end it with one line on standard error and exit code 2.
 */
export function scriptArguments(url, config) {
  if (process.argv.slice(2).some((argument) => argument === "--help" || argument === "-h")) {
    const comment = /^(?:\/\/.*\n)+/.exec(readFileSync(fileURLToPath(url), "utf8"))?.[0] ?? "";
    process.stdout.write(comment.replace(/^\/\/ ?/gm, ""));
    process.exit(0);
  }
  try {
    return parseArgs(config);
  } catch (error) {
    if (error.code?.startsWith("ERR_PARSE_ARGS") !== true) throw error;
    return refuseArguments(error.message.split(/\.\s/)[0]);
  }
}

/** Ends the script with what is wrong with its arguments, in one line, and exit code 2. */
export function refuseArguments(why) {
  process.stderr.write(`${why}: see --help\n`);
  process.exit(2);
}

/** The number that is written there, 0 or more; anything else is refused. `what` says what it is for. */
export function numberFrom(text, what) {
  const number = text.trim() === "" ? Number.NaN : Number(text);
  return Number.isFinite(number) && number >= 0 ? number : refuseArguments(`${what} is "${text}", which is no number`);
}

/** The path, of a folder; one that is not there is refused. */
export function folderAt(path) {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return path;
  return refuseArguments(`there is no folder ${path}`);
}

/** The path, of a file; one that is not there is refused. */
export function fileAt(path) {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) return path;
  return refuseArguments(`there is no file ${path}`);
}
