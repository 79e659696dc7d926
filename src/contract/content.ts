import type { JsonObject } from "./json.ts";

/** For whom a block is, how much it matters, and when it was changed (MCP 2025-06-18, server/resources, annotations). */
export interface BlockAnnotations {
  readonly audience?: readonly ("user" | "assistant")[];
  /** 0 to 1. */
  readonly priority?: number;
  /** ISO 8601. */
  readonly lastModified?: string;
}

export interface TextBlock {
  readonly type: "text";
  readonly text: string;
  readonly annotations?: BlockAnnotations;
}

/** `data` is base64 (RFC 4648 §4). */
export interface MediaBlock {
  readonly type: "image" | "audio";
  readonly data: string;
  readonly mimeType: string;
  readonly annotations?: BlockAnnotations;
}

/** Has either `text` or `blob`, which is base64. */
export interface EmbeddedResource {
  readonly uri: string;
  readonly mimeType?: string;
  readonly text?: string;
  readonly blob?: string;
}

export interface ResourceBlock {
  readonly type: "resource";
  readonly resource: EmbeddedResource;
  readonly annotations?: BlockAnnotations;
}

export interface LinkBlock {
  readonly type: "resource_link";
  readonly uri: string;
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly mimeType?: string;
  /** Bytes. */
  readonly size?: number;
  readonly annotations?: BlockAnnotations;
}

/** One part of a result (MCP 2025-06-18, server/tools, tool result). */
export type ContentBlock = TextBlock | MediaBlock | ResourceBlock | LinkBlock;

/** What a tool of the result `content` answers: blocks, and an object beside them that meets the tool's `output`. */
export interface ContentResult {
  readonly content: readonly ContentBlock[];
  readonly structuredContent?: JsonObject;
  /** The call failed, and the blocks say how. */
  readonly isError?: true;
}
