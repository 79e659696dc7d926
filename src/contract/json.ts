/** Any value that JSON text can denote (RFC 8259 §3). Objects have own, string-keyed properties only. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object. Never has a prototype-bearing key: parsers refuse `__proto__`. */
export interface JsonObject {
  readonly [key: string]: Json;
}
