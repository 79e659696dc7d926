import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runTool, scratch } from "../tool-run.ts";

const test = suite("fs.read_file");
const { root, outside, dispose } = scratch();
const lookAlike = `${root}-old`;
const MIB = 1024 * 1024;
const read = (args: object) => runTool("fs.read_file", { path: "f", ...args }, [root]);
const put = (content: string | Uint8Array, name = "f") => writeFileSync(join(root, name), content);

test.after(dispose);

test("answers the whole of a small file with its figures", () => {
  put('héllo "w"\n\u0001\\ € 😀');
  utimesSync(join(root, "f"), 1_700_000_000.5, 1_700_000_000.5);
  assert.equal(read({}).answer, {
    content: 'héllo "w"\n\u0001\\ € 😀',
    encoding: "utf-8",
    size: 22,
    bytes_read: 22,
    truncated: false,
    modified: "2023-11-14T22:13:20.500Z",
  });
});

for (const text of [
  "1970-01-01T00:00:00.000Z",
  "2000-02-29T00:00:00.000Z",
  "2100-02-28T23:59:59.000Z",
  "1969-12-31T23:59:59.000Z",
  "1904-02-29T12:34:56.000Z",
]) {
  test(`writes the time ${text}`, () => {
    put("x");
    execFileSync("touch", ["-d", text, join(root, "f")]);
    assert.is(read({}).answer.modified, text);
  });
}

test("any text comes back as it was, whatever has to be escaped", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), fc.nat(40), (text, pad) => {
      const whole = "a".repeat(pad) + Buffer.from(text).toString();
      put(whole);
      assert.is(read({}).answer.content, whole);
    }),
    { numRuns: 200 },
  );
});

test("any bytes come back as base64", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 400 }),
      fc.nat(50),
      fc.integer({ min: 1, max: 400 }),
      (bytes, offset, limit) => {
        put(bytes);
        const { answer } = read({ encoding: "base64", offset, limit });
        const slice = Buffer.from(bytes.slice(offset, offset + limit));
        assert.is(answer.content, slice.toString("base64"));
        assert.is(answer.bytes_read, slice.length);
        assert.is(answer.truncated, offset + slice.length < bytes.length);
      },
    ),
    { numRuns: 200 },
  );
});

test("bytes are text exactly when a strict decoder says so", () => {
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const edges = [
    0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff,
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...edges), { maxLength: 6 }), fc.nat(40), (tail, pad) => {
      const bytes = Buffer.concat([Buffer.alloc(pad, 97), Buffer.from(tail)]);
      put(bytes);
      let text: string | undefined;
      try {
        text = strict.decode(bytes);
      } catch {
        text = undefined;
      }
      const { ok, answer } = read({});
      assert.is(ok ? answer.content : undefined, text);
      if (!ok) assert.is(answer.code, "not-utf-8");
      if (!ok) assert.match(answer.message, "base64");
    }),
    { numRuns: 1500 },
  );
});

test("slices that follow bytes_read join to the whole text and never split a character", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 40 }), fc.integer({ min: 1, max: 9 }), (text, limit) => {
      const whole = Buffer.from(text).toString();
      put(whole);
      let joined = "";
      let offset = 0;
      for (let more = whole !== ""; more; ) {
        const { answer } = read({ offset, limit });
        assert.ok(answer.bytes_read > 0, "no progress");
        assert.ok(answer.bytes_read <= Math.max(limit, 4));
        joined += answer.content;
        offset += answer.bytes_read;
        more = answer.truncated;
      }
      assert.is(joined, whole);
      assert.is(offset, Buffer.byteLength(whole));
    }),
    { numRuns: 150 },
  );
});

for (const [name, args, content, bytesRead, truncated] of [
  ["an offset inside a character moves to the next", { offset: 1 }, "b", 3, false],
  ["an end inside a character moves to before it", { offset: 0, limit: 2 }, "€", 3, true],
  ["a limit below the first character gives that character", { offset: 0, limit: 1 }, "€", 3, true],
  ["a slice inside one character is empty but goes on", { offset: 1, limit: 1 }, "", 2, true],
  ["an offset at the end gives nothing", { offset: 4 }, "", 0, false],
  ["an offset beyond the end gives nothing", { offset: 2 ** 53 - 1, limit: 5 }, "", 0, false],
] as const) {
  test(`in "€b": ${name}`, () => {
    put("€b");
    const { answer } = read(args);
    assert.equal([answer.content, answer.bytes_read, answer.truncated], [content, bytesRead, truncated]);
  });
}

