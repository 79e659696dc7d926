import type { Call } from "../../src/contract/call.ts";
import type { Decision } from "../../src/contract/decision.ts";
import type { EffectVector } from "../../src/contract/effect.ts";
import type { JsonObject } from "../../src/contract/json.ts";
import type { ResourceArgument, ToolManifest } from "../../src/contract/manifest.ts";
import { type RootGrant } from "../../src/contract/permit.ts";
import { type CallFacts, type Gate } from "../../src/gate/gate.ts";
import type { GateOptions } from "../../src/gate/options.ts";
export declare const ZERO: EffectVector;
export declare const ROOT: RootGrant;
export declare const MODULE: string;
export declare function manifest(name: string, action: string, effect: Partial<EffectVector>, readOnly: boolean, resources: readonly ResourceArgument[], properties?: JsonObject): ToolManifest;
export declare const path: (argument: string, ...actions: string[]) => ResourceArgument;
export declare const READ: ToolManifest;
export declare const LIST: ToolManifest;
export declare const WRITE: ToolManifest;
export declare const COPY: ToolManifest;
export declare const REMOVE: ToolManifest;
export declare const PING: ToolManifest;
export declare const MANIFESTS: ToolManifest[];
export declare const DEFAULT_POLICY: {
    name: string;
    text: string;
};
export declare const ALLOW_ALL: {
    name: string;
    text: string;
};
export declare function options(changes?: Partial<GateOptions>): GateOptions;
export declare function gateOf(changes?: Partial<GateOptions>): Gate;
export declare const policy: (text: string) => {
    policies: {
        name: string;
        text: string;
    }[];
};
export declare function call(tool: ToolManifest, args: JsonObject, changes?: Partial<Call>): Call;
export declare function decide(gate: Gate, tool: ToolManifest, args: JsonObject, changes?: Partial<Call>, targets?: CallFacts["targets"]): Decision;
/** `permit`, `warn`, `defer`, or the code of the refusal. */
export declare const told: (decision: Decision) => string;
