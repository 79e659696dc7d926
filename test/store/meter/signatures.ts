/** An exported function with its type, as value type bytes of the binary format. */
export interface ExportedFunction {
  readonly name: string;
  readonly parameters: readonly number[];
  readonly results: readonly number[];
}

/** The exported functions of a valid core module whose types are functions'; reads nothing that it does not need. */
export function exportedFunctions(bytes: Uint8Array): ExportedFunction[] {
  const types: Pick<ExportedFunction, "parameters" | "results">[] = [];
  const functions: number[] = [];
  const exported: ExportedFunction[] = [];
  let at = 8;
  const byte = (): number => {
    const value = bytes[at++];
    if (value === undefined) throw new Error("module ends too early");
    return value;
  };
  const leb = (): number => {
    for (let value = 0, scale = 1; ; scale *= 128) {
      const next = byte();
      value += (next & 0x7f) * scale;
      if (next < 0x80) return value;
    }
  };
  const vector = (): number[] => Array.from({ length: leb() }, byte);
  const limits = (): void => {
    const flags = byte();
    leb();
    if ((flags & 1) !== 0) leb();
  };
  while (at < bytes.length) {
    const id = byte();
    const end = leb() + at;
    if (id === 1) {
      for (let count = leb(); count > 0; count--) {
        if (byte() !== 0x60) throw new Error("a type that is not a function's");
        types.push({ parameters: vector(), results: vector() });
      }
    } else if (id === 2) {
      for (let count = leb(); count > 0; count--) {
        vector();
        vector();
        const kind = byte();
        if (kind === 0) functions.push(leb());
        else if (kind === 3) at += 2;
        else if (kind === 4) at += 2;
        else {
          if (kind === 1) at++;
          limits();
        }
      }
    } else if (id === 3) for (let count = leb(); count > 0; count--) functions.push(leb());
    else if (id === 7) {
      for (let count = leb(); count > 0; count--) {
        const name = Buffer.from(vector()).toString();
        const kind = byte();
        const index = leb();
        if (kind === 0) exported.push({ name, ...types[functions[index]!]! });
      }
    }
    at = end;
  }
  return exported;
}
