// Commands of the shell that are saved as tools: from the command line to a client's calls. One place, one host.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { codeOf } from "./decisions.ts";
import { quickScratch } from "./files/ground.ts";
import { copyPackage } from "./package-copy.ts";
import { chainEvents, type Message, run, type Scratch, Served } from "./program.ts";
import { listed, refused, tool } from "./tool-ground.ts";

const test = suite("saved commands");
let place: Scratch;
let served: Served;

/** Every way of quoting, splitting, expanding and substituting that a value could be taken for. */
// biome-ignore-start lint/suspicious/noTemplateCurlyInString: they are shell's
const TRICKS = [
  ...["$(touch pwned)", "`touch pwned`", '"; touch pwned; "', "'; touch pwned; '", "\"'\"'$(touch pwned)", "${x:=1}"],
  ...["; touch pwned", "& touch pwned", "| touch pwned", "&& touch pwned", "> pwned", "< a.txt", ">(touch pwned)"],
  ...["\ntouch pwned\n", "\r\n", "\\", "\\\\'", "$'\\x41'", "$HOME", "$1", "$@", "${text}", "$((1+1))", "{a,b}", "*"],
  ...["?", "[a-z]*", "~", "~root", "!!", "#", "a b", "  a   b  ", "\t", "", "-n", "--help", "-e x", "EOF", "a\nEOF\nb"],
  ...["a[$(touch pwned)]", "() { :; }; touch pwned", "ü🦊", "\u001b[31m", "%s%n%d", "}", "fi", "done", ")", "$(", "`"],
];
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: they are shell's

const SHOW = `printf '<%s>' "$text" "\${items[@]}"
[ "$text" = "\${items[0]}" ] && [[ "$text" == "$text" ]] && case "$text" in "$text") echo same ;; esac
cat <<EOF
$text
EOF
for one in $text; do :; done
f() { local text=$1; printf '<%s>' "$text"; }; f "$text"
echo "\${#items[@]} $((number + 1)) $flag \${left-unset}"`;

/** `[name, command, options]` */
const SAVED: readonly (readonly [name: string, command: string, ...options: string[]])[] = [
  ["show", SHOW, "--param", "text:string", "--param", "items:string[]", "--param", "number:integer"].concat([
    ...["--param", "flag:boolean", "--param", "left:string?", "--no-files"],
  ]) as [string, string],
  ["count", 'grep -rn "$word" -- "$dir" | wc -l', "--param", "dir:path=Where to look", "--param", "word:string"],
  ["reads", "$do; echo $?", "--param", "do:string", "--read", "docs"],
  ["writes", 'eval "$do"', "--param", "do:string", "--write", "out", "--read", "docs", "--cwd", "docs"],
  ["spins", "while :; do :; done", "--timeout-ms", "200", "--no-files"],
  ["put", 'echo new > "$to"', "--param", "to:write-path", "--write", "out"],
];

test.before(async () => {
  place = quickScratch();
  const { root, home } = place;
  for (const name of ["docs", "out", "hidden"]) mkdirSync(join(root, name));
  writeFileSync(join(root, "docs", "a.txt"), "TODO one\nTODO two\n");
  writeFileSync(join(root, "hidden", "b.txt"), "TODO hidden\n");
  writeFileSync(join(home, "own.cedar"), "permit (principal, action, resource);\n");
  served = new Served(place, [root, "--policy", join(home, "own.cedar")]);
  await served.initialize();
  for (const [name, command, ...options] of SAVED) {
    await tool(place, "save", `shell.${name}`, command, ...options, "--activate");
  }
});
test.after(async () => {
  await served.close();
  place.remove();
});

async function call(name: string, args: object = {}): Promise<Message> {
  const result = await served.call(`shell_${name}`, args);
  return result.isError === true ? { code: codeOf(result), text: result.content[0].text } : result.structuredContent;
}

test("it is listed as a tool of its own, with its parameters and what its folders let it do", async () => {
  const { tools } = (await served.request("tools/list")).result;
  const of = (name: string) => tools.find((one: Message) => one.name === `shell_${name}`);
  assert.equal(of("count").inputSchema.required, ["dir", "word"]);
  assert.is(of("count").inputSchema.properties.dir.description, "Where to look");
  assert.is(of("count").annotations.readOnlyHint, true);
  assert.is(of("writes").annotations.destructiveHint, true);
  assert.match(of("count").description, /grep -rn "\$word" -- "\$dir" \| wc -l/);
  assert.equal(of("count").outputSchema, of("exec").outputSchema);
  assert.is((await call("count", { dir: ".", word: "TODO" })).stdout, "3\n");
  assert.is((await call("count", { dir: "docs", word: "one" })).stdout, "1\n");
});

