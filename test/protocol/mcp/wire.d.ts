import { PassThrough } from "node:stream";
import type { Answer, Call, ToolHost } from "../../../src/contract/call.ts";
import type { DecisionRecord } from "../../../src/contract/decision.ts";
import type { Json } from "../../../src/contract/json.ts";
import type { ToolManifest } from "../../../src/contract/manifest.ts";
import { type ServeOptions } from "../../../src/protocol/serve.ts";
export type Message = any;
export declare const decision: DecisionRecord;
export declare const usage: {
    fuelConsumed: number;
    memoryPeak: number;
    durationMs: number;
};
export declare function manifest(name: string): ToolManifest;
export declare const result: (value: Json) => Answer;
/** Remembers what it was asked. Each tool shows one behaviour of a host. */
export declare class FakeHost implements ToolHost {
    #private;
    readonly version = "1.2.3";
    readonly roots: string[];
    readonly calls: Call[];
    readonly aborted: Call[];
    closed: string[];
    running: number;
    mostRunning: number;
    names: string[];
    tools(): readonly ToolManifest[];
    call(call: Call): Promise<Answer>;
    close(reason: string): Promise<void>;
}
/** One server and the client's end of its streams. */
export declare class Wire {
    #private;
    readonly host: FakeHost;
    readonly input: PassThrough;
    readonly output: PassThrough;
    readonly messages: Message[];
    readonly logged: string[];
    readonly exit: Promise<number>;
    exitCode: number | undefined;
    constructor(options?: Partial<ServeOptions> & {
        fake?: FakeHost;
        read?: boolean;
    });
    /** Starts to read what the server writes. */
    read(): void;
    /** Calls `listener` with each message as it comes. */
    onMessage(listener: (message: Message) => void): void;
    /** Writes bytes or text as they are, and any other value as one line. */
    send(...messages: unknown[]): void;
    /** The first message that fits, which may be there already. Rejects after two seconds. */
    find(fits: (message: Message) => boolean): Promise<Message>;
    reply(id: string | number | null): Promise<Message>;
    /** Sends one request under an id of its own and answers the reply. */
    request(method: string, params?: unknown): Promise<Message>;
    /** Opens a legacy session. */
    initialize(protocolVersion?: string, capabilities?: unknown): Promise<Message>;
    /** Waits until everything sent so far was handled. */
    settle(): Promise<void>;
    end(): Promise<number>;
}
/** The `_meta` of a request of 2026-07-28. */
export declare const modern: (capabilities?: unknown, version?: unknown) => {
    "io.modelcontextprotocol/protocolVersion": unknown;
    "io.modelcontextprotocol/clientInfo": {
        name: string;
        version: string;
    };
    "io.modelcontextprotocol/clientCapabilities": unknown;
};
