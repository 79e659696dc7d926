// The tools that are scripts with libraries, as they ship: module, manifest and limits.
import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { JsonObject } from "../../../src/contract/json.ts";
import { runTool, scratch } from "../tool-run.ts";

const place = scratch();
test.after(() => place.dispose());
const { root, outside } = place;

function file(name: string, text: string | Uint8Array): string {
  mkdirSync(join(root, name, ".."), { recursive: true });
  writeFileSync(join(root, name), text);
  return name;
}

const ask = (tool: string, args: JsonObject) => runTool(tool, args, [root]).answer;

test("doc.parse reads CommonMark: what is in code is no heading and no link, setext and references are", () => {
  const text = [
    "# One *two*",
    "",
    "Some words, [a link](http://a/ 'T') and `# code`. ![pic](p.png)",
    "",
    "```md",
    "# not a heading [no](link)",
    "```",
    "",
    "Setext",
    "------",
    "",
    "    indented # code",
    "",
    "> ## In a quote",
    "> it's [a reference][r] <http://auto/>",
    "",
    "[r]: http://r/",
    "",
    "####### seven is text",
  ].join("\n");
  const answer = ask("doc.parse", { path: file("doc.md", text) });
  assert.equal(answer.sections, [
    { level: 1, title: "One two", line: 1 },
    { level: 2, title: "Setext", line: 9 },
    { level: 2, title: "In a quote", line: 14 },
  ]);
  assert.equal(
    answer.links.map(({ url, text: shown, image }: JsonObject) => [url, shown, image]),
    [
      ["http://a/", "a link", false],
      ["p.png", "pic", true],
      ["http://r/", "a reference", false],
      ["http://auto/", "http://auto/", false],
    ],
  );
  assert.is(answer.code_block_count, 2);
  assert.is(answer.link_count, 4);
  assert.is(answer.section_count, 3);
  assert.ok(answer.word_count >= 18 && answer.word_count <= 24, `${answer.word_count}`);
  assert.equal(ask("doc.parse", { path: file("empty.md", "") }).sections, []);
});

test("doc.parse ends on documents that are made to take long", () => {
  for (const text of [
    "[".repeat(50_000),
    "*a_ ".repeat(20_000),
    "> ".repeat(5_000),
    "`".repeat(50_000),
    "<!--".repeat(20_000),
  ]) {
    const { ok, answer } = runTool("doc.parse", { path: file("bad.md", text) }, [root]);
    assert.ok(ok || answer.code === "script-error", JSON.stringify(answer));
  }
});

test("config.read reads each format, whole and by key", () => {
  file(
    "a.toml",
    'title = "T"\ndate = 2024-01-02T03:04:05Z\nbig = 9007199254740993\n[server]\nports = [1, 2]\n"a.b" = true\n',
  );
  assert.equal(ask("config.read", { path: "a.toml" }), {
    title: "T",
    date: "2024-01-02T03:04:05.000Z",
    big: "9007199254740993",
    server: { ports: [1, 2], "a.b": true },
  });
  assert.equal(ask("config.read", { path: "a.toml", key: "server.ports.1" }), { key: "server.ports.1", value: 2 });
  assert.equal(ask("config.read", { path: "a.toml", key: "server.a.b" }), { key: "server.a.b", value: true });
  file("a.yaml", "base: &b\n  x: 1\nuse: *b\nlist:\n  - a\n  - no\nnothing: ~\nnan: .nan\n");
  assert.equal(ask("config.read", { path: "a.yaml" }), {
    base: { x: 1 },
    use: { x: 1 },
    list: ["a", "no"],
    nothing: null,
    nan: "NaN",
  });
  file("a.json", '// comment\n{"a": [1, {"b": null}],}');
  assert.equal(ask("config.read", { path: "a.json", key: "a.1.b" }), { key: "a.1.b", value: null });
  file("a.ini", "; c\ntop=1\n[s]\nk = v\n");
  assert.equal(ask("config.read", { path: "a.ini" }), { top: "1", s: { k: "v" } });
  file(".env.local", "# c\nA=1\nB=\"two words\"\nexport C='$A'\n");
  assert.equal(ask("config.read", { path: ".env.local" }), { A: "1", B: "two words", C: "$A" });
  file("list.yml", "- 1\n- 2\n");
  assert.equal(ask("config.read", { path: "list.yml" }), { key: "", value: [1, 2] });
});

test("config.read refuses with a reason", () => {
  const bombs = `a: &a [x,x,x,x,x,x,x,x,x]\n${"bcdefgh"
    .split("")
    .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${"abcdefgh"[i]}`).join(",")}]`)
    .join("\n")}\n`;
  const cases: readonly (readonly [name: string, text: string | Uint8Array, code: string, key?: string])[] = [
    ["bad.toml", "a = ", "invalid-config"],
    ["bad.yaml", "a: [1", "invalid-config"],
    ["bad.json", '{"a": }', "invalid-config"],
    ["bomb.yaml", bombs, "invalid-config"],
    ["proto.json", '{"__proto__": {"x": 1}}', "invalid-config"],
    ["deep.json", `${'{"a":'.repeat(120)}1${"}".repeat(120)}`, "invalid-config"],
    ["a.txt", "x", "unknown-format"],
    ["latin.toml", Uint8Array.of(0x61, 0xff), "not-utf-8"],
    ["ok.json", '{"a": {}}', "key-not-found", "a.b"],
    ["ok.json", '{"a": {}}', "key-not-found", "constructor"],
  ];
  for (const [name, text, code, key] of cases) {
    const answer = ask("config.read", { path: file(name, text), ...(key !== undefined && { key }) });
    assert.is(answer.code, code, `${name}: ${JSON.stringify(answer).slice(0, 300)}`);
  }
});

