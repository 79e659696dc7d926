import { bytesOf } from "./bytes.ts";
import { command, type Done, Failure, type Given, reasonOf } from "./command.ts";
import type { OptionRule } from "./options.ts";
import { Encoding } from "./sed/encoding.ts";
import { Machine } from "./sed/machine.ts";
import { commandsOf } from "./sed/parse.ts";
import { Places } from "./sed/places.ts";
import type { Chunk } from "./sed/program.ts";

const SED: OptionRule = {
  flags: "nErsuz",
  values: "efl",
  optional: "i",
  long: {
    ...{
      quiet: "n",
      silent: "n",
      expression: "e",
      file: "f",
      "in-place": "i",
      "line-length": "l",
      "regexp-extended": "E",
      posix: "posix",
      version: "version",
    },
    // what comes to the same here, with them and without
    ...{ separate: "s", "null-data": "z", "zero-terminated": "z", unbuffered: "u", "follow-symlinks": "u" },
  },
};

/** The script's commands run over the files; with `-i` what comes of each takes its place. */
export const sed = command("sed", SED, (given) =>
  given.flags.has("version") ? { stdout: "sed (GNU sed) 4.9\n" } : edit(given),
);

async function edit(given: Given): Promise<Done> {
  const { context, flags, values } = given;
  const end = flags.has("z") ? "\0" : "\n";
  const encoding = new Encoding();
  const places = new Places(context, encoding, end);
  const operands = [...given.operands];
  const chunks = await chunksOf(given, operands, places, encoding);
  const script = chunks.map(({ text }) => text).join("\n");
  const inPlace = flags.has("i") || values.has("i");
  const { present, stderr, exitCode } = await places.present(operands, inPlace);
  const names = operands.length === 0 ? ["-"] : present;
  let wide = bytesOf(script).length !== script.length;
  const inputs: { readonly name: string; readonly text: string }[] = [];
  for (const name of names) {
    const bytes = await places.read(name);
    const text = encoding.decode(bytes);
    wide ||= text.length !== bytes.length || encoding.strays;
    inputs.push({ name, text });
  }
  const commands = commandsOf(chunks, { extended: flags.has("E") || flags.has("r"), wide, end });
  await places.open(commands);
  const outputs = names.map(() => (inPlace ? places.output() : places.standard));
  const begun = new Set<number>();
  const machine = new Machine({
    commands,
    inputs,
    silent: flags.has("n") || script.startsWith("#n\n") || script === "#n",
    separate: flags.has("s") || inPlace,
    posix: flags.has("posix"),
    end,
    width: Number.parseInt(values.get("l") ?? "70", 10) || 0,
    encode: (text) => encoding.encode(text),
    output: (input) => {
      begun.add(input);
      return outputs[input] ?? places.standard;
    },
    file: (name) => places.file(name),
    content: (name) => places.content(name),
  });
  const code = machine.run();
  await places.close();
  if (inPlace)
    for (const [i, output] of outputs.entries())
      if (begun.has(i)) await places.replace(names[i] as string, output, values.get("i") ?? "");
  return {
    stdout: encoding.encode(places.standard.text),
    stderr: stderr + encoding.encode(places.errors.text),
    exitCode: code === 0 ? exitCode : code,
  };
}

/** All parts of the script; takes the first operand where there are none. */
async function chunksOf(
  { sequence }: Given,
  operands: string[],
  places: Places,
  encoding: Encoding,
): Promise<readonly Chunk[]> {
  const chunks: Chunk[] = [];
  for (const [letter, value] of sequence) {
    if (letter === "e") chunks.push({ text: value, file: undefined });
    if (letter !== "f") continue;
    try {
      const text = encoding.decode(await places.read(value));
      chunks.push({ text: text.replace(/\n$/, ""), file: value });
    } catch (error) {
      throw new Failure(`couldn't open file ${value}: ${reasonOf(error)}`, 4);
    }
  }
  if (chunks.length > 0) return chunks;
  const text = operands.shift();
  if (text === undefined) throw new Failure("no script specified");
  return [{ text, file: undefined }];
}
