import { decode } from "@jridgewell/sourcemap-codec";
import type { SourceLines } from "./guest/source-lines.ts";

/**
 * Of a source map (ECMA-426) what line each line of the script comes from; files outside of the
 * script's folder have none, nor has what was `generated`.
 */
export function readSourceLines(map: string, generated: string): SourceLines {
  const { sources, mappings } = JSON.parse(map) as { sources: readonly string[]; mappings: string };
  const own = sources.map(
    (source) => !source.startsWith("..") && source !== generated && !source.includes("node_modules/"),
  );
  const files = sources.map((source, i) => (own[i] ? source : ""));
  const lines = decode(mappings).flatMap((segments) => {
    const [, source = -1, line = -1] = segments.find((segment) => own[segment[1] ?? -1]) ?? [];
    return source === -1 ? [-1, 0] : [source, line + 1];
  });
  return { files, lines };
}
