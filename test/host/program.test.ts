import { pathToFileURL } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { decidingFolders } from "../../src/host/program.ts";

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

test.run();
