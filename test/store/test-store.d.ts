import type { Outcome } from "../../src/contract/outcome.ts";
import { type Authority, type Permit } from "../../src/contract/permit.ts";
import { type RunInput, type Store, type StoreOptions } from "../../src/store/store.ts";
/** The worker script, bundled from the source under test once for a test file. */
export declare const workerUrl: import("url").URL;
/** Assembles the text format. */
export declare function wat(text: string): Uint8Array;
export type Grant = Partial<Omit<Authority, "limits">> & {
    readonly limits?: Partial<Authority["limits"]>;
};
export interface TestStore extends Store {
    permit(guest: string | Uint8Array, grant?: Grant): Permit;
    /** Loads, permits and runs. */
    go(guest: string | Uint8Array, grant?: Grant, input?: Partial<RunInput>): Promise<Outcome>;
}
export declare function openTestStore(options?: Partial<StoreOptions>): TestStore;
/** `exited` and the code, or the code of the fault. */
export declare function ending(outcome: Outcome): string;
export declare function stdoutOf(outcome: Outcome): string;
export declare const bytesOf: (text: string) => Uint8Array;
