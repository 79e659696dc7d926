import { around } from "./around.ts";
import { type OptionRule, parseOptions } from "./options.ts";

const AWK: OptionRule = {
  flags: "",
  values: "Fvf",
  long: { "field-separator": "F", assign: "v", file: "f" },
  strict: true,
};

/** That of `just-bash`, given the options that its manual has in the form that it takes. */
export const awk = around("awk", async (words, original, context) => {
  if (words[0] === "--help" || words[0] === "--version") return original([...words]);
  const parsed = parseOptions(words, AWK);
  if (typeof parsed === "string") return { stdout: "", stderr: `awk: ${parsed}\n`, exitCode: 2 };
  const files = parsed.all.get("f") ?? [];
  const programs: string[] = [];
  for (const file of files) {
    try {
      programs.push((await context.fs.readFile(context.fs.resolvePath(context.cwd, file))) as string);
    } catch {
      return { stdout: "", stderr: `awk: cannot open "${file}" (No such file or directory)\n`, exitCode: 2 };
    }
  }
  const separator = parsed.values.get("F");
  return original([
    ...(separator === undefined ? [] : ["-F", separator === "t" ? "\t" : separator]),
    ...(parsed.all.get("v") ?? []).flatMap((one) => ["-v", one]),
    ...(files.length === 0 ? [] : [programs.join("\n")]),
    ...parsed.operands,
  ]);
});
