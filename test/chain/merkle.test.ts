import { createHash } from "node:crypto";
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  appendLeaf,
  consistencyPath,
  EMPTY_ROOT,
  type Frontier,
  frontierRoot,
  inclusionPath,
  leafHash,
  type ReadSubtree,
  STORED_LEVELS,
  verifyConsistency,
  verifyInclusion,
} from "../../src/chain/merkle.ts";

/** MTH of RFC 9162 §2.1.1, word for word and slow. */
function naiveRoot(leaves: readonly Buffer[]): Buffer {
  const sha = (...parts: Uint8Array[]) => createHash("sha256").update(Buffer.concat(parts)).digest();
  if (leaves.length === 0) return sha();
  if (leaves.length === 1) return sha(Uint8Array.of(0), leaves[0] as Buffer);
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return sha(Uint8Array.of(1), naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)));
}

const data = (n: number) => Array.from({ length: n }, (_, i) => createHash("sha256").update(`leaf ${i}`).digest());

function grow(leaves: readonly Buffer[]): { frontier: Frontier; stored: Map<string, Buffer> } {
  const frontier: Frontier = { size: 0, roots: [] };
  const stored = new Map<string, Buffer>();
  for (const leaf of leaves)
    appendLeaf(frontier, leafHash(leaf), (level, index, root) => stored.set(`${level}/${index}`, root));
  return { frontier, stored };
}

const reader =
  (leaves: readonly Buffer[]): ReadSubtree =>
  (level, index) =>
    naiveRoot(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level));

test("the roots are those of the test vectors of RFC 6962's reference implementation", () => {
  const leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
  const roots = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
  ];
  const frontier: Frontier = { size: 0, roots: [] };
  assert.is(EMPTY_ROOT.toString("hex"), createHash("sha256").digest("hex"));
  leaves.forEach((leaf, i) => {
    appendLeaf(frontier, leafHash(Buffer.from(leaf, "hex")), () => {});
    assert.is(frontierRoot(frontier).toString("hex"), roots[i]);
  });
});

test("property: the frontier's root is MTH, and subtrees that are stored have theirs", () => {
  for (const n of [0, 1, 2, 3, 7, 8, 9, 255, 256, 257, 511, 512, 700]) {
    const leaves = data(n);
    const { frontier, stored } = grow(leaves);
    assert.ok(frontierRoot(frontier).equals(naiveRoot(leaves)), `${n} leaves`);
    assert.is(stored.size, Math.floor(n / 2 ** STORED_LEVELS));
    for (const [key, root] of stored) {
      const [level, index] = key.split("/").map(Number) as [number, number];
      assert.ok(root.equals(reader(leaves)(level, index)), key);
    }
  }
});

test("property: every inclusion proof verifies, and none for another leaf, place, size or root", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 70 }), fc.nat(), fc.nat(), (size, at, bend) => {
      const leaves = data(size);
      const index = at % size;
      const path = inclusionPath(reader(leaves), index, size);
      const root = naiveRoot(leaves);
      const leaf = leafHash(leaves[index] as Buffer);
      assert.ok(verifyInclusion(leaf, index, size, path, root));
      assert.not(verifyInclusion(leafHash(Buffer.from("another")), index, size, path, root));
      assert.not(verifyInclusion(leaf, index, size, [...path, root], root));
      assert.not(verifyInclusion(leaf, size, size, path, root));
      if (size > 1) assert.not(verifyInclusion(leaf, (index + 1) % size, size, path, root));
      if (path.length > 0) {
        const bent = path.map((hash) => Buffer.from(hash));
        const one = bent[bend % bent.length] as Buffer;
        one[bend % 32] = (one[bend % 32] as number) ^ 1;
        assert.not(verifyInclusion(leaf, index, size, bent, root));
        assert.not(verifyInclusion(leaf, index, size, path.slice(1), root));
      }
    }),
  );
});

test("property: every consistency proof verifies, and none for a tree that was rewritten", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 70 }), fc.nat(), (second, at) => {
      const first = 1 + (at % second);
      const leaves = data(second);
      const path = consistencyPath(reader(leaves), first, second);
      const roots = [naiveRoot(leaves.slice(0, first)), naiveRoot(leaves)] as const;
      assert.ok(verifyConsistency(first, second, ...roots, path));
      const rewritten = [...leaves];
      rewritten[at % first] = Buffer.from("rewritten");
      assert.not(verifyConsistency(first, second, roots[0], naiveRoot(rewritten), path));
      assert.not(
        verifyConsistency(
          first,
          second,
          roots[0],
          naiveRoot(rewritten),
          consistencyPath(reader(rewritten), first, second),
        ),
      );
      if (path.length > 0) assert.not(verifyConsistency(first, second, ...roots, path.slice(1)));
      assert.not(verifyConsistency(first, second, ...roots, [...path, roots[0]]));
    }),
  );
});

test.run();
