export interface RandomModule {
    /** The module as it is. */
    readonly plain: string;
    /** The same, counting each operator by itself into the exported i64 global `n`: the oracle. */
    readonly counting: string;
    readonly catches: boolean;
}
/**
 * Writes a random module that ends, twice. Functions are `(i32) -> i32`, the last one `(i32) -> (i32 i32)`. Loops and
 * recursion spend the guest's own `$steps`; memory and table accesses stay inside.
 */
export declare function randomModule(seed: number): RandomModule;
