import { titleOf } from "./tool-name.ts";

/** The files of a new tool, by their names. */
export function newToolFiles(name: string): Readonly<Record<string, string>> {
  return {
    "tool.json": json({
      name,
      version: "0.1.0",
      title: titleOf(name),
      description:
        "Counts the words of a text and tells the most frequent ones. Say here what the tool does, for a model.",
      parameters: {
        type: "object",
        additionalProperties: false,
        properties: {
          text: { type: "string", description: "The text to look at.", minLength: 1, maxLength: 1_000_000 },
          most: { type: "integer", description: "How many words to tell; 3 where absent.", minimum: 1, maximum: 100 },
        },
        required: ["text"],
      },
      output: {
        type: "object",
        additionalProperties: false,
        properties: {
          words: { type: "integer", description: "All words." },
          frequent: {
            type: "array",
            description: "The most frequent ones, the most frequent first.",
            items: {
              type: "object",
              additionalProperties: false,
              properties: { word: { type: "string" }, count: { type: "integer" } },
              required: ["word", "count"],
            },
          },
        },
        required: ["words", "frequent"],
      },
      effect: {},
      annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
      limits: { fuel: 1_000_000_000, memoryBytes: 67_108_864 },
      filesystem: "none",
      hostCalls: ["log", "progress"],
      module: "tool.wasm",
    }),
    "tool.ts": `import { type Answer, type Arguments, type Host, ToolError } from "tollgate/tool";

// A call begins in a fresh engine each time: nothing is left of the call before. What stands out here, at the top, is
// evaluated once, when the tool is built.
const WORD = /[\\p{L}\\p{N}]+/gu;

export default function tool({ text, most = 3 }: Arguments, host: Host): Answer {
  const counts = new Map<string, number>();
  for (const [word] of text.toLowerCase().matchAll(WORD)) counts.set(word, (counts.get(word) ?? 0) + 1);
  if (counts.size === 0) throw new ToolError("no-words", "the text has no words: give one that has");
  host.log(\`\${counts.size} different words\`);
  const frequent = [...counts]
    .map(([word, count]) => ({ word, count }))
    .sort((a, b) => b.count - a.count || (a.word < b.word ? -1 : 1))
    .slice(0, most);
  return { words: [...counts.values()].reduce((sum, count) => sum + count, 0), frequent };
}
`,
    "examples/counts.json": json({
      arguments: { text: "The cat saw the dog, and the dog saw the cat.", most: 2 },
      answer: {
        words: 11,
        frequent: [
          { word: "the", count: 4 },
          { word: "cat", count: 2 },
        ],
      },
    }),
    "examples/no-words.json": json({ arguments: { text: "…" }, error: "no-words" }),
    ...EDITOR_FILES,
  };
}

/** The files of a new template of agents, by their names. */
export function newTemplateFiles(name: string): Readonly<Record<string, string>> {
  return {
    "tool.json": json({
      kind: "template",
      name,
      version: "0.1.0",
      title: titleOf(name),
      description:
        "Counts the words that its agent is sent, and replies with how many it has seen. Say here what it does.",
      effect: {},
      annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: false, openWorldHint: false },
      limits: { fuel: 1_000_000_000, memoryBytes: 67_108_864 },
      filesystem: "none",
      hostCalls: ["log"],
      module: "tool.wasm",
    }),
    "tool.ts": `import type { Answer, Arguments, Host } from "tollgate/tool";

interface State {
  readonly words: number;
}

// Handles one message of one agent, in a fresh engine each time: what is to be kept goes into the state, which is saved
// with the record that the message was handled.
export default function template({ message, from, in_reply_to, state }: Arguments, host: Host): Answer {
  // An answer to a message of its own is not replied to, or two agents would never end.
  if (in_reply_to !== undefined) return {};
  const text = typeof message.text === "string" ? message.text : "";
  const before = (state as State | null)?.words ?? 0;
  const words = before + (text.match(/[\\p{L}\\p{N}]+/gu)?.length ?? 0);
  host.log(\`\${words - before} words from \${from}\`);
  return { state: { words }, reply: { words } };
}
`,
    "examples/first.json": json({
      arguments: messageOf({ text: "two words" }, null),
      answer: { state: { words: 2 }, reply: { words: 2 } },
    }),
    "examples/next.json": json({
      arguments: messageOf({ text: "one" }, { words: 2 }),
      answer: { state: { words: 3 }, reply: { words: 3 } },
    }),
    ...EDITOR_FILES,
  };
}

/** What a template is given for a message. */
const messageOf = (message: unknown, state: unknown) => ({
  message,
  msg_id: 1,
  from: "client:stdio",
  from_pid: 0,
  agent: { pid: 1, agent_id: "a", parent_pid: 0 },
  state,
});

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const EDITOR_FILES = {
  "tsconfig.json": json({
    compilerOptions: {
      strict: true,
      noEmit: true,
      target: "es2023",
      lib: ["es2023"],
      module: "esnext",
      moduleResolution: "bundler",
      types: [],
    },
    include: ["tool.ts", "tollgate.d.ts"],
  }),
  ".gitignore": "tool.wasm\ntollgate.d.ts\nnode_modules/\n",
} as const;
