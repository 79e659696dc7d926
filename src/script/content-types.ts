/** What a tool imports from "tollgate/tool" to answer blocks; `src/script/guest/content.ts` is what it speaks of. */
export const CONTENT_TYPES = `
  /** For whom a block is, how much it matters (0 to 1), and when it was changed (ISO 8601). */
  export interface Annotations {
    readonly audience?: readonly ("user" | "assistant")[];
    readonly priority?: number;
    readonly lastModified?: string;
  }

  /** One part of an answer: made by text, image, audio, resource and link. */
  export interface Block {
    readonly type: "text" | "image" | "audio" | "resource" | "resource_link";
  }

  export function text(said: string, annotations?: Annotations): Block;
  /** A picture, as its bytes or as base64. */
  export function image(data: Uint8Array | string, mimeType: string, annotations?: Annotations): Block;
  export function audio(data: Uint8Array | string, mimeType: string, annotations?: Annotations): Block;
  /** A resource with what is in it: a text, or bytes. Its URI is https, http, or under the first part of the tool's name. */
  export function resource(uri: string, data: Uint8Array | string, mimeType?: string, annotations?: Annotations): Block;
  /** A resource that the client may fetch itself. */
  export function link(
    uri: string,
    name: string,
    more?: {
      readonly title?: string;
      readonly description?: string;
      readonly mimeType?: string;
      readonly size?: number;
      readonly annotations?: Annotations;
    },
  ): Block;

  /** The answer: blocks, where a text stands for its block. */
  export function content(blocks: Block | string | readonly (Block | string)[]): Answer;
  /** The same with an object beside it, by "output" in tool.json. */
  export function content(blocks: Block | string | readonly (Block | string)[], structured: Structured): Answer;
  /** The answer of a call that failed, in blocks. */
  export function failure(blocks: Block | string | readonly (Block | string)[]): Answer;
`;
