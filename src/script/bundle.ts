export interface BundleOptions {
  /** The file with the tool's code; it calls `serve`. */
  readonly entry: string;
  /** Modules that stand for others, by the name they are imported under. */
  readonly instead?: Readonly<Record<string, string>>;
  /** File whose exports stand for globals that code refers to. */
  readonly globals: string;
}

/** The names that the globals' file exports and that code may also write as properties of `globalThis`. */
const GLOBALS = [
  "AbortController",
  "AbortSignal",
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
}

/** Joins a script and all that it imports to one text. Rejects with esbuild's messages. */
export async function bundleScript({ entry, instead, globals }: BundleOptions): Promise<Bundle> {
  const { build } = await import("esbuild");
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    format: "iife",
    platform: "browser",
    target: "es2023",
    minify: true,
    legalComments: "none",
    logLevel: "silent",
    charset: "utf8",
    inject: [globals],
    alias: { ...instead },
    define: {
      "process.env.NODE_ENV": '"production"',
      ...Object.fromEntries(GLOBALS.map((name) => [`globalThis.${name}`, name])),
    },
  });
  return { code: (outputFiles[0] as { text: string }).text, inputs: Object.keys(metafile.inputs) };
}
