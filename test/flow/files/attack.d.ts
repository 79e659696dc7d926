import { type Message, type Scratch, type Served } from "../program.ts";
/** Where attacks are made. */
export interface Field {
    readonly place: Scratch;
    readonly served: Served;
    /** Texts that only stand outside: wherever one turns up, something leaked. */
    readonly secrets: readonly string[];
    /** Lays out anew what attacks may change. */
    lay(): void;
    /** What attacks may change, as text. */
    inside(): string;
    /** What no attack may change, as text. */
    outside(): string;
    /** Files that hold a secret where none should be. */
    leaked(): string[];
}
/** A place where a call takes a path. */
export interface Slot {
    readonly tool: string;
    /** The argument in question, for the name of the attack. */
    readonly argument: string;
    readonly args: (path: string) => Record<string, unknown>;
}
/** Every path argument of every tool. */
export declare const SLOTS: readonly Slot[];
export interface Attack {
    readonly name: string;
    readonly tool: string;
    readonly args: Record<string, unknown>;
    /** Prepares the root (and the outside) right before the call. */
    readonly arrange?: () => void;
    /** Codes of which the call must be refused with one; or what is wrong with the answer to a call that may succeed. */
    readonly expect: string | readonly string[] | ((answer: Message) => string | undefined);
    /** Who ends it: the gate or the request's checks (`call.refused`), or the guest (`call.outcome`). */
    readonly record: "refused" | "fault" | "ok";
    /** What else is wrong afterwards, if anything. */
    readonly after?: () => string | undefined;
    /** Content from outside is there by the arrangement already. */
    readonly holdsCanary?: boolean;
}
/** Answers what is wrong, one line an attack; nothing when all were withstood. */
export declare function withstand(ground: Field, attacks: readonly Attack[]): Promise<string[]>;
