import { Buffer } from "buffer";

/** For whom a block is, how much it matters, and when it was changed. */
interface Annotations {
  readonly audience?: readonly ("user" | "assistant")[];
  readonly priority?: number;
  readonly lastModified?: string;
}

interface Block {
  readonly type: string;
}

type Bytes = Uint8Array | string;

const annotated = (annotations: Annotations | undefined) => (annotations === undefined ? {} : { annotations });
/** Bytes as base64; a text is base64 already. */
const base64 = (data: Bytes): string => (typeof data === "string" ? data : Buffer.from(data).toString("base64"));

export const text = (said: string, annotations?: Annotations) => ({
  type: "text",
  text: String(said),
  ...annotated(annotations),
});

export const image = (data: Bytes, mimeType: string, annotations?: Annotations) => ({
  type: "image",
  data: base64(data),
  mimeType,
  ...annotated(annotations),
});

export const audio = (data: Bytes, mimeType: string, annotations?: Annotations) => ({
  type: "audio",
  data: base64(data),
  mimeType,
  ...annotated(annotations),
});

/** A text is embedded as text, bytes as a blob. */
export const resource = (uri: string, data: Bytes, mimeType?: string, annotations?: Annotations) => ({
  type: "resource",
  resource: {
    uri,
    ...(mimeType !== undefined && { mimeType }),
    ...(typeof data === "string" ? { text: data } : { blob: base64(data) }),
  },
  ...annotated(annotations),
});

export const link = (uri: string, name: string, more: Readonly<Record<string, unknown>> = {}) => ({
  type: "resource_link",
  uri,
  name,
  ...more,
});

/** The answer: blocks, and an object beside them where the tool has an output. */
export const content = (blocks: Block | string | readonly (Block | string)[], structuredContent?: unknown) => ({
  content: all(blocks),
  ...(structuredContent !== undefined && { structuredContent }),
});

/** The answer of a call that failed, in blocks; a {@link ToolError} says it in one sentence and with a code. */
export const failure = (blocks: Block | string | readonly (Block | string)[]) => ({
  content: all(blocks),
  isError: true,
});

const all = (blocks: Block | string | readonly (Block | string)[]): readonly Block[] =>
  (Array.isArray(blocks) ? (blocks as readonly (Block | string)[]) : [blocks as Block | string]).map((block) =>
    typeof block === "string" ? text(block) : block,
  );
