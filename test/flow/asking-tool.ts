// A tool that asks, and how its answers are looked at.
import { join } from "node:path";
import { suite } from "uvu";
import { buildContentTool } from "../conformance/fixture-tools.ts";
import { callEvents } from "./decisions.ts";
import { quickScratch } from "./files/ground.ts";
import { callModern } from "./modern-call.ts";
import type { Message, Scratch, Served } from "./program.ts";
import { started, tool } from "./tool-ground.ts";

export const CODE = `import { type Answer, type Arguments, ask, content, type Host } from "tollgate/tool";

export const NAME = { message: "Who\\nare you?", schema: { type: "object", properties: { name: { type: "string" } }, required: ["name"] } } as const;
export const AGE = { message: "How old?", schema: { type: "object", properties: { age: { type: "integer", minimum: 0 } } } } as const;

export default function ({ how, document }: Arguments, host: Host): Answer {
  const seen = content(JSON.stringify({ canAsk: host.canAsk, inputs: host.inputs, state: host.state ?? null }));
  if (how === "raw") return JSON.parse(document ?? "null");
  if (how === "always") return ask({ name: NAME }, { asked: ((host.state as { asked?: number } | undefined)?.asked ?? 0) + 1 });
  if (how === "if it may" && !host.canAsk) return seen;
  return Object.keys(host.inputs).length > 0 ? seen : ask({ name: NAME, age: AGE }, { secret: "of the tool" });
}
`;
export const TEXT = { type: "string", maxLength: 20_000 };
export const DOCUMENT = {
  name: "acme.ask",
  asks: true,
  effect: { privacy: 0.1, risk: 0.5 },
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
  parameters: { type: "object", additionalProperties: false, properties: { how: TEXT, document: TEXT } },
};

/** A suite whose tests share a place in which the tool is deployed; hosts that were started end with their test. */
export function askingSuite(name: string) {
  const test = suite<{ place: Scratch }>(name);
  test.before(async (context) => {
    context.place = await placeWithAsker();
  });
  test.after.each(() => {
    for (const child of started.splice(0)) child.kill("SIGKILL");
  });
  test.after(({ place }) => place.remove());
  return test;
}

async function placeWithAsker(): Promise<Scratch> {
  const place = quickScratch();
  const folder = await buildContentTool(join(place.home, "ask"), DOCUMENT, CODE);
  await tool(place, "deploy", folder, "--activate");
  return place;
}

export const ADA = { action: "accept", content: { name: "Ada" } };
export const OLD = { action: "accept", content: { age: 36, more: "unasked" } };
export const BOTH = { name: ADA, age: OLD };
export const TOLD = {
  canAsk: true,
  inputs: { name: ADA, age: { action: "accept", content: { age: 36 } } },
  state: { secret: "of the tool" },
};

export const modern = (served: Served, args: unknown, more?: object, capabilities?: object): Promise<Message> =>
  callModern(served, "acme_ask", args, more, capabilities);
export const seenBy = ({ content }: Message): Message => JSON.parse(content[0].text);
export const eventsSince = async (place: Scratch, before: number) => (await callEvents(place)).slice(before);
