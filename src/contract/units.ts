/** Bytes in a kibibyte (IEC 80000-13). */
export const KIB = 1024;
/** Bytes in a mebibyte (IEC 80000-13). */
export const MIB = 1024 * 1024;
/** Bytes in one WebAssembly page (core spec 4.2.8). */
export const WASM_PAGE = 65_536;

/** A SHA-256 digest as 64 lower-case hexadecimal digits. */
export type Sha256 = string;
