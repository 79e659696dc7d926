/** What the bridge gives a script: see `src/script/bridge.ts`. A function that was not granted is not there. */
interface Native {
  address(buffer: ArrayBuffer): number;
  decode(address: number, length: number): string;
  encode(text: string): Uint8Array<ArrayBuffer>;
  interruptAt(nanoseconds: number): void;
  readonly [hostFunction: string]: (...values: never[]) => unknown;
}

const holder = globalThis as unknown as { __native?: Native };

/** The bridge; only modules that import this one have it. */
export const native = holder.__native as Native;
delete holder.__native;

const E_NOTCAPABLE = 76;

/** A function of the host, all numbers; one that was not granted answers ENOTCAPABLE. */
export function hostFunction(name: string): (...values: number[]) => number {
  return (native[name] as ((...values: number[]) => number) | undefined) ?? (() => E_NOTCAPABLE);
}

/** Whether the script was given the host's function. */
export function isGiven(name: string): boolean {
  return native[name] !== undefined;
}

/** Where bytes stand in memory; good as long as the array is not resized or transferred. */
export function addressOf(bytes: Uint8Array<ArrayBuffer>): number {
  return native.address(bytes.buffer) + bytes.byteOffset;
}

/** Room for out parameters that live for one host call only. */
export const SCRATCH_BYTES = 65_536;
export const scratch = new Uint8Array(SCRATCH_BYTES);
export const scratchView = new DataView(scratch.buffer);
export const SCRATCH = addressOf(scratch);
