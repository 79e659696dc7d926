/** Unsigned LEB128. */
export declare function leb(value: number): number[];
/** A section's id and contents. */
export type RawSection = readonly [number, Uint8Array | readonly number[]];
/** Joins a module out of raw sections: for what no assembler writes. */
export declare function rawModule(...sections: readonly RawSection[]): Uint8Array<ArrayBuffer>;
export declare function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer>;
/** `times` copies of the same bytes. */
export declare function repeated(bytes: readonly number[], times: number): Uint8Array;
/** One type `() -> ()` and functions of it with these bodies (locals and code with its end). */
export declare function functions(...bodies: readonly Uint8Array[]): RawSection[];
/** A body without locals. */
export declare function body(...code: readonly (Uint8Array | readonly number[])[]): Uint8Array;
