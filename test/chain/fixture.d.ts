import { type Chain, type ChainOptions } from "../../src/chain/chain.ts";
/** A new private state directory that is removed when the process ends. */
export declare function stateDirectory(): string;
/** A copy of a state directory without LMDB's lock file. */
export declare function copyOf(directory: string): string;
/** Bytes that look random and are the same each time. */
export declare function seededRandom(seed: string): (bytes: number) => Uint8Array;
export declare function open(directory: string, more?: Partial<ChainOptions>): import("../../src/chain/chain.ts").OpenedChain;
export declare function mustOpen(directory: string, more?: Partial<ChainOptions>): Chain;
/** Appends `count` numbered events and answers their hashes. */
export declare function fill(chain: Chain, count: number, name?: string): Promise<string[]>;
/** The value, or a failed test where there is none. */
export declare function must<T>(value: T | undefined): T;
