import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { digestOfCheck } from "../../src/gate/policies.ts";
import { schemaOf } from "../../src/gate/schema.ts";
import { decidingFolders, readProgram } from "../../src/host/program.ts";

const table: readonly [installed: string, above: string | undefined][] = [
  ["/home/me/src/tollgate/", undefined],
  ["/w/node_modules/tollgate/", "/w/node_modules"],
  ["/w/node_modules/.pnpm/tollgate@0.1.0/node_modules/tollgate/", "/w/node_modules"],
  ["/w/node_modules_of_mine/tollgate/", undefined],
];

for (const [installed, above] of table) {
  test(`of a package in ${installed}, tools cannot change its own folders${above === undefined ? "" : ` nor ${above}`}`, () => {
    const folders = decidingFolders(pathToFileURL(installed));
    for (const own of ["dist", "manifests", "policy", "schema"]) assert.ok(folders.includes(`${installed}${own}`), own);
    assert.equal(
      folders.filter((folder) => !folder.startsWith(installed)),
      above === undefined ? [] : [above],
    );
  });
}

test("the build made the check of exactly the policies and the manifests that ship", async () => {
  const root = new URL("../../", import.meta.url);
  const program = await readProgram(root);
  if (!program.ok) throw new Error(program.fault.message);
  const manifests = [...program.registry.values()].map(({ manifest }) => manifest);
  const text = readFileSync(new URL("policy/default.cedar", root), "utf8");
  const made = (policy: string, tools = manifests) =>
    program.built.madePolicyCheck(digestOfCheck([{ name: "default.cedar", text: policy }], schemaOf(tools)));
  assert.is(made(text), true, "a start need not load Cedar");
  assert.is(made(`${text} `), false, "of another policy it knows nothing");
  const renamed = manifests.map((one) => ({ ...one, action: `${one.action}.other` }));
  assert.is(made(text, renamed), false, "nor of other tools");
});

test.run();
