// The same shell scripts through shell.exec and through the machine's bash, each on a copy of the same folder.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const VECTORS = new URL("../vectors/shell/", import.meta.url);

/** The scripts, in the order of the file. */
export const SCRIPTS: readonly string[] = readFileSync(new URL("scripts.txt", VECTORS), "utf8")
  .trimEnd()
  .split("\n%%\n");

/** Why a script comes to something else, by its text. */
export const KNOWN: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(new URL("known-differences.json", VECTORS), "utf8"),
);

const FILES: Readonly<Record<string, string>> = {
  "package.json":
    '{\n  "name": "demo",\n  "version": "1.4.2",\n  "scripts": {\n    "build": "tsc",\n    "test": "uvu"\n  },\n  "dependencies": {\n    "left": "1.0.0",\n    "right": "^2.1.0"\n  }\n}\n',
  "config.json":
    '{\n  "debug": true,\n  "port": 8080,\n  "servers": [\n    { "host": "alpha", "port": 8080, "role": "web" },\n    { "host": "beta", "port": 8443, "role": "web" },\n    { "host": "gamma", "port": 5432, "role": "db" }\n  ]\n}\n',
  "settings.ini": "# settings\n[main]\nhost=localhost\nport=3000\n\n# more\nname=demo\n",
  "app.log": [
    "2024-01-15 INFO  started user=alice took 120ms",
    "2024-01-15 ERROR failed user=bob code 500",
    "2024-01-16 WARN  slow query user=alice took 2300ms",
    "2024-01-16 INFO  done",
    "2024-01-17 ERROR timeout user=carol code 504",
    "2024-01-17 INFO  restarted",
    "",
  ].join("\n"),
  "data.csv": "name,age,city\nalice,30,Berlin\nbob,25,Paris\ncarol,41,Berlin\ndave,19,Rome\n",
  "extra.csv": "alice,admin\ncarol,user\n",
  "names.txt": "carol\nalice\nbob\nalice\ndave\n",
  "other.txt": "bob\nerin\ncarol\n",
  "numbers.txt": "10\n7\n33\n4\n7\n100\n",
  "notes.txt": "the foo and the  bar\n\na.b is not axb\ndone\nthe end of foo\n",
  "paths.txt": "/usr/bin\n/etc/hosts\n",
  "tabs.txt": "a\tb\n\tc\n",
  "empty.txt": "",
  "README.md": "# Demo\n\nSome *text*.\n",
  "src/app.ts":
    "import { helper } from './helper';\n// TODO: types\nexport const main = () => helper(1);\nfunction inner() {}\n",
  "src/helper.ts": "export function helper(n: number) {\n  return n; // TODO check\n}\n",
  "src/app.test.ts": "import { main } from './app';\nconst x = main();\n",
  "src/lib/deep.ts": "export const deep = 1;\n",
};

const FOLDERS: readonly string[] = [...new Set(Object.keys(FILES).map((name) => dirname(name)))];

export interface Came {
  readonly stdout: string;
  readonly exitCode: number;
  readonly files: string;
}

export interface Ground {
  /** A fresh copy of the folder. */
  copy(): string;
  remove(): void;
}

export function ground(): Ground {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "tollgate-shell-")));
  // Whole seconds, each file younger than the one before: `-newer` and `ls -t` come to the same in every copy.
  const from = Math.floor(Date.now() / 1000) - 60;
  let copies = 0;
  return {
    copy() {
      const to = join(home, `copy-${++copies}`, "demo");
      for (const [number, [name, text]] of Object.entries(FILES).entries()) {
        const path = join(to, name);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, text);
        utimesSync(path, from + number, from + number);
      }
      for (const folder of FOLDERS) utimesSync(join(to, folder), from, from);
      return to;
    },
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

/** Every file with a digest of what it holds. */
function filesBelow(folder: string): string {
  const lines: string[] = [];
  const walk = (path: string, shown: string): void => {
    for (const name of readdirSync(path).sort()) {
      const at = join(path, name);
      const stats = lstatSync(at);
      if (stats.isDirectory()) walk(at, `${shown}${name}/`);
      else if (stats.isSymbolicLink()) lines.push(`${shown}${name} link`);
      else lines.push(`${shown}${name} ${createHash("sha256").update(readFileSync(at)).digest("hex").slice(0, 12)}`);
    }
  };
  walk(folder, "");
  return lines.join("\n");
}

/** What the machine's bash makes of a script. */
export function byBash(script: string, folder: string): Came {
  const env = { PATH: "/usr/bin:/bin", HOME: folder, LC_ALL: "C.UTF-8", TZ: "UTC", TMPDIR: "/tmp" };
  const { stdout, status } = spawnSync("bash", ["-c", script], { cwd: folder, env, timeout: 20_000, input: "" });
  return { stdout: shown(stdout.toString("utf8"), folder), exitCode: status ?? -1, files: filesBelow(folder) };
}

/** What an answer of shell.exec says. */
export function byTool(answer: { stdout: string; exit_code: number }, folder: string): Came {
  return { stdout: shown(answer.stdout, folder), exitCode: answer.exit_code, files: filesBelow(folder) };
}

const shown = (text: string, folder: string): string => text.replaceAll(folder, "ROOT");

/** How two differ, in a few words; undefined where they do not. */
export function difference(bash: Came, tool: Came): string | undefined {
  const parts: string[] = [];
  if (bash.exitCode !== tool.exitCode) parts.push(`exit code ${bash.exitCode} ≠ ${tool.exitCode}`);
  if (bash.stdout !== tool.stdout) parts.push(`output ${JSON.stringify(bash.stdout)} ≠ ${JSON.stringify(tool.stdout)}`);
  if (bash.files !== tool.files) parts.push("files differ");
  return parts.length === 0 ? undefined : parts.join("; ");
}
