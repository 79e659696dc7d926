// Holds the policies that ship against the manifests that ship, as a start would, and names the check by its digest: a
// start that finds both unchanged need not load Cedar before it answers.
import { readFileSync } from "node:fs";
import { build } from "esbuild";

const CHECK = `
export { checkPolicies, digestOfCheck } from "./src/gate/policies.ts";
export { schemaOf } from "./src/gate/schema.ts";
export { readManifest } from "./src/host/manifest-check.ts";`;

/** Throws with the first problem where one is found. `documents` are the manifests, in the order of their names. */
export async function checkShippedPolicies(documents) {
  await build({
    stdin: { contents: CHECK, resolveDir: ".", loader: "ts" },
    outfile: ".build/policy-check.mjs",
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    external: ["@cedar-policy/cedar-wasm"],
    logLevel: "warning",
  });
  const { checkPolicies, digestOfCheck, schemaOf, readManifest } = await import("../.build/policy-check.mjs");
  const policies = [{ name: "default.cedar", text: readFileSync("policy/default.cedar", "utf8") }];
  const manifests = documents.map(readManifest);
  const [problem] = checkPolicies(policies, manifests);
  if (problem !== undefined) throw new Error(`policy/${problem.source}:${problem.line}: ${problem.message}`);
  return digestOfCheck(policies, schemaOf(manifests));
}
