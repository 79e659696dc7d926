// A memory that a module imports turned into one that it defines, so that the meter, which knows no imported memories,
// can be measured on programs whose JavaScript side makes the memory. Nothing else of the module changes.

const IMPORTS = 2;
const MEMORY = 5;
/** Sections that may stand before the memory section, which is put in after the last of them. */
const BEFORE_MEMORY = [1, 2, 3, 4];

function readUnsigned(bytes, at) {
  let [value, shift, next] = [0, 0, at];
  for (;;) {
    const byte = bytes[next++];
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return { value, next };
    shift += 7;
  }
}

function unsigned(value) {
  const bytes = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}

const section = (id, body) => Buffer.concat([Buffer.from([id]), unsigned(body.length), body]);

function sectionsOf(bytes) {
  const sections = [];
  for (let at = 8; at < bytes.length; ) {
    const { value: size, next } = readUnsigned(bytes, at + 1);
    sections.push({ id: bytes[at], body: bytes.subarray(next, next + size) });
    at = next + size;
  }
  return sections;
}

/** The import section's entries as they stand; of a memory also its limits. */
function importsOf(body) {
  const { value: count, next: first } = readUnsigned(body, 0);
  const entries = [];
  let at = first;
  const skip = () => {
    at = readUnsigned(body, at).next;
  };
  const text = () => {
    const { value: length, next } = readUnsigned(body, at);
    at = next + length;
    return body.subarray(next, at).toString();
  };
  for (let i = 0; i < count; i++) {
    const start = at;
    const [module, name, kind, described] = [text(), text(), body[at++], at];
    if (kind === 0) skip();
    else if (kind === 2) for (let limits = body[at++] & 1; limits >= 0; limits--) skip();
    else throw new Error(`import ${module}.${name} is neither function nor memory`);
    entries.push({
      module,
      name,
      memory: kind === 2,
      all: body.subarray(start, at),
      limits: body.subarray(described, at),
    });
  }
  return entries;
}

/**
 * `{bytes, from}`: the module with its imported memory defined, and the name it was imported by; `from` is undefined, and
 * the bytes the same, where it imports none. Throws where it imports a table, a global or a tag.
 */
export function withDefinedMemory(bytes) {
  const sections = sectionsOf(Buffer.from(bytes));
  const imports = importsOf(sections.find(({ id }) => id === IMPORTS)?.body ?? Buffer.from([0]));
  const from = imports.find(({ memory }) => memory);
  if (from === undefined) return { bytes, from };
  const others = imports.filter(({ memory }) => !memory).map(({ all }) => all);
  const definition = section(MEMORY, Buffer.concat([unsigned(1), from.limits]));
  const last = sections.findLastIndex(({ id }) => BEFORE_MEMORY.includes(id));
  const parts = sections.flatMap(({ id, body }, index) => [
    section(id, id === IMPORTS ? Buffer.concat([unsigned(others.length), ...others]) : body),
    ...(index === last ? [definition] : []),
  ]);
  return { bytes: Buffer.concat([Buffer.from(bytes).subarray(0, 8), ...parts]), from };
}
