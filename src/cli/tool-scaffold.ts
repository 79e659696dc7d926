/** The files of a new tool, by their names. */
export function newToolFiles(name: string): Readonly<Record<string, string>> {
  const last = name.slice(name.lastIndexOf(".") + 1);
  const title = `${last[0]?.toUpperCase()}${last.slice(1).replaceAll("_", " ")}`;
  return {
    "tool.json": json({
      name,
      version: "0.1.0",
      title,
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
  };
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
