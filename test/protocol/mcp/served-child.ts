// A program for process.test.ts: serves the fake host on its own standard streams.
import { serveStdio } from "../../../src/protocol/serve.ts";
import { FakeHost } from "./wire.ts";

process.exitCode = await serveStdio({
  host: async () => new FakeHost(),
  version: "1.2.3",
  roots: ["/data"],
  input: process.stdin,
  output: process.stdout,
  toolNames: "underscore",
  log: (line) => process.stderr.write(`${line}\n`),
  clock: Date.now,
});
