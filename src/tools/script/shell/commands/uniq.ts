import { command, Failure, joined, linesOf, whole } from "./command.ts";

export const uniq = command(
  "uniq",
  {
    flags: "cdiuDz",
    values: "fsw",
    long: {
      ...{ count: "c", repeated: "d", unique: "u", "ignore-case": "i", "zero-terminated": "z" },
      ...{
        "skip-fields": "f",
        "skip-chars": "s",
        "check-chars": "w",
        group: "?group",
        "all-repeated": "?all-repeated",
      },
    },
  },
  async (given) => {
    const { flags, values, operands, context, path } = given;
    const [input = "-", output, extra] = operands;
    if (extra !== undefined) throw new Failure(`extra operand '${extra}'`);
    const end = flags.has("z") ? "\0" : "\n";
    const grouped = method(given, "group", ["separate", "prepend", "append", "both"]);
    const repeated = method(given, "all-repeated", ["none", "prepend", "separate"]);
    const everyRepeated = repeated ?? (flags.has("D") ? "none" : undefined);
    if (grouped !== undefined && (everyRepeated !== undefined || ["c", "d", "u"].some((flag) => flags.has(flag))))
      throw new Failure("--group is mutually exclusive with -c/-d/-D/-u");
    if (everyRepeated !== undefined && flags.has("c"))
      throw new Failure("printing all duplicated lines and repeat counts is meaningless");
    const groups = groupsOf(linesOf(await given.read(input), end), keyOf(values, flags.has("i")));
    let shown: string[];
    if (grouped !== undefined) shown = apart(groups, grouped);
    else if (everyRepeated !== undefined)
      shown = apart(
        flags.has("u")
          ? groups.map((group) => group.slice(0, -1)).filter((group) => group.length > 0)
          : groups.filter((group) => group.length > 1),
        everyRepeated,
      );
    else
      shown = groups
        .filter((group) => !(flags.has("d") && group.length === 1) && !(flags.has("u") && group.length > 1))
        .map((group) => (flags.has("c") ? `${String(group.length).padStart(7)} ${group[0]}` : (group[0] as string)));
    if (output === undefined || output === "-") return { stdout: joined(shown, end) };
    await context.fs.writeFile(path(output), joined(shown, end), "latin1");
    return {};
  },
  // `-1` and `+1`: the old form of -f and -s
  (words) => words.map((word) => (/^-\d+$/.test(word) ? `-f${word.slice(1)}` : word)),
);

function method(
  { flags, values }: { flags: ReadonlySet<string>; values: ReadonlyMap<string, string> },
  name: string,
  methods: readonly string[],
): string | undefined {
  const text = values.get(name);
  if (text === undefined) return flags.has(name) ? methods[0] : undefined;
  const found = methods.filter((one) => one.startsWith(text));
  if (text === "" || found.length !== 1) throw new Failure(`invalid argument '${text}' for '--${name}'`);
  return found[0];
}

/** What of a line is compared. */
function keyOf(values: ReadonlyMap<string, string>, ignoreCase: boolean): (line: string) => string {
  const fields = whole(values.get("f") ?? "0", "number of fields to skip");
  const skip = whole(values.get("s") ?? "0", "number of bytes to skip");
  const width = values.has("w") ? whole(values.get("w") as string, "number of bytes to compare") : undefined;
  const folded = (key: string): string => key.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  return (line) => {
    let rest = line;
    for (let i = 0; i < fields && rest !== ""; i++) rest = rest.replace(/^[ \t]*[^ \t]*/, "");
    rest = rest.slice(skip, width === undefined ? undefined : skip + width);
    return ignoreCase ? folded(rest) : rest;
  };
}

function groupsOf(lines: readonly string[], key: (line: string) => string): string[][] {
  const groups: string[][] = [];
  let last: string | undefined;
  for (const line of lines) {
    const now = key(line);
    if (now === last) groups.at(-1)?.push(line);
    else groups.push([line]);
    last = now;
  }
  return groups;
}

/** The groups with empty lines between, before or behind them. */
function apart(groups: readonly string[][], how: string): string[] {
  const before = how === "prepend" || how === "both";
  const shown = groups.flatMap((group, i) => {
    const empty = before || (how === "separate" && i > 0);
    return [...(empty ? [""] : []), ...group, ...(how === "append" ? [""] : [])];
  });
  return how === "both" && shown.length > 0 ? [...shown, ""] : shown;
}
