import type { SettingsFlags } from "../../src/host/config.ts";
/** A folder of one test with a home, XDG directories and a current directory of its own. */
export interface Scratch {
    readonly path: string;
    readonly cwd: string;
    readonly env: Record<string, string>;
    /** Writes a file below the folder and answers its path. */
    write(name: string, text: string | Uint8Array, mode?: number): string;
    remove(): void;
}
export declare function makeScratch(): Scratch;
export declare const NO_FLAGS: SettingsFlags;
