import { command, piecesOf } from "./command.ts";

export const tac = command("tac", { flags: "b", values: "s", long: { before: "b", separator: "s" } }, async (given) => {
  let stderr = "";
  const pieces = await piecesOf(given, (operand, reason) => {
    const failed = reason === "Is a directory" ? `${operand}: read error` : `failed to open '${operand}' for reading`;
    stderr += `tac: ${failed}: ${reason}\n`;
  });
  const separator = given.values.get("s") || (given.values.has("s") ? "\0" : "\n");
  const turn = given.flags.has("b") ? turnedBefore : turnedBehind;
  const stdout = pieces.map(({ text = "" }) => turn(text, separator)).join("");
  return { stdout, stderr, exitCode: stderr === "" ? 0 : 1 };
});

/** Each part has its separator behind it; the last need not. */
function turnedBehind(text: string, separator: string): string {
  const parts = text.split(separator);
  const last = parts.pop() as string;
  return (
    last +
    parts
      .map((part) => part + separator)
      .reverse()
      .join("")
  );
}

/** Each part has its separator before it; the first need not. */
function turnedBefore(text: string, separator: string): string {
  const [first = "", ...parts] = text.split(separator);
  return (
    parts
      .map((part) => separator + part)
      .reverse()
      .join("") + first
  );
}
