import { command, piecesOf } from "./command.ts";

export const cat = command(
  "cat",
  {
    flags: "AbeEnstTuv",
    values: "",
    long: {
      ...{ "show-all": "A", "number-nonblank": "b", "show-ends": "E", number: "n", "squeeze-blank": "s" },
      ...{ "show-tabs": "T", "show-nonprinting": "v" },
    },
  },
  async (given) => {
    let stderr = "";
    const pieces = await piecesOf(given, (operand, reason) => {
      stderr += `cat: ${operand}: ${reason}\n`;
    });
    const text = pieces.map((piece) => piece.text ?? "").join("");
    return { stdout: shown(text, given.flags), stderr, exitCode: stderr === "" ? 0 : 1 };
  },
);

function shown(text: string, flags: ReadonlySet<string>): string {
  const has = (letters: string): boolean => [...letters].some((letter) => flags.has(letter));
  if (text === "" || !has("AbeEnstTv")) return text;
  let whole = has("s") ? text.replace(/^\n{2,}/, "\n").replace(/\n{3,}/g, "\n\n") : text;
  if (has("Aetv")) whole = whole.replace(/[^\t\n -~]/g, visible);
  if (has("AtT")) whole = whole.replaceAll("\t", "^I");
  // before a line end, a carriage return is said where ends are
  if (has("AeE")) whole = whole.replaceAll("\r\n", "^M\n").replaceAll("\n", "$\n");
  if (!has("bn")) return whole;
  let number = 0;
  const empty = has("AeE") ? "$\n" : "\n";
  const skips = has("b");
  return whole.replace(/[^\n]*\n|[^\n]+$/g, (line) =>
    skips && line === empty ? line : `${String(++number).padStart(6)}\t${line}`,
  );
}

function visible(byte: string): string {
  const code = byte.charCodeAt(0);
  const low = code & 0x7f;
  const name = low < 32 ? `^${String.fromCharCode(low + 64)}` : low === 127 ? "^?" : String.fromCharCode(low);
  return code >= 128 ? `M-${name}` : name;
}
