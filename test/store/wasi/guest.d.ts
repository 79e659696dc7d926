import type { Authority } from "../../../src/contract/permit.ts";
import { type StopReason, type WasiHost, type WasiHostOptions } from "../../../src/store/wasi/host.ts";
/** What a stop hook throws, so that tests can tell it from anything else. */
export declare class Stopped extends Error {
    readonly reason: StopReason;
    constructor(reason: StopReason);
}
export declare const ALL = 18446744073709551615n;
export declare const READ: bigint;
export declare const WRITE: bigint;
/** Every right but those to write a file, which no directory can be opened with. */
export declare const BROWSE: bigint;
export declare const CREAT = 1;
export declare const DIRECTORY = 2;
export declare const EXCL = 4;
export declare const TRUNC = 8;
export declare const FOLLOW = 1;
export declare const NO_FOLLOW = 0;
export declare const DATA_AT = 65536;
interface GrowableMemory {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
}
/** A guest made by hand: puts arguments into a real WebAssembly memory and calls the imports as a module would. */
export declare class Guest {
    readonly host: WasiHost;
    readonly memory: GrowableMemory;
    charged: number;
    constructor(options?: Partial<WasiHostOptions>);
    begin(authority: Partial<Authority>, stdin?: Uint8Array, deadlineMs?: number): this;
    /** Calls any preview1 function with raw arguments. */
    call(name: string, ...args: (number | bigint)[]): number;
    toll(name: string, ...args: (number | bigint)[]): number;
    put(text: string | Uint8Array, at?: number): [address: number, length: number];
    u32(at?: number): number;
    u64(at?: number): bigint;
    bytes(at: number, length: number): Buffer;
    /** Opens a path: a descriptor, or minus an errno. */
    open(path: string | Uint8Array, { fd, follow, oflags, rights, flags }?: {
        fd?: number | undefined;
        flags?: number | undefined;
        follow?: number | undefined;
        oflags?: number | undefined;
        rights?: bigint | undefined;
    }): number;
    /** A function of one directory and one path. */
    onPath(name: string, path: string | Uint8Array, fd?: number): number;
    rename(from: string, to: string, fromFd?: number, toFd?: number): number;
    link(from: string, to: string, follow?: number, fromFd?: number, toFd?: number): number;
    symlink(target: string, path: string): number;
    readlink(path: string, room?: number): string | number;
    stat(path: string | Uint8Array, follow?: number, fd?: number): number;
    setTimes(path: string, follow?: number): number;
    /** Reads up to `length` bytes: the bytes, or minus an errno. */
    read(fd: number, length?: number): Buffer | number;
    /** Writes text: the number of bytes written, or minus an errno. */
    write(fd: number, text: string | Uint8Array): number;
    vector(at: number, length: number): [address: number, count: number];
    /** Reads a file as text, or minus the errno that stopped it. */
    contents(path: string, fd?: number): string | number;
    /** All names and types in an open directory, read through a buffer of this size. */
    list(fd: number, room?: number): {
        name: string;
        type: number;
        next: bigint;
    }[];
    dispose(): void;
}
/** A scratch directory that is gone afterwards; its real path. */
export declare function scratch(): {
    readonly path: string;
    remove(): void;
};
export {};
