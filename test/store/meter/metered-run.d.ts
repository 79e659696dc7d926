import { type MeterOptions } from "../../../src/store/meter/meter.ts";
/** Everything that wabt can write; what the store accepts is the meter's to say. */
export declare function wat(text: string): Uint8Array<ArrayBuffer>;
export interface GuestCall {
    readonly name: string;
    readonly args?: readonly unknown[];
    /** Exports called first, with fuel that is not counted. */
    readonly before?: readonly string[];
    readonly memoryPages?: number;
    readonly fuel?: number;
    readonly imports?: WebAssembly.Imports;
}
export interface GuestRun {
    /** The export's answer, or the thrown error's message behind `threw: `. */
    readonly result: unknown;
    readonly fuel: number;
    /** What the global held at the end: below zero means exhausted. */
    readonly left: number;
    readonly growFailed: boolean;
    readonly memory: ArrayBuffer;
}
export declare function options(memoryPages?: number): MeterOptions;
/** The metered bytes of a module that must be accepted. */
export declare function metered(bytes: Uint8Array, memoryPages?: number): Uint8Array<ArrayBuffer>;
/** An instance of the metered module, its memory given as the host gives it. */
export declare function meteredInstance(bytes: Uint8Array, imports?: WebAssembly.Imports, memoryPages?: number): WebAssembly.Instance;
/** Meters the module, runs one export on a fresh instance and reads the meter. */
export declare function runMetered(bytes: Uint8Array, call: GuestCall): GuestRun;
/** The same call on the original module. */
export declare function runPlain(bytes: Uint8Array, call: GuestCall): {
    result: unknown;
    memory: ArrayBuffer;
};
