import { readFile } from "node:fs/promises";
import type { Plugin } from "esbuild";
import type { SourceLines } from "./guest/source-lines.ts";
import { readSourceLines } from "./read-source-lines.ts";

/** A change to the text of a package's file, for what the package has no option for. */
export interface SourceEdit {
  /** The end of the file's path. */
  readonly file: string;
  /** What is replaced, found exactly once. */
  readonly find: RegExp;
  readonly with: string;
}

export interface BundleOptions {
  /** The file with the tool's code, which calls `serve`; or code that imports it, and the folder that it is meant to be in. */
  readonly entry: string | { readonly code: string; readonly folder: string };
  /** Modules that stand for others, by the name they are imported under. */
  readonly instead?: Readonly<Record<string, string>>;
  readonly edits?: readonly SourceEdit[];
  /** File whose exports stand for globals that code refers to. */
  readonly globals: string;
  /** What the globals' file exports beside {@link GLOBALS}. */
  readonly moreGlobals?: readonly string[];
  /** Leaves the lines as they are written, and says where each comes from; paths are those from this folder. */
  readonly linesFrom?: string;
}

/** What an entry that is no file is called in messages. */
export const ENTRY_NAME = "entry.js";

/** The names that the globals' file exports and that code may also write as properties of `globalThis`. */
const GLOBALS = [
  "AbortController",
  "AbortSignal",
  "Buffer",
  "console",
  "crypto",
  "performance",
  "TextDecoder",
  "TextEncoder",
  "clearImmediate",
  "clearInterval",
  "clearTimeout",
  "setImmediate",
  "setInterval",
  "setTimeout",
];

/** A script as one text, and the files that it was made of, by their paths from the current directory. */
export interface Bundle {
  readonly code: string;
  readonly inputs: readonly string[];
  readonly lines?: SourceLines;
}

/** Joins a script and all that it imports to one text. Rejects with esbuild's messages. */
export async function bundleScript({
  entry,
  instead,
  edits,
  globals,
  moreGlobals = [],
  linesFrom,
}: BundleOptions): Promise<Bundle> {
  const { build } = await import("esbuild");
  const { outputFiles, metafile } = await build({
    ...(typeof entry === "string"
      ? { entryPoints: [entry] }
      : { stdin: { contents: entry.code, resolveDir: entry.folder, sourcefile: ENTRY_NAME } }),
    bundle: true,
    write: false,
    metafile: true,
    format: "iife",
    platform: "browser",
    target: "es2023",
    minify: linesFrom === undefined,
    ...(linesFrom !== undefined && {
      sourcemap: "external",
      sourcesContent: false,
      outdir: linesFrom,
      absWorkingDir: linesFrom,
    }),
    legalComments: "none",
    logLevel: "silent",
    charset: "utf8",
    inject: [globals],
    alias: { ...instead },
    plugins: edits === undefined ? [] : [editing(edits)],
    define: {
      "process.env.NODE_ENV": '"production"',
      ...Object.fromEntries([...GLOBALS, ...moreGlobals].map((name) => [`globalThis.${name}`, name])),
    },
  });
  const text = (ending: string) => outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? "";
  const inputs = Object.keys(metafile.inputs);
  if (linesFrom === undefined) return { code: (outputFiles[0] as { text: string }).text, inputs };
  return { code: text(".js"), inputs, lines: readSourceLines(text(".map"), ENTRY_NAME) };
}

function editing(edits: readonly SourceEdit[]): Plugin {
  return {
    name: "edits",
    setup({ onLoad }) {
      for (const file of new Set(edits.map((edit) => edit.file))) {
        const filter = new RegExp(`${file.replace(/[.*+?^${"$"}{}()|[\]\\]/g, "\\$&")}$`);
        onLoad({ filter }, async ({ path }) => {
          let contents = await readFile(path, "utf8");
          for (const edit of edits.filter((one) => one.file === file)) {
            const found = contents.match(new RegExp(edit.find, "g"))?.length ?? 0;
            if (found !== 1) throw new Error(`${file}: ${edit.find} is found ${found} times: look at its new version`);
            contents = contents.replace(edit.find, edit.with);
          }
          return { contents };
        });
      }
    },
  };
}
