import { answersObject, type ToolManifest } from "../contract/manifest.ts";
import { ASKING_TYPES } from "./asking-types.ts";
import { CONTENT_TYPES } from "./content-types.ts";
import { typeOfSchema } from "./schema-type.ts";

/** What a tool.json says of its answers. */
export type DeclaredTool = Pick<ToolManifest, "parameters" | "output" | "result" | "asks">;

/**
 * The declaration of "tollgate/tool" for one tool: its arguments and its answer by its schemas, and what a tool can import
 * and name. `src/script/guest/tool.ts` and `globals.ts` are what it speaks of.
 */
export function toolDeclaration({ parameters, output, result, asks }: DeclaredTool): string {
  const answer = typeOfSchema(output);
  return `// Written by tollgate tool build from tool.json: what is changed here is lost.

declare module "tollgate/tool" {
  /** What a call gives, by "parameters" in tool.json. It was checked before. */
  export type Arguments = ${indented(typeOfSchema(parameters))};
${result === "content" ? contentAnswer(answer, answersObject({ result, output })) : objectAnswer(answer)}${asks === true ? ASKING_TYPES : ""}${FIXED}`;
}

const objectAnswer = (type: string): string => `
  /** What the tool answers, by "output" in tool.json. It is checked afterwards. */
  export type Answer = ${indented(type)};
`;

const contentAnswer = (type: string, hasObject: boolean): string => `
  /** What the tool answers: blocks, made by content and failure. They are checked afterwards. */
  export interface Answer {
    readonly content: readonly Block[];${hasObject ? "\n    readonly structuredContent?: Structured;" : ""}
    readonly isError?: boolean;
  }

  /** What stands beside the blocks, by "output" in tool.json. */
  export type Structured = ${hasObject ? indented(type) : "never"};
${CONTENT_TYPES}`;

const indented = (type: string): string => type.replaceAll("\n", "\n  ");

const FIXED = `
  /** Refuses the call: a code such as "not-found", and a sentence that says what to do. */
  export class ToolError extends Error {
    constructor(code: string, message: string, data?: Readonly<Record<string, unknown>>);
  }

  /** What the tool was granted beside its arguments. */
  export interface Host {
    /** Files in the folders that tool.json names. A path is absolute, or relative to the first of them. */
    readonly files: Files;
    /** The variables that "env" of tool.json names, where the operator gives them. */
    readonly env: Readonly<Record<string, string>>;
    /** Calls a tool that "calls" of tool.json names, and answers what it answers; needs the host call "tool.call". */
    call(tool: string, args?: Readonly<Record<string, unknown>>): unknown;
    /** Asks a place that "http" of tool.json names; needs the host call "http.request". */
    request(asked: {
      readonly method?: string;
      readonly url: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | Uint8Array;
    }): { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: Uint8Array };
    /** Tells the client a line while the tool runs; needs the host call "log". */
    log(message: unknown, level?: "debug" | "info" | "warning" | "error"): void;
    /** Tells the client how far the tool is; needs the host call "progress". */
    progress(done: number, total?: number, message?: string): void;
  }

  export interface Files {
    /** The granted folders, as absolute paths. */
    folders(): string[];
    read(path: string): Uint8Array;
    readText(path: string): string;
    write(path: string, content: string | Uint8Array): void;
    append(path: string, content: string | Uint8Array): void;
    /** What is in a folder, sorted by name. */
    list(path?: string): { readonly name: string; readonly type: FileType }[];
    status(path: string): { readonly type: FileType; readonly size: number; readonly modified: number };
    exists(path: string): boolean;
    /** Makes a folder, and those that it is in. */
    createFolder(path: string): void;
    removeFile(path: string): void;
    /** Removes a folder that is empty. */
    removeFolder(path: string): void;
    rename(from: string, to: string): void;
  }

  export type FileType = "file" | "directory" | "link" | "other";
}

declare const console: Record<"log" | "info" | "warn" | "error" | "debug" | "trace", (...values: unknown[]) => void>;
declare class TextEncoder {
  encode(text?: string): Uint8Array;
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes?: Uint8Array): string;
}
declare class URL {
  constructor(url: string, base?: string | URL);
  static canParse(url: string, base?: string | URL): boolean;
  href: string;
  protocol: string;
  username: string;
  password: string;
  host: string;
  hostname: string;
  port: string;
  pathname: string;
  search: string;
  hash: string;
  readonly origin: string;
  readonly searchParams: URLSearchParams;
}
declare class URLSearchParams {
  constructor(init?: string | Readonly<Record<string, string>> | readonly (readonly [string, string])[]);
  append(name: string, value: string): void;
  delete(name: string): void;
  get(name: string): string | null;
  getAll(name: string): string[];
  has(name: string): boolean;
  set(name: string, value: string): void;
  readonly size: number;
  [Symbol.iterator](): IterableIterator<[string, string]>;
}
declare function structuredClone<T>(value: T): T;
declare function setTimeout(then: (...given: unknown[]) => void, ms?: number, ...given: unknown[]): number;
declare function clearTimeout(id: number | undefined): void;
declare function setInterval(then: (...given: unknown[]) => void, ms?: number, ...given: unknown[]): number;
declare function clearInterval(id: number | undefined): void;
`;
