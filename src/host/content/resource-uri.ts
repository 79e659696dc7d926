const SHAPE = /^([a-z][a-z0-9+.-]{0,63}):[!-~]+$/;
const MOST_CHARACTERS = 2048;
/** What a client may act on by itself, or take for its own or this host's, whoever a maker says to be. */
const NEVER: ReadonlySet<string> = new Set([
  ...["javascript", "vbscript", "data", "blob", "file", "filesystem", "about", "view-source", "chrome"],
  ...["mailto", "tel", "ssh", "ui", "mcp", "ipc"],
]);

/**
 * Says why a tool may not name a resource by this URI, or nothing. It may name what is on the web, and what it has itself:
 * under a scheme that is the first part of its own name, as `acme://report/7` of `acme.report`. Anything else could be a
 * file of the user's, a script, or a resource that is this host's own. Source: RFC 3986 §3.1.
 */
export function uriProblem(uri: string, tool: string): string | undefined {
  if (uri.length > MOST_CHARACTERS) return `has ${uri.length} characters, over ${MOST_CHARACTERS}`;
  const scheme = SHAPE.exec(uri)?.[1];
  if (scheme === undefined || !URL.canParse(uri))
    return "is no URI in plain ASCII that begins with a scheme in lower case";
  const own = tool.slice(0, tool.indexOf("."));
  const isOwn = scheme === own && !NEVER.has(own);
  if (!isOwn && scheme !== "https" && scheme !== "http") {
    const may =
      NEVER.has(own) || own.includes("_") ? "https or http" : `https, http, or ${own} as it is the tool's own`;
    return `has the scheme ${scheme}: use ${may}`;
  }
  const { username, password } = new URL(uri);
  return username !== "" || password !== "" ? "holds a user name or a password" : undefined;
}
