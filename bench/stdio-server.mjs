// A stdio MCP server under measurement: spawned as a client spawns it, spoken to in newline JSON without any
// validation of our own, so that what is measured is the server.
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

const LINE_FEED = 10;

export class StdioServer {
  #child;
  #waiting = new Map();
  #rest = [];
  #lastId = 0;
  /** Told of each message that answers no request. */
  onNotification = () => {};

  constructor(command, { env } = {}) {
    this.#child = spawn(command[0], command.slice(1), {
      stdio: ["pipe", "pipe", "ignore"],
      env: { ...process.env, ...env },
    });
    this.#child.stdin.on("error", () => {});
    this.#child.stdout.on("data", (chunk) => this.#receive(chunk));
    this.#child.on("exit", (code) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`the server exited with code ${code}`));
    });
  }

  #receive(chunk) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      this.#rest.push(chunk.subarray(start, end));
      const message = JSON.parse(this.#rest.length === 1 ? this.#rest[0] : Buffer.concat(this.#rest));
      this.#rest = [];
      start = end + 1;
      const waiting = this.#waiting.get(message.id);
      if (waiting === undefined) {
        this.onNotification(message);
        continue;
      }
      this.#waiting.delete(message.id);
      if (message.error) waiting.reject(new Error(message.error.message));
      else waiting.resolve(message.result);
    }
    if (start < chunk.length) this.#rest.push(chunk.subarray(start));
  }

  get pid() {
    return this.#child.pid;
  }

  request(method, params) {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    });
  }

  async initialize() {
    const clientInfo = { name: "tollgate-bench", version: "1" };
    await this.request("initialize", { protocolVersion: "2025-11-25", capabilities: {}, clientInfo });
    this.#child.stdin.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n');
  }

  async call(name, args) {
    const result = await this.request("tools/call", { name, arguments: args });
    if (result.isError) throw new Error(`${name}: ${result.content[0].text}`);
    return result;
  }

  /** Peak resident memory of the server and its children in MiB (Linux; elsewhere undefined). */
  peakMemory() {
    try {
      return processTree(this.#child.pid).reduce((sum, pid) => {
        const status = readFileSync(`/proc/${pid}/status`, "utf8");
        return sum + Number(/VmHWM:\s+(\d+)/.exec(status)[1]) / 1024;
      }, 0);
    } catch {
      return undefined;
    }
  }

  async close() {
    const exited = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 3000);
    await exited;
    clearTimeout(timer);
  }
}

function processTree(root) {
  const parents = new Map();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      parents.set(pid, stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    } catch {
      // The process ended meanwhile.
    }
  }
  const tree = [String(root)];
  for (let i = 0; i < tree.length; i++) for (const [pid, parent] of parents) if (parent === tree[i]) tree.push(pid);
  return tree;
}