test("a stray continuation byte at the start of a slice is not passed over", () => {
  put(Buffer.from([0x61, 0x80, 0x62]));
  assert.is(read({ offset: 1 }).answer.code, "not-utf-8");
  assert.equal(read({ offset: 1 }).answer.data, { offset: 1 });
});

test("more than 8 MiB without limit is file-too-large with both figures, and readable in parts", () => {
  put("");
  truncateSync(join(root, "f"), 8 * MIB + 1);
  const { answer } = read({});
  assert.is(answer.code, "file-too-large");
  assert.equal(answer.data, { size: 8 * MIB + 1, limit: 8 * MIB });
  assert.match(answer.message, "offset and limit");
  assert.is(read({ offset: 8 * MIB }).answer.bytes_read, 1);
  assert.is(read({ limit: 10, offset: 5 }).answer.truncated, true);
});

test("8 MiB of the costliest bytes fit the limits, as text and as base64", () => {
  put(Buffer.alloc(8 * MIB, 1));
  assert.is(read({}).answer.content.length, 8 * MIB);
  assert.is(read({ encoding: "base64" }).answer.bytes_read, 8 * MIB);
});

test("links inside the roots are followed, also absolute ones; those that lead out are permission-denied", () => {
  put("inside");
  writeFileSync(join(outside, "secret"), "secret");
  symlinkSync("f", join(root, "rel"));
  symlinkSync(join(root, "f"), join(root, "abs"));
  symlinkSync("../outside/secret", join(root, "out"));
  symlinkSync(join(outside, "secret"), join(root, "out-abs"));
  symlinkSync("loop", join(root, "loop"));
  assert.is(read({ path: "rel" }).answer.content, "inside");
  assert.is(read({ path: "abs" }).answer.content, "inside");
  assert.is(read({ path: "out" }).answer.code, "permission-denied");
  assert.is(read({ path: "out-abs" }).answer.code, "permission-denied");
  assert.is(read({ path: "loop" }).answer.code, "too-many-links");
});

test("paths outside of the roots are permission-denied and the roots are named", () => {
  mkdirSync(lookAlike, { recursive: true });
  writeFileSync(join(lookAlike, "f"), "x");
  mkdirSync(join(root, "sub"), { recursive: true });
  for (const path of [
    `${lookAlike}/f`,
    lookAlike,
    "/etc/passwd",
    "../outside/secret",
    "sub/../../outside",
    "/",
    `${root}/..`,
  ]) {
    const { ok, answer } = read({ path });
    assert.is(ok, false, path);
    assert.is(answer.code, "permission-denied", path);
    assert.match(answer.message, root);
  }
});

test("paths are normalised and found in the root with the longest name", () => {
  put("first");
  mkdirSync(join(root, "nested"), { recursive: true });
  put("second", "nested/f");
  assert.is(read({ path: `${root}//./nested/../f` }).answer.content, "first");
  const roots = [root, join(root, "nested")];
  assert.is(runTool("fs.read_file", { path: `${root}/nested/f` }, roots).answer.content, "second");
  assert.is(runTool("fs.read_file", { path: `${root.slice(1)}/f` }, ["/"]).answer.content, "first");
  assert.is(runTool("fs.read_file", { path: `${root}/f` }, ["/"]).answer.content, "first");
});

test("what is no regular file is refused by its kind, at once", () => {
  execFileSync("mkfifo", [join(root, "fifo")]);
  assert.is(read({ path: "fifo" }).answer.code, "unsupported-file-type");
  assert.is(read({ path: "." }).answer.code, "is-a-directory");
  assert.is(read({ path: "missing" }).answer.code, "file-not-found");
  assert.is(read({ path: "f/x" }).answer.code, "not-a-directory");
  assert.is(read({ path: "a\0b" }).answer.code, "invalid-path");
  assert.is(read({ path: "n".repeat(300) }).answer.code, "invalid-path");
});

test("no root at all is permission-denied", () => {
  assert.is(runTool("fs.read_file", { path: "f" }, []).answer.code, "permission-denied");
  assert.is(runTool("fs.read_file", { path: "/f" }, []).answer.code, "permission-denied");
});

test.run();
