/** A piece of a bc program. */
export interface Token {
  readonly kind: "number" | "name" | "text" | "sign" | "end";
  readonly text: string;
}

const PIECE =
  /(?<space>(?:[ \t\r]|\\\n|\/\*[\s\S]*?\*\/|#[^\n]*)+)|(?<number>[0-9A-F]+(?:\.[0-9A-F]*)?|\.[0-9A-F]+)|(?<name>[a-z][a-z0-9_]*)|(?<text>"[^"]*")|(?<sign>\+\+|--|[-+*/%^]=|[<>=!]=|&&|\|\||[-+*/%^=<>!(){}[\],;\n])/y;

/** Cuts a program into pieces; answers the character where it is none. */
export function tokensOf(program: string): Token[] | string {
  const tokens: Token[] = [];
  PIECE.lastIndex = 0;
  while (PIECE.lastIndex < program.length) {
    const at = PIECE.lastIndex;
    const groups = PIECE.exec(program)?.groups;
    if (groups === undefined) return `illegal character: ${program[at]}`;
    const { number, name, text, sign } = groups;
    if (number !== undefined) tokens.push({ kind: "number", text: number });
    else if (name !== undefined) tokens.push({ kind: "name", text: name });
    else if (text !== undefined) tokens.push({ kind: "text", text: text.slice(1, -1) });
    else if (sign !== undefined) tokens.push({ kind: "sign", text: sign });
  }
  tokens.push({ kind: "end", text: "" });
  return tokens;
}
