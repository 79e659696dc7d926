// shell.exec through the built program: what it does, and that nothing in it gets out. One host serves all cases.
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { archiveOf, bomb, ENORMOUS, NEGATIVE, paxRecord } from "./archives.ts";
import { codeOf } from "./decisions.ts";
import { chainEvents, type Message, type Scratch, Served, scratch } from "./program.ts";

const test = suite<{ place: Scratch; served: Served }>("shell");
let place: Scratch;
let served: Served;
const SECRET = "outside-of-every-root";

test.before(async () => {
  place = scratch();
  const { root, home } = place;
  writeFileSync(join(home, "secret.txt"), SECRET);
  writeFileSync(join(home, "own.cedar"), "permit (principal, action, resource);\n");
  writeFileSync(join(root, "a.txt"), "one\ntwo\nthree\n");
  mkdirSync(join(root, "sub"));
  writeFileSync(join(root, "sub", "b.json"), '{"n":[1,2,3]}');
  writeFileSync(join(root, "wörter ünd $x.txt"), "ä\n");
  symlinkSync(join(home, "secret.txt"), join(root, "link"));
  symlinkSync("..", join(root, "up"));
  symlinkSync("/proc/self/environ", join(root, "environ"));
  served = new Served(place, [root, "--policy", join(home, "own.cedar")]);
  await served.initialize();
});
test.after(async () => {
  await served.close();
  place.remove();
});

async function shell(command: string, more: object = {}): Promise<Message> {
  const result = await served.call("shell_exec", { command, ...more });
  return result.isError === true ? { code: codeOf(result), text: result.content[0].text } : result.structuredContent;
}

test("it is listed with its schema and true hints", async () => {
  const { result } = await served.request("tools/list");
  const tool = result.tools.find(({ name }: { name: string }) => name === "shell_exec");
  assert.equal(tool.annotations.destructiveHint, true);
  assert.equal(tool.annotations.readOnlyHint, false);
  assert.equal(tool.inputSchema.required, ["command"]);
});

/** `[command, standard output, exit code]`, in the folder of the root. */
const DOES: readonly (readonly [command: string, stdout: string, code?: number])[] = [
  ["echo hi | wc -c", "3\n"],
  ["cat a.txt | grep -n t | sort -r", "3:three\n2:two\n"],
  ["cd sub && jq -c '.n | map(. * 2)' b.json && cd .. && pwd -P | sed 's/.*root/root/'", "[2,4,6]\nroot\n"],
  ['for f in *.txt; do wc -l < "$f"; done', "3\n1\n"],
  [`x=5; echo $((x * 2)) \${x:-no} \${y:-no}`, "10 5 no\n"],
  ["cat <<END\n$((1+1)) here\nEND", "2 here\n"],
  ["f() { echo \"f got $1\"; }; f 'a b'", "f got a b\n"],
  ["awk '{ n += length($0) } END { print n }' a.txt", "11\n"],
  ["sed -i 's/two/zwei/' a.txt && cat a.txt", "one\nzwei\nthree\n"],
  [
    "mkdir -p new/deep && echo x > new/deep/f && cp -r new copy && rm -r new && ls copy/deep && cat copy/deep/f",
    "f\nx\n",
  ],
  ["echo a > t.sh; chmod +x t.sh; stat -c %a t.sh; mv t.sh u.sh; ls *.sh", "755\nu.sh\n"],
  [
    "touch -d 2020-01-02T03:04:05Z old; stat -c %s old; ln -s a.txt ln; readlink ln; cat ln | head -1",
    "0\na.txt\none\n",
  ],
  ["echo in-memory > /tmp/x; cat /tmp/x", "in-memory\n"],
  ["cat /tmp/x", "", 1],
  ["false", "", 1],
  ["exit 300", "", 44],
  ["no_such_command", "", 127],
  ["if [ -f a.txt ] && [ ! -d a.txt ]; then echo file; fi", "file\n"],
  ["printf 'b\\na\\n' | sort | tr a-z A-Z | paste -s -d, -", "A,B\n"],
  ["find . -name '*.json' | xargs cat", '{"n":[1,2,3]}'],
  ["echo hello | gzip | gunzip; echo -n abc | sha256sum | cut -c1-8; echo -n abc | base64", "hello\nba7816bf\nYWJj\n"],
  ["set -e; false; echo not", "", 1],
  ["echo out; echo err >&2", "out\n"],
  [
    "cp --help | grep -e --archive; find --help | grep -c newerXY; expr --help | head -1; ls /bin | grep -x tar",
    "  -a, --archive\n1\nUsage: expr EXPRESSION\ntar\n",
  ],
  ["mkdir m; chmod +t m || mkdir -m 4755 n || TZ=Europe/Berlin date -d @0 || stat -c %a m; rmdir m n", "755\n"],
];