const hasGit = (() => {
  try {
    execFileSync("git", ["--version"]);
    return true;
  } catch {
    return false;
  }
})();

(hasGit ? test : test.skip)("git.log says what git says, of loose and of packed objects", () => {
  const repository = join(root, "repository");
  mkdirSync(repository);
  const git = (...args: string[]): string =>
    execFileSync(
      "git",
      ["-c", "user.name=Ann Ünder", "-c", "user.email=ann@a", "-c", "init.defaultBranch=main", ...args],
      {
        cwd: repository,
        encoding: "utf8",
        env: {
          PATH: process.env.PATH,
          HOME: root,
          GIT_AUTHOR_DATE: "2024-01-02T03:04:05+05:30",
          GIT_CONFIG_NOSYSTEM: "1",
        },
      },
    );
  git("init", "-q");
  assert.is(ask("git.log", { path: "repository" }).code, "not-a-repository");
  for (let i = 0; i < 30; i++) {
    writeFileSync(join(repository, "f"), `${i}`);
    git("add", "f");
    git("commit", "-q", "-m", `commit ${i}\n\nbody of ${i}`);
  }
  const expected = (count: number) => git("log", "-n", String(count), "--format=%H|%an|%ae|%aI|%s").trim().split("\n");
  const shown = (limit?: number) =>
    ask("git.log", { path: "repository", ...(limit !== undefined && { limit }) }).commits.map(
      ({ hash, author, email, date, message }: Record<string, string>) =>
        [hash, author, email, date, (message as string).split("\n")[0]].join("|"),
    );
  assert.equal(shown(), expected(20));
  git("gc", "-q");
  git("pack-refs", "--all");
  assert.equal(shown(30), expected(30));
  assert.is(ask("git.log", { path: "repository", limit: 1 }).commits[0].message, "commit 29\n\nbody of 29");
  mkdirSync(join(root, "plain"));
  assert.is(ask("git.log", { path: "plain" }).code, "not-a-repository");
});

test("fs.analyze measures a folder, and enters no link", () => {
  file("tree/a.ts", "1\n2\n3");
  file("tree/deep/b.ts", "1\n");
  file("tree/deep/bin.dat", Uint8Array.of(0, 10, 10));
  file("tree/LICENSE", "x\n");
  writeFileSync(join(outside, "secret.ts"), "1\n".repeat(1000));
  symlinkSync(outside, join(root, "tree", "link"));
  const answer = ask("fs.analyze", { path: "tree" });
  assert.is(answer.file_count, 4);
  assert.is(answer.folder_count, 2);
  assert.is(answer.total_lines, 5);
  assert.is(answer.total_bytes, 12);
  assert.equal(answer.file_types[0], { extension: ".ts", files: 2, bytes: 7, lines: 4 });
  assert.equal(answer.largest_files[0], { path: join(root, "tree/a.ts"), bytes: 5 });
  assert.is(ask("fs.analyze", { path: "tree/a.ts" }).total_lines, 3);
});

test("report.template fills in, and a value is never looked at again", () => {
  const rendered = (template: string, data: JsonObject) => ask("report.template", { template, data });
  assert.equal(rendered("{{a}} {{{a}}} {{&a}}", { a: "<{{b}}>", b: "no" }), { rendered: "<{{b}}> <{{b}}> <{{b}}>" });
  assert.equal(rendered("{{#l}}{{n}},{{/l}}{{^none}}none{{/none}}", { l: [{ n: 1 }, { n: 2 }] }), {
    rendered: "1,2,none",
  });
  assert.equal(rendered("{{#f}}x{{/f}}{{o}}", { f: "function(){}", o: { a: 1 } }), { rendered: 'x{"a":1}' });
  assert.is(rendered("{{#open}}", {}).code, "invalid-template");
  assert.match(
    rendered("table", { title: "T", columns: ["a"], rows: [{ cells: ["1"] }] }).rendered,
    /^# T\n\n\| a \|\n\| --- \|\n\| 1 \|\n$/,
  );
  assert.equal(rendered("{{constructor}}{{__proto__}}{{toString}}", {}), { rendered: "" });
});

test("no path leads out of the root, by text or by link", () => {
  writeFileSync(join(outside, "secret.md"), "# SECRET\n");
  writeFileSync(join(outside, "secret.json"), '{"secret": 1}');
  symlinkSync(join(outside, "secret.md"), join(root, "out.md"));
  symlinkSync(outside, join(root, "out"));
  for (const path of [
    join(outside, "secret.md"),
    "../outside/secret.md",
    "out.md",
    "out/secret.md",
    "tree/../../outside/secret.md",
  ]) {
    const answer = ask("doc.parse", { path });
    assert.is(answer.code, "permission-denied", `${path}: ${JSON.stringify(answer)}`);
  }
  assert.is(ask("config.read", { path: "out/secret.json" }).code, "permission-denied");
  assert.is(ask("git.log", { path: "out" }).code, "permission-denied");
  assert.is(ask("fs.analyze", { path: "out" }).code, "permission-denied");
  assert.is(ask("doc.parse", { path: "nowhere.md" }).code, "file-not-found");
  assert.is(ask("doc.parse", { path: "tree" }).code, "is-a-directory");
});

test.run();
