import { type ChildProcessWithoutNullStreams } from "node:child_process";
export declare const MAIN: string;
export interface Scratch {
    /** Holds everything below; outside of the root. */
    readonly home: string;
    readonly root: string;
    readonly state: string;
    readonly env: NodeJS.ProcessEnv;
    /** The program to start, where it is not the built one of this checkout. */
    readonly main?: string;
    remove(): void;
}
/** Makes a scratch home with an empty root in it; `tollgate` started with its `env` touches nothing else. */
export declare function scratch(): Scratch;
export interface Finished {
    readonly code: number;
    readonly stdout: string;
    readonly stderr: string;
}
/** Runs one command to its end; `stdin` is closed at once unless text is given. */
export declare function run(place: Scratch, args: readonly string[], options?: {
    cwd?: string;
    stdin?: string;
}): Promise<Finished>;
export type Message = any;
/** `tollgate serve`, spoken to in lines. */
export declare class Served {
    #private;
    readonly child: ChildProcessWithoutNullStreams;
    readonly messages: Message[];
    readonly exit: Promise<number | null>;
    stderr: string;
    constructor(place: Scratch, args?: readonly string[], cwd?: string);
    /** Writes bytes as they are. */
    write(bytes: string | Uint8Array): void;
    send(message: unknown): void;
    /** The first message for which the test holds; fails when the program ends or 20 s pass without one. */
    next(holds: (message: Message) => boolean): Promise<Message>;
    /** The last response to the request of this id, as soon as there is one. */
    response(id: unknown): Promise<Message>;
    /** Sends a request and answers its whole response. */
    request(method: string, params?: unknown): Promise<Message>;
    /** The legacy handshake. */
    initialize(capabilities?: unknown, protocolVersion?: string): Promise<Message>;
    /** Calls a tool and answers the `result` (also one with `isError`). */
    call(name: string, args: unknown): Promise<Message>;
    /** Closes standard input and answers the exit code. */
    close(): Promise<number | null>;
}
/** The events of the chain, oldest first, as `tollgate chain tail --json` prints them. */
export declare function chainEvents(place: Scratch): Promise<Message[]>;