test("it is a shell over the files of the root", async () => {
  const others: string[] = [];
  for (const [command, stdout, code = 0] of DOES) {
    const answer = await shell(command);
    if (answer.stdout !== stdout || answer.exit_code !== code) others.push(`${command}: ${JSON.stringify(answer)}`);
  }
  assert.equal(others, []);
  assert.is(readFileSync(join(place.root, "a.txt"), "utf8"), "one\nzwei\nthree\n");
  assert.is(readFileSync(join(place.root, "copy/deep/f"), "utf8"), "x\n");
  const both = await shell("echo out; echo err >&2");
  assert.is(both.stderr, "err\n");
});

test("it begins where it is told, reads what it is given, and takes words as they are", async () => {
  assert.is((await shell("ls", { cwd: "sub" })).stdout, "b.json\n");
  assert.is((await shell("wc -c", { stdin: "grüße" })).stdout.trim(), "7");
  const words = ["a b", "$HOME", "`id`", "*", "'", '"', "\\", ";ls", "|cat", "\n", "$(pwd)", ">x", "", "-n", "ü"];
  const literal = await shell("printf", { args: ["[%s]", ...words] });
  assert.is(literal.stdout, words.map((word) => `[${word}]`).join(""));
  assert.is((await shell("echo hi", { args: [] })).exit_code, 127);
  assert.is((await shell("cat;ls", { args: ["a.txt"] })).exit_code, 127);
  assert.is((await shell("if", { args: [] })).exit_code, 127);
  assert.not(existsSync(join(place.root, "x")));
  assert.is((await shell("ls", { cwd: "nowhere" })).code, "file-not-found");
  assert.is((await shell("ls", { cwd: "a.txt" })).code, "not-a-directory");
  assert.is((await shell("ls", { cwd: "up" })).code, "file-not-found");
  assert.is((await shell("ls", { cwd: "/" })).code, "permission-denied");
  assert.is((await shell("ls", { cwd: "../.." })).code, "permission-denied");
});

/** Commands that reach for what is outside; none may say any of it or change anything there. */
function reaching(): string[] {
  const { home } = place;
  const secret = join(home, "secret.txt");
  return [
    ...[
      `cat ${secret}`,
      "cat link",
      "cat up/secret.txt",
      "cat ../secret.txt",
      "cat ./../../*/secret.txt",
      "cd up && cat *",
    ],
    ...[
      `cp ${secret} here`,
      "cp link here; cat here",
      "mv link2 link",
      `ln -s ${secret} l2; cat l2`,
      `ln ${secret} l3; cat l3`,
    ],
    ...[
      "ln -s ../secret.txt l4; cat l4",
      "ln -s .. l5; cat l5/secret.txt",
      "mkdir d; ln -s ../../secret.txt d/l; cat d/l",
    ],
    ...[
      "cat environ",
      "cat /proc/self/environ",
      "cat /proc/1/cmdline",
      "env",
      "printenv HOME PATH XDG_STATE_HOME",
      "export -p",
    ],
    ...[
      "cat /etc/passwd",
      "ls /",
      "ls ~",
      "ls /root",
      "cat /dev/mem",
      "cat /dev/sda",
      "find / -name secret.txt -exec cat {} +",
    ],
    ...[
      `echo x > ${secret}`,
      "echo x > ../out",
      "echo x > up/out",
      "rm -rf ../*",
      "rm -rf /",
      "rm -rf up/",
      `rm ${secret}`,
    ],
    ...[
      "curl http://127.0.0.1/",
      "wget x",
      "nc -l 1",
      "exec 3<>/dev/tcp/127.0.0.1/80; cat <&3",
      "python3 -c 'print(1)'",
    ],
    ...[
      "node -e 'console.log(process.env)'",
      "js-exec -c 'console.log(1)'",
      "bash -c 'cat ../secret.txt'",
      "sh -c 'cat link'",
    ],
    ...[
      "sqlite3 x 'select 1'",
      `tar cf - ${home}`,
      "kill -9 1",
      "kill -9 $$",
      "reboot",
      "sudo cat link",
      "ssh localhost",
      "docker ps",
    ],
    ...[
      "source ../secret.txt",
      ". link",
      "echo $(< link)",
      `mapfile -t x < ${secret}; echo "\${x[@]}"`,
      "grep -r . ..",
      "rg x up",
    ],
    ...[
      "awk 'BEGIN { while ((getline line < \"link\") > 0) print line }'",
      "awk 'BEGIN { system(\"cat link\") }'",
      "sed -n 'r link' a.txt",
    ],
    ...[
      "sed -n 'w ../out' a.txt",
      "sed '1e cat link' a.txt",
      "find . -exec cat link \\;",
      "xargs cat < /proc/self/environ",
      "tee ../out < a.txt",
    ],
    ...[
      "trap 'cat link' EXIT",
      "alias ls='cat link'; ls",
      "PATH=/:$PATH; secret.txt",
      "ulimit -a",
      "jobs",
      "chmod 777 ..",
      "touch ../out",
    ],
    ...[
      "constructor",
      "__proto__",
      `echo \${constructor} $__proto__`,
      `declare -A a; a[__proto__]=1; echo \${a[__proto__]}`,
      "toString=1; echo $toString",
    ],
  ];
}

