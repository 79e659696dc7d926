/** What a tool that may ask imports from "tollgate/tool"; `src/script/guest/asking.ts` is what it speaks of. */
export const ASKING_TYPES = `
  /** A field of a form, as JSON Schema writes it: a text, a number, a truth value, or a choice. */
  export type Field =
    | {
        readonly type: "string";
        readonly title?: string;
        readonly description?: string;
        readonly default?: string;
        readonly minLength?: number;
        readonly maxLength?: number;
        readonly format?: "email" | "uri" | "date" | "date-time";
        readonly enum?: readonly string[];
        readonly enumNames?: readonly string[];
        readonly oneOf?: readonly { readonly const: string; readonly title: string }[];
      }
    | {
        readonly type: "number" | "integer";
        readonly title?: string;
        readonly description?: string;
        readonly default?: number;
        readonly minimum?: number;
        readonly maximum?: number;
      }
    | { readonly type: "boolean"; readonly title?: string; readonly description?: string; readonly default?: boolean }
    | {
        readonly type: "array";
        readonly title?: string;
        readonly description?: string;
        readonly default?: readonly string[];
        readonly minItems?: number;
        readonly maxItems?: number;
        readonly items:
          | { readonly type: "string"; readonly enum: readonly string[] }
          | { readonly anyOf: readonly { readonly const: string; readonly title: string }[] };
      };

  /** What the user is to say: one line, and a form. No field may ask for a secret. */
  export interface Question {
    readonly message: string;
    readonly schema: {
      readonly type: "object";
      readonly properties: Readonly<Record<string, Field>>;
      readonly required?: readonly string[];
    };
  }

  /** What the user did with one form; \`content\` is there where it was accepted, and meets the question's schema. */
  export interface Input {
    readonly action: "accept" | "decline" | "cancel";
    readonly content?: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  }

  /**
   * The answer of a tool that wants to know something first. The tool is then run again from its beginning, in a fresh engine:
   * host.inputs has what the user answered, host.state what is given here. So ask before anything is changed.
   */
  export function ask(questions: Readonly<Record<string, Question>>, state?: unknown): Answer;

  export interface Host {
    /** Whether there is somebody to ask; where not, a call that asks is refused as input-required. */
    readonly canAsk: boolean;
    /** The answers to what was asked in the round before, by its keys; empty in the first round. */
    readonly inputs: Readonly<Record<string, Input | undefined>>;
    /** What was given to ask in the round before. The user's client has had it in its hands and could not change it. */
    readonly state: unknown;
  }
`;