test("no value is read as shell, however it is quoted", async () => {
  const others: string[] = [];
  for (const text of TRICKS) {
    const answer = await call("show", { text, items: [text, "x y"], number: 41, flag: true });
    const expected = `<${text}><${text}><x y>same\n${text}\n<${text}>2 42 true unset\n`;
    if (answer.stdout !== expected || answer.exit_code !== 0)
      others.push(`${JSON.stringify(text)}: ${JSON.stringify(answer)}`);
  }
  assert.equal(others, []);
  const many = await call("show", { text: "x", items: TRICKS, number: -1, flag: false, left: "" });
  assert.ok(many.stdout.startsWith(`<x>${TRICKS.map((one) => `<${one}>`).join("")}`), many.stdout);
  assert.ok(many.stdout.endsWith(`<x>${TRICKS.length} 0 false \n`), many.stdout);
  assert.is((await call("show", { text: "a\0b", items: [], number: 1, flag: true })).code, "invalid-arguments");
  assert.equal(readdirSync(place.root).sort(), ["docs", "hidden", "out"]);
});

test("a caller says values of its parameters and nothing else", async () => {
  const good = { text: "x", items: [], number: 1, flag: true };
  for (const more of [
    ...[{ command: "id" }, { args: ["x"] }, { cwd: "/" }, { stdin: "x" }, { timeout_ms: 1 }, { variables: {} }],
    ...[{ IFS: "x" }, { PATH: "/" }, { number: "1" }, { items: "x" }, { items: [{}] }, { flag: "touch pwned" }],
  ]) {
    assert.is((await call("show", { ...good, ...more })).code, "invalid-arguments", JSON.stringify(more));
  }
  // Those names as parameters are variables like all others.
  await tool(
    place,
    ...["save", "shell.names", 'echo "$command $cwd $args"', "--no-files", "--activate"],
    ...["--param", "command:string", "--param", "cwd:string", "--param", "args:string[]"],
  );
  assert.is((await call("names", { command: "id", cwd: "/", args: ["ls"] })).stdout, "id / ls\n");
});

/** What a value reaches for where the command was careless enough to run it. */
const REACHES = [
  ...["cat ../hidden/b.txt", "cat /etc/passwd", "ls ..", "ls /", "touch x", "rm a.txt", "cp a.txt b.txt", "mkdir d"],
  ...[
    "tee x",
    "ln -s ../hidden l",
    "mv a.txt c.txt",
    "chmod 600 a.txt",
    "truncate -s 0 a.txt",
    "sed -i s/one/x/ a.txt",
  ],
];

test("its folders bound it, whatever it is made to run", async () => {
  const { root } = place;
  const before = readFileSync(join(root, "docs", "a.txt"), "utf8");
  for (const what of REACHES) {
    for (const name of ["reads", "writes"]) {
      const answer = await call(name, { do: what });
      assert.type(answer.exit_code, "number", JSON.stringify(answer));
      for (const word of ["hidden\n", "root:x:"]) assert.not(JSON.stringify(answer).includes(word), `${name} ${what}`);
    }
  }
  assert.equal(readdirSync(join(root, "docs")), ["a.txt"]);
  assert.is(readFileSync(join(root, "docs", "a.txt"), "utf8"), before);
  assert.is((await call("reads", { do: "cat a.txt" })).stdout, `${before}0\n`);
  assert.is((await call("writes", { do: "cp a.txt ../out/copy; pwd" })).stdout, `${join(root, "docs")}\n`);
  assert.is(readFileSync(join(root, "out", "copy"), "utf8"), before);
  assert.is((await call("put", { to: "new" })).exit_code, 0);
  assert.is(readFileSync(join(root, "out", "new"), "utf8"), "new\n");
  for (const to of ["../docs/new", "../new", "/etc/new", "x/../../docs/new"])
    assert.is((await call("put", { to })).code, "permission-denied", to);
  assert.is((await call("count", { dir: "..", word: "x" })).code, "permission-denied");
});

test("it ends when its time is over, and runs in the one module of the shell", async () => {
  const answer = await call("spins");
  assert.is(answer.exit_code, 124);
  assert.match(answer.stderr, /ended after 200 ms/);
  const modules = async () => {
    const { metrics } = (await served.call("metrics_snapshot", { prefix: "store.modules" })).structuredContent;
    return metrics[0].value;
  };
  await served.call("shell_exec", { command: "true" });
  const before = await modules();
  assert.is((await call("names", { command: "a", cwd: "b", args: ["c"] })).exit_code, 0);
  assert.is(await modules(), before);
});