test("nothing outside of the roots is said, and nothing there changes", async () => {
  const others: string[] = [];
  for (const command of reaching()) {
    const answer = await shell(command);
    const text = JSON.stringify(answer);
    if (typeof answer.exit_code !== "number") others.push(`${command}: ${text}`);
    for (const word of [SECRET, "root:x:", "XDG_STATE_HOME=", process.env.PATH ?? "PATH", "daemon", "canary"])
      if (text.includes(word)) others.push(`${command} said ${word}: ${text}`);
  }
  assert.equal(others, []);
  assert.is(readFileSync(join(place.home, "secret.txt"), "utf8"), SECRET);
  assert.not(existsSync(join(place.home, "out")));
});

/** `[command, how it ends]`: an exit code, or a fault's code. */
const HOSTILE: readonly (readonly [command: string, ends: number | string, more?: object])[] = [
  [":(){ :|:& };:", 126],
  ["f() { f; }; f", 126],
  ["eval \"$(printf 'eval %.0s' $(seq 1 20)) true\"", 0],
  ["while :; do :; done", 124, { timeout_ms: 200 }],
  ["yes | head -1000000 | tail -1", 0],
  ["sleep 100", 124, { timeout_ms: 200 }],
  ["awk 'BEGIN { while (1) ; }'", 124, { timeout_ms: 200 }],
  ["echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab | grep -E '^(a+)+$'", 1],
  [`cat <<END | wc -c\n${"x".repeat(900_000)}\nEND`, 0],
  ["printf '\\x00\\x01\\xff\\x1b[31m'", 0],
  ["echo {1..200000} | wc -w", 0],
  ["x=a; while :; do x=$x$x; done", 126],
  ["((((((((((", 2],
  [`${"(".repeat(20_000)}`, 1],
  [`echo ${"$(".repeat(2_000)}`, 2],
  [`echo $((${"(".repeat(5_000)}1${")".repeat(5_000)}))`, 1],
  ["if", 2],
  ['echo "', 2],
  ["\u0000", "invalid-command"],
];

test("hostile commands end typed and bounded, and the next is unaffected", async () => {
  const others: string[] = [];
  for (const [command, ends, more = {}] of HOSTILE) {
    const answer = await shell(command, more);
    const came = answer.exit_code ?? answer.code;
    if (came !== ends) others.push(`${command.slice(0, 60)}: ${JSON.stringify(answer).slice(0, 300)}`);
    assert.is((await shell("echo hi | wc -c")).stdout, "3\n");
  }
  assert.equal(others, []);
});

