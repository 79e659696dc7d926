import { type ValidateFunction } from "ajv/dist/2020.js";
import type { JsonObject } from "../../src/contract/json.ts";
import { type Limits } from "../../src/contract/limits.ts";
import type { ToolManifest } from "../../src/contract/manifest.ts";
import type { Usage } from "../../src/contract/outcome.ts";
import type { RootGrant } from "../../src/contract/permit.ts";
import { type GuestModule } from "../../src/store/guest-run.ts";
interface LoadedTool {
    readonly manifest: ToolManifest;
    readonly limits: Limits;
    readonly guest: GuestModule;
    readonly checkArguments: ValidateFunction;
    readonly checkAnswer: ValidateFunction;
}
/** A tool as it ships: its manifest, and its built module, metered. */
export declare function loadTool(name: string): LoadedTool;
/** What a run of a tool gave: its answer, or its error with `code`, `message` and perhaps `data`. */
export interface ToolRun {
    readonly ok: boolean;
    readonly answer: any;
    readonly usage: Usage;
}
export type Root = string | RootGrant;
/** Runs a tool with its own limits; throws when it traps, exceeds a limit, or answers something that its schema forbids. */
export declare function runTool(name: string, args: JsonObject, roots: readonly Root[]): ToolRun;
/** As {@link runTool}, with any bytes on stdin. */
export declare function runRaw(name: string, stdin: Uint8Array, roots: readonly Root[]): ToolRun;
/** A scratch folder with `root` in it and `outside` beside it; `dispose` removes both. */
export declare function scratch(): {
    root: string;
    outside: string;
    dispose: () => void;
};
export {};
