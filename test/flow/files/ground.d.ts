import { type Scratch, Served } from "../program.ts";
import type { Field } from "./attack.ts";
/** Stands in every file outside of the root, and nowhere else: wherever it turns up, something leaked. */
export declare const CANARY = "CANARY-7f3a91";
export declare class Ground implements Field {
    #private;
    readonly secrets: string[];
    readonly place: Scratch;
    readonly home: string;
    readonly root: string;
    constructor();
    configure(document: unknown): void;
    /** Empties the root and lays it out anew. */
    lay(): void;
    /** Starts the server, and answers when the chain is there. */
    start(args?: readonly string[], cwd?: string): Promise<void>;
    get served(): Served;
    /** The root with everything in it. */
    inside(): string;
    /** Everything of the home but the root and the chain's growing files: names, kinds, modes, links, times, contents. */
    outside(): string;
    /** Files in the root that hold the canary, by path; only hard links made by a test may. */
    leaked(): string[];
    stop(): Promise<void>;
}
/** Every path below a folder, no link followed, in the order of the names' bytes. */
export declare function below(folder: string | Buffer, skipped?: readonly string[]): Generator<Buffer>;
/** All that can be told of a path, on one line: what it is, who it is, its mode, links, times and content. */
export declare function describe(path: Buffer): string;
