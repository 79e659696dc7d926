import dns from "node:dns";
import { syncBuiltinESMExports } from "node:module";
import { isFault } from "../../../src/contract/fault.ts";
import { httpHostCall } from "../../../src/host/http/http-host-call.ts";

// A process whose deployed tool asks the network: `asking.ts <JSON of what>`; prints the answers and the names that were
// looked up as JSON. Its environment is what an operator's would be, so it is a process of its own.
interface Asked {
  /** Whole URLs, each with the method GET. */
  readonly urls: readonly string[];
  /** Addresses that requests may go to; what a name means is said by `names`, one answer for each look in turn. */
  readonly allow: readonly string[];
  readonly names: Readonly<Record<string, readonly (readonly string[])[]>>;
}
const { urls, allow, names } = JSON.parse(process.argv[2] ?? "") as Asked;
const looked: string[] = [];
dns.lookup = ((name: string, _: object, callback: (error: null, addresses: dns.LookupAddress[]) => void) => {
  const before = looked.filter((one) => one === name).length;
  looked.push(name);
  const answers = names[name] ?? [["127.0.0.1"]];
  const answer = answers[Math.min(before, answers.length - 1)] ?? [];
  process.nextTick(
    callback,
    null,
    answer.map((address) => ({ address, family: 4 })),
  );
}) as typeof dns.lookup;
syncBuiltinESMExports();

const call = httpHostCall(
  async () => ({}),
  (address) => allow.includes(address),
);
const answers: unknown[] = [];
for (const url of urls) {
  const http = [{ origin: new URL(url).origin, methods: ["GET"], path: "/" }];
  const answer = await call.handler(new TextEncoder().encode(JSON.stringify({ method: "GET", url })), {
    principal: "client:stdio",
    module: "00",
    signal: new AbortController().signal,
    value: { manifest: { name: "acme.ask", version: "1.0.0", http } },
    depth: 0,
  });
  answers.push(isFault(answer) ? answer : JSON.parse(new TextDecoder().decode(answer)));
}
process.stdout.write(JSON.stringify({ answers, looked }));