/** Archives with what an extraction prints to standard error, its exit code, and the files that it leaves. */
const ARCHIVES: readonly (readonly [name: string, archive: Buffer, said: RegExp, code: number, files: string])[] = [
  [
    "a name above the folder",
    archiveOf({ name: "../evil", body: "x" }, { name: "ok", body: "fine" }),
    /Removing leading `\.\.\/' from member names\ntar: \.\.\/evil: Member name contains '\.\.'\n/,
    2,
    "ok",
  ],
  [
    "a name above it from inside",
    archiveOf({ name: "a/../../evil", body: "x" }),
    /a\/\.\.\/\.\.\/evil: Member name contains '\.\.'/,
    2,
    "",
  ],
  ["an absolute name", archiveOf({ name: "/evil", body: "x" }), /Removing leading `\/' from member names/, 0, "evil"],
  [
    "a file through a link that leads up",
    archiveOf({ name: "up", kind: "2", target: ".." }, { name: "up/evil", body: "x" }, { name: "ok", body: "fine" }),
    /up\/evil: Cannot open: Not a directory/,
    2,
    "ok up",
  ],
  [
    "a folder in the place of such a link, and a hard link through it",
    archiveOf(
      { name: "up", kind: "2", target: "sub/../.." },
      { name: "up", kind: "5" },
      { name: "hard", kind: "1", target: "up/notes.txt" },
    ),
    /up: Cannot mkdir: File exists\ntar: hard: Cannot hard link to ‘up\/notes\.txt’/,
    2,
    "up",
  ],
  [
    "a hard link to what is above",
    archiveOf({ name: "hard", kind: "1", target: "../a.txt" }),
    /Removing leading `\.\.\/' from hard link targets\ntar: hard: Cannot hard link to ‘a\.txt’: No such file/,
    2,
    "",
  ],
  [
    "pax names that lead up, and a link there",
    archiveOf(
      { name: "x", kind: "x", body: paxRecord("path", "../evil") },
      { name: "ok", body: "x" },
      { name: "x", kind: "x", body: paxRecord("linkpath", "/etc/passwd") },
      { name: "hard", kind: "1", target: "ok" },
    ),
    /\.\.\/evil: Member name contains '\.\.'[\s\S]*hard: Cannot hard link to ‘etc\/passwd’/,
    2,
    "",
  ],
  [
    "a size of 2^56 bytes",
    archiveOf({ name: "ok", body: "fine" }, { name: "big", body: "x", size: ENORMOUS }),
    /Skipping to next header/,
    2,
    "ok",
  ],
  ["a negative size", archiveOf({ name: "neg", body: "x", size: NEGATIVE }), /does not look like a tar archive/, 2, ""],
  ["a size past the end", archiveOf({ name: "cut", size: "00000777777\0" }), /Unexpected EOF in archive/, 2, "cut"],
  [
    "a pax size past the end, of a header that isn't one",
    archiveOf({ name: "x", kind: "x", body: "99999999999 size=1\n" }, { name: "ok", body: "fine" }),
    /^$/,
    0,
    "ok",
  ],
  [
    "a long name of more bytes than there are",
    archiveOf({ name: "././@LongLink", kind: "L", size: "77777777777\0" }, { name: "ok", body: "fine" }),
    /Unexpected EOF in archive/,
    2,
    "",
  ],
  [
    "a header whose sum is wrong",
    archiveOf({ name: "one", body: "1" }, { name: "bad", body: "2", damaged: true }, { name: "three", body: "3" }),
    /^tar: Skipping to next header\n/,
    2,
    "one three",
  ],
  ["a device", archiveOf({ name: "null", kind: "3" }), /null: Cannot mknod: Operation not permitted/, 2, ""],
  ["one compressed to a thousandth", bomb(), /comes to more than 33554432 bytes, which is too large here/, 2, ""],
  ["one of xz", Buffer.from("fd377a585a000004", "hex"), /xz is not here: .* gzip can be read and written/, 2, ""],
];

test("what is in an archive lands in its folder, whatever the archive says", async () => {
  const tars = join(place.root, "tars");
  mkdirSync(join(tars, "into"), { recursive: true });
  for (const [name, archive, said, code, files] of ARCHIVES) {
    writeFileSync(join(tars, "a.tar"), archive);
    const { exit_code, stderr } = await shell("cd tars && tar xf a.tar -C into");
    assert.match(stderr, said, name);
    assert.is(exit_code, code, name);
    const left = await shell("cd tars && ls && echo / && ls into && rm -rf into && mkdir into");
    assert.is(left.stdout.replaceAll("\n", " ").trim(), `a.tar into / ${files}`.trim(), name);
  }
  rmSync(tars, { recursive: true });
  assert.not.ok(existsSync(join(place.root, "evil")) || existsSync(join(place.home, "evil")));
});

test("of a long output the middle is left out, and it is said how much", async () => {
  const answer = await shell("seq 1 200000");
  assert.ok(answer.stdout.startsWith("1\n2\n"));
  assert.ok(answer.stdout.endsWith("199999\n200000\n"));
  assert.ok(answer.stdout.length < 540_000);
  assert.match(answer.stdout, /\[tollgate: \d+ characters left out here/);
  assert.is(answer.cut.stderr, 0);
  assert.ok(answer.cut.stdout > 700_000);
});

test("each call is on the chain with its intent, and says nothing of the command", async () => {
  const events = await chainEvents(place);
  const calls = events.filter(({ payload }) => payload?.tool === "shell.exec");
  assert.ok(calls.some(({ kind }) => kind === "call.intent"));
  assert.ok(calls.some(({ kind }) => kind === "call.outcome"));
  assert.not(JSON.stringify(events).includes("wc -c"));
});

test.run();
