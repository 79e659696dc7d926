// npm run demo: starts the built server exactly as a client would and takes it through its paces, on a scratch
// folder of its own. Everything printed here came over stdio from `tollgate serve`, or from `tollgate chain verify`.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { scriptArguments } from "./script-arguments.mjs";

scriptArguments(import.meta.url, {});
const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "tollgate-demo-"));
const workspace = join(scratch, "workspace");
const env = { ...process.env, XDG_STATE_HOME: join(scratch, "state"), XDG_CONFIG_HOME: join(scratch, "config") };
mkdirSync(join(workspace, "notes"), { recursive: true });
writeFileSync(join(workspace, "notes", "hello.txt"), "Hello from a real file.\n");
writeFileSync(join(workspace, "notes", "old.txt"), "Nobody needs this any more.\n");
writeFileSync(join(scratch, "outside.txt"), "This file lies outside the root.\n");

const say = (text) => process.stdout.write(`${text}\n`);
const title = (text) => say(`\n── ${text} ${"─".repeat(Math.max(0, 76 - text.length))}`);

const client = new Client({ name: "tollgate-demo", version: "1.0.0" }, { capabilities: { elicitation: {} } });
let answerOfThePerson = "decline";
client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
  say(`   the person is asked: ${params.message.replaceAll("\n", "\n                        ")}`);
  say(`   the person answers:  ${answerOfThePerson}`);
  return answerOfThePerson === "accept" ? { action: "accept", content: { allow: true } } : { action: "decline" };
});

async function call(name, args) {
  say(`\n${name} ${JSON.stringify(args).replaceAll(scratch, "…")}`);
  const result = await client.callTool({ name, arguments: args });
  const text = result.content[0].text.replaceAll(scratch, "…");
  say(`   ${result.isError ? "refused" : "answer"}: ${text.length > 600 ? `${text.slice(0, 600)}…` : text}`);
  const usage = result._meta?.["dev.tollgate/usage"];
  if (usage) {
    const memory = `${(usage.memoryPeak / 1024).toFixed(0)} KiB`;
    say(
      `   fuel ${usage.fuelConsumed.toLocaleString("en")} · memory ${memory} · time ${usage.durationMs.toFixed(2)} ms · event ${usage.sequence}`,
    );
  }
  return result;
}

/** The demo is a check as well: it fails when the program does not do what is shown. */
function expect(condition, what) {
  if (!condition) throw new Error(`the demo expected ${what}`);
}

try {
  title("start: tollgate serve <workspace>, as a client does it");
  const started = performance.now();
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args: [main, "serve", workspace], env, stderr: "inherit" }),
  );
  const { name, version } = client.getServerVersion();
  say(`${name} ${version} answered initialize after ${(performance.now() - started).toFixed(0)} ms`);
  const { tools } = await client.listTools();
  for (const tool of tools) say(`  ${tool.name.padEnd(16)} ${tool.title}`);

  title("permitted: files inside the root");
  const read = await call("fs_read_file", { path: "notes/hello.txt" });
  expect(read.structuredContent?.content === "Hello from a real file.\n", "to read what the file holds");
  await call("fs_write_file", { path: "notes/new/idea.md", content: "# An idea\n", create_parents: true });
  expect(readFileSync(join(workspace, "notes/new/idea.md"), "utf8") === "# An idea\n", "the file to be on disk");
  await call("fs_glob", { pattern: "**/*.{txt,md}" });
  await call("fs_read_dir", { path: "notes" });

  title("refused: a file outside the root");
  const outside = await call("fs_read_file", { path: "../outside.txt" });
  expect(outside.isError === true, "a refusal outside the root");

  title("deferred: a destructive call asks the person first");
  const declined = await call("fs_remove", { path: "notes/old.txt" });
  expect(
    declined.isError === true && existsSync(join(workspace, "notes/old.txt")),
    "the file to be kept after a decline",
  );
  answerOfThePerson = "accept";
  await call("fs_remove", { path: "notes/old.txt" });
  expect(!existsSync(join(workspace, "notes/old.txt")), "the file to be gone after an accept");
  await client.close();

  title("afterwards: tollgate chain tail, tollgate chain verify");
  const run = (...args) => execFileSync(process.execPath, [main, ...args], { env, cwd: workspace, encoding: "utf8" });
  say(run("chain", "tail", "-n", "6").trimEnd().replaceAll(scratch, "…"));
  say("");
  say(run("chain", "verify").trimEnd().replaceAll(scratch, "…"));
} finally {
  await client.close();
  rmSync(scratch, { recursive: true, force: true });
}
