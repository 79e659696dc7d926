/** Characters of a class in brackets by its name, as they stand in a JavaScript class. */
const CLASSES: Readonly<Record<string, string>> = {
  ...{ alpha: "\\p{L}", digit: "0-9", alnum: "\\p{L}\\p{N}", upper: "\\p{Lu}", lower: "\\p{Ll}", space: "\\s" },
  ...{ blank: " \\t", punct: "!-\\/:-@\\[-`\\{-~", xdigit: "0-9A-Fa-f", cntrl: "\\0-\\x1f\\x7f" },
  ...{ print: "\\x20-\\x7e\\u00a0-\\u{10ffff}", graph: "!-~\\u00a1-\\u{10ffff}" },
};

/**
 * What a pattern of the shell matches, as fnmatch has it without flags: `*` and `?` take a slash and a leading dot too.
 * Takes time linear in pattern times text.
 */
export function globOf(pattern: string, ignoreCase = false): (text: string) => boolean {
  const parts = partsOf(pattern);
  if (parts === undefined) return () => false;
  if (!ignoreCase && parts.every((part) => typeof part === "string")) {
    const [first = "", last = ""] = [parts[0] as string, parts.at(-1) as string];
    if (parts.length === 1) return (text) => text === first;
    if (parts.length === 2)
      return (text) => text.length >= first.length + last.length && text.startsWith(first) && text.endsWith(last);
  }
  const flags = ignoreCase ? "isu" : "su";
  const sources = parts.map((part) => (typeof part === "string" ? escaped(part) : part.source));
  if (sources.length === 1) {
    const whole = new RegExp(`^(?:${sources[0]})$`, flags);
    return (text) => whole.test(text);
  }
  const head = new RegExp(`^(?:${sources[0]})`, flags);
  const tail = new RegExp(`(?:${sources.at(-1)})$`, flags);
  const middle = sources.slice(1, -1).map((source) => new RegExp(source, `${flags}g`));
  return (text) => {
    const start = head.exec(text);
    if (start === null) return false;
    let at = start[0].length;
    for (const part of middle) {
      part.lastIndex = at;
      if (!part.test(text)) return false;
      at = part.lastIndex;
    }
    const end = tail.exec(text.slice(at));
    return end !== null;
  };
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

/** What stands between the stars; undefined for a pattern that matches nothing. */
function partsOf(pattern: string): (string | { readonly source: string })[] | undefined {
  const parts: (string | { readonly source: string })[] = [];
  let [text, source, special] = ["", "", false];
  const close = (): void => {
    parts.push(special ? { source } : text);
    [text, source, special] = ["", "", false];
  };
  for (const [token] of pattern.matchAll(/\\[\s\S]?|\[[!^]?\]?(?:\[[:.=][^\]]*\]|\\.|[^\]\\])*\]|[^\\[*?]+|[\s\S]/gu)) {
    if (token === "\\") return undefined;
    if (token === "*") {
      if (text !== "" || special || parts.length === 0 || !pattern.includes("**")) close();
    } else if (token === "?" || (token.startsWith("[") && token.length > 2)) {
      special = true;
      source += token === "?" ? "[\\s\\S]" : bracketSource(token);
    } else {
      const literal = token.startsWith("\\") ? token.slice(1) : token;
      text += literal;
      source += escaped(literal);
    }
  }
  close();
  return parts;
}

function bracketSource(token: string): string {
  const inside = token.slice(1, -1);
  const negated = /^[!^]/.test(inside);
  const items = (negated ? inside.slice(1) : inside).replace(
    /\[:(\w+):\]|\[[.=](.)[.=]\]|\\(.)|[\\\]^[&~|{}()/.$*+?]/gu,
    (whole, name: string | undefined, collated: string | undefined, plain: string | undefined) =>
      name !== undefined
        ? (CLASSES[name] ?? "")
        : `\\${collated ?? plain ?? whole}`.replace(/^\\(?=[\w\s]|[^\0-\x7f])/u, ""),
  );
  try {
    new RegExp(`[${items}]`, "u");
  } catch {
    return "(?!)";
  }
  return `[${negated ? "^" : ""}${items}]`;
}
