import { parse as parseEnvironment } from "dotenv";
import { parse as parseIni } from "ini";
import { type ParseError, parse as parseJsonWithComments, printParseErrorCode } from "jsonc-parser";
import { parse as parseToml } from "smol-toml";
import { parse as parseYaml } from "yaml";

/** YAML's aliases may make a small file large: so many of one node are followed. */
const MOST_ALIASES = 1000;

const parseJson = (text: string): unknown => {
  const errors: ParseError[] = [];
  const value = parseJsonWithComments(text.replace(/^\ufeff/, ""), errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first === undefined) return value;
  const line = text.slice(0, first.offset).split("\n").length;
  throw new Error(`${printParseErrorCode(first.error)} in line ${line}`);
};

/** How a file of each format is read. JSON may have comments and a comma at its ends. */
export const FORMATS: Readonly<Record<string, (text: string) => unknown>> = {
  json: parseJson,
  toml: (text) => parseToml(text, { integersAsBigInt: "asNeeded" }),
  yaml: (text) => parseYaml(text, { maxAliasCount: MOST_ALIASES, intAsBigInt: false }),
  ini: parseIni,
  env: parseEnvironment,
};

const BY_EXTENSION: Readonly<Record<string, string>> = {
  json: "json",
  jsonc: "json",
  json5: "json",
  toml: "toml",
  yaml: "yaml",
  yml: "yaml",
  ini: "ini",
  cfg: "ini",
  conf: "ini",
  properties: "ini",
  env: "env",
};

/** The format that a file's name tells; undefined where it tells none. */
export function formatOf(path: string): string | undefined {
  const name = path.split("/").at(-1) as string;
  if (/^\.env(\..+)?$/.test(name)) return "env";
  const extension = name.split(".").at(-1)?.toLowerCase() ?? "";
  return name.includes(".") && Object.hasOwn(BY_EXTENSION, extension) ? BY_EXTENSION[extension] : undefined;
}
