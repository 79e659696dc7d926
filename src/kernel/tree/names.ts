const PLAIN = /^[A-Za-z0-9_~:@*-]$/;

/**
 * A name as one segment of a path: different names give different segments, none of which holds a separator, is empty, or
 * is `.` or `..`. What is not a letter, a digit or one of `_ ~ : @ * - .` is written `%XX`, byte by byte of its UTF-8.
 */
export function segmentOf(name: string): string {
  if (name === "") return "%";
  let text = "";
  let dots = true;
  for (const character of name) {
    dots &&= character === ".";
    if (character === "." || PLAIN.test(character)) text += character;
    else for (const byte of Buffer.from(character)) text += `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return dots ? text.replaceAll(".", "%2E") : text;
}

/** The segments of a path; undefined where it is none: it begins with a slash and has no empty segment. */
export function segmentsOf(path: string): readonly string[] | undefined {
  if (path === "/") return [];
  if (!path.startsWith("/")) return undefined;
  const segments = path.slice(1, path.endsWith("/") ? -1 : undefined).split("/");
  return segments.includes("") ? undefined : segments;
}

export function pathOf(segments: readonly string[]): string {
  return `/${segments.join("/")}`;
}
