import type { Context, Test } from "uvu";
export declare function suite<T = Context>(name?: string, state?: T): Test<T>;
export declare const test: Test;
/** One sentence for each suite whose tests were defined after the last `.run()`, if there was one. */
export declare function unfinishedSuites(): string[];
