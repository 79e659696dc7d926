// What `import "fast-check"` means under `npm test`: the same inputs in every run. SEED has others tried.
import type FastCheck from "fast-check";

// By its path: under the tests' tsconfig the name leads here.
const inner = new URL("../node_modules/fast-check/lib/fast-check.js", import.meta.url);
const fc = ((await import(inner.href)) as { default: typeof FastCheck }).default;
fc.configureGlobal({ seed: Number(process.env.SEED ?? 49) });

// biome-ignore lint/style/noDefaultExport: the library that it stands for has one
export default fc;