test("a changed command is another version, which somebody has to see and accept", async () => {
  await tool(place, "save", "shell.todos", "grep -c TODO a.txt", "--read", "docs", "--activate");
  assert.is((await call("todos")).stdout, "2\n");
  const same = await tool(place, "save", "shell.todos", "grep -c TODO a.txt", "--read", "docs");
  assert.equal([same.version, same.known], ["0.1.0", true]);
  const changed = await tool(place, "save", "shell.todos", "cat a.txt", "--read", "docs");
  assert.is(changed.version, "0.1.1");
  assert.equal(
    changed.differences.map(({ where }: Message) => where),
    ["description", "shell.command", "shell.sha256"],
  );
  await refused(place, /differs from 0\.1\.0.* --accept/, "activate", "shell.todos", "0.1.1");
  assert.is((await call("todos")).stdout, "2\n");
  const shown = await run(place, ["tool", "show", "shell.todos", "0.1.1"]);
  assert.match(shown.stdout, /command {5}cat a\.txt\n {2}its sha256 {2}[0-9a-f]{64}\n/);
  await tool(place, "activate", "shell.todos", "0.1.1", "--accept");
  assert.is((await call("todos")).stdout, "TODO one\nTODO two\n");
  await tool(place, "revoke", "shell.todos", "0.1.1", "--reason", "too much");
  assert.not((await listed(served)).includes("shell_todos"));
  await tool(place, "rollback", "shell.todos");
  assert.is((await call("todos")).stdout, "2\n");
  const verified = await tool(place, "verify");
  assert.ok(verified.ok, JSON.stringify(verified));
  assert.equal(readdirSync(join(place.state, "modules")).length, 1, "one module for all of them");
  const events = await chainEvents(place);
  assert.ok(events.some(({ kind, payload }) => kind === "tool.deploy" && payload.tool === "shell.todos"));
});

test("in its folder it is tested, signed and taken in by its signature, which holds for its command", async () => {
  const folder = join(place.home, "greet");
  const at = (...args: string[]) => run(place, args, { cwd: place.home });
  const save = ["save", "shell.greet", 'echo "hello $name"', "--param", "name:string", "--no-files"];
  await tool(place, ...save, "--in", folder);
  mkdirSync(join(folder, "examples"));
  const example = { arguments: { name: "$(id)" }, answer: { exit_code: 0, stdout: "hello $(id)\n", stderr: "" } };
  writeFileSync(join(folder, "examples", "first.json"), JSON.stringify(example));
  const tested = await at("tool", "test", folder);
  assert.is(tested.code, 0, tested.stdout + tested.stderr);
  assert.is((await at("key", "new", "maker")).code, 0);
  assert.is((await at("key", "trust", "maker.pub", "--scope", "shell.*")).code, 0);
  const strict = ["--require-signatures", "yes"];
  await refused(place, /signatures are required here/, ...save, ...strict);
  assert.is((await at("tool", "sign", folder, "--key", "maker.key")).code, 0);
  const file = join(folder, "tool.json");
  const signed = readFileSync(file, "utf8");
  const { sha256: _, ...unhashed } = JSON.parse(signed).shell;
  const changed = { ...unhashed, command: 'echo "goodbye $name"' };
  writeFileSync(file, JSON.stringify({ ...JSON.parse(signed), shell: changed }));
  await refused(place, /is over something else/, "deploy", folder, ...strict);
  writeFileSync(file, signed);
  const taken = await tool(place, "deploy", folder, "--activate", ...strict);
  assert.equal([taken.signer, taken.unsigned], ["key", false]);
  assert.is((await call("greet", { name: "you" })).stdout, "hello you\n");
});

test("the built-in policy lets it read unasked and asks before it may write; it runs in the shell that it was saved with", async () => {
  const package_ = copyPackage(place);
  const shell = join(package_.directory, "dist/tools/shell.exec.wasm");
  // A custom section more: the same program with another hash.
  const bytes = Buffer.concat([readFileSync(shell), Buffer.from([0, 2, 1, 0x78])]);
  const seal = JSON.parse(package_.read("manifests/seal.json"));
  seal.modules["shell.exec.wasm"] = createHash("sha256").update(bytes).digest("hex");
  package_.change("dist/tools/shell.exec.wasm", bytes);
  package_.change("manifests/seal.json", JSON.stringify(seal));
  const later = new Served(package_.place, [place.root]);
  try {
    await later.initialize();
    const counted = await later.call("shell_count", { dir: "docs", word: "one" });
    assert.is(counted.structuredContent?.stdout, "1\n", JSON.stringify(counted));
    assert.is(codeOf(await later.call("shell_put", { to: "asked" })), "approval-required");
    assert.is(codeOf(await later.call("shell_exec", { command: "true" })), "approval-required");
    assert.not(existsSync(join(place.root, "out", "asked")));
    // Without the module that it was saved with there is none that was accepted.
    const [module] = readdirSync(join(place.state, "modules"));
    writeFileSync(join(place.state, "modules", String(module)), bytes);
    assert.is(codeOf(await later.call("shell_todos", {})), "tool-quarantined");
  } finally {
    await later.close();
  }
});

test.run();
