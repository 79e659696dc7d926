/** Characters of a tool's name, see `schema/tool.schema.json`. */
export const LONGEST_TOOL_NAME = 40;

/** What a tool is called for people as long as its maker says nothing: the last part of its name, as words. */
export function titleOf(name: string): string {
  const last = name.slice(name.lastIndexOf(".") + 1).replaceAll("_", " ");
  return `${last[0]?.toUpperCase()}${last.slice(1)}`;
}
