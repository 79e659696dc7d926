// Which names a pattern means, by the folders that they are below.

/** Whether a name, or a folder that it is below, is meant. */
export function meets(matches: (text: string) => boolean, name: string): boolean {
  const parts = name.replace(/\/+$/, "").split("/");
  return parts.some((_, i) => matches(parts.slice(0, i + 1).join("/")));
}

/** The same with the pattern beginning at any component of the name, as for what is excluded. */
export function meetsAnywhere(matches: (text: string) => boolean, name: string): boolean {
  const parts = name.replace(/\/+$/, "").split("/");
  return parts.some((_, i) => meets(matches, parts.slice(i).join("/")));
}
