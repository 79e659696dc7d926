// How commands on files write the names of files in what they say, as coreutils does.
import { escapeOf } from "./escapes.ts";

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped
const CONTROL = /[\x00-\x1f\x7f]+/g;

/** A name between quotes, in a way that a shell reads back as the same. */
export function quoted(name: string): string {
  const body = name.replaceAll("'", "'\\''").replace(CONTROL, (run) => `'$'${Array.from(run, escapeOf).join("")}''`);
  if (body === name) return `'${name}'`;
  if (!body.includes("'$'") && !/["$`\\]/.test(name)) return `"${name}"`;
  const text = `'${body}'`;
  return name.slice(-1).search(CONTROL) === 0 ? text.slice(0, -2) : text;
}

/** The name alone, quoted only where a shell would read it as something else. */
export function plain(name: string): string {
  return /^[\w@%+=:,./\u0080-\uffff-]+$/.test(name) ? name : quoted(name);
}

/** What a path ends with, without slashes behind it; `/` for the root. */
export function lastPart(name: string): string {
  const trimmed = name.replace(/\/+$/, "");
  return trimmed === "" ? (name === "" ? "" : "/") : trimmed.slice(trimmed.lastIndexOf("/") + 1);
}

/** The path of the folder that a path is in. */
export function folderOf(name: string): string {
  const trimmed = name.replace(/\/+$/, "");
  if (trimmed === "") return name === "" ? "." : "/";
  const slash = trimmed.lastIndexOf("/");
  if (slash < 0) return ".";
  return trimmed.slice(0, slash).replace(/\/+$/, "") || "/";
}

/** A name in a folder, as it is shown: no slash is doubled. */
export function below(folder: string, name: string): string {
  return folder.endsWith("/") ? `${folder}${name}` : `${folder}/${name}`;
}
