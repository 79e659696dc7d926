// Which members are meant: patterns of the shell, matched without going back further than the last star.

type Token = { readonly star: true } | { readonly star: false; readonly fits: (character: string) => boolean };

/** Matches a text as a whole in time of at most its length times the pattern's; `*` and `?` match a slash too. */
export function matcherOf(pattern: string): (text: string) => boolean {
  const tokens: Token[] = [];
  const characters = [...pattern];
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i] as string;
    const end = character === "[" ? closing(characters, i) : -1;
    if (character === "*") tokens.push({ star: true });
    else if (character === "?") tokens.push({ star: false, fits: () => true });
    else if (end > 0) {
      tokens.push({ star: false, fits: setOf(characters.slice(i + 1, end)) });
      i = end;
    } else {
      const meant = character === "\\" && i + 1 < characters.length ? (characters[++i] as string) : character;
      tokens.push({ star: false, fits: (other) => other === meant });
    }
  }
  return (text) => fits(tokens, [...text]);
}

function closing(characters: readonly string[], from: number): number {
  const first = /[!^]/.test(characters[from + 1] ?? "") ? from + 2 : from + 1;
  return characters.indexOf("]", first + 1);
}

function setOf(inside: readonly string[]): (character: string) => boolean {
  const negated = inside[0] === "!" || inside[0] === "^";
  const members = negated ? inside.slice(1) : inside;
  const ranges: (readonly [string, string])[] = [];
  for (let i = 0; i < members.length; i++) {
    const from = members[i] as string;
    if (members[i + 1] === "-" && i + 2 < members.length) {
      ranges.push([from, members[i + 2] as string]);
      i += 2;
    } else ranges.push([from, from]);
  }
  return (character) => ranges.some(([from, to]) => from <= character && character <= to) !== negated;
}

function fits(tokens: readonly Token[], text: readonly string[]): boolean {
  let [token, at, star, back] = [0, 0, -1, 0];
  while (at < text.length) {
    const now = tokens[token];
    if (now?.star === true) {
      star = token++;
      back = at;
    } else if (now?.fits(text[at] as string)) {
      token++;
      at++;
    } else if (star < 0) return false;
    else {
      token = star + 1;
      at = ++back;
    }
  }
  while (tokens[token]?.star === true) token++;
  return token === tokens.length;
}

/** Whether a name, or a folder that it is below, is meant. */
export function meets(matches: (text: string) => boolean, name: string): boolean {
  const parts = name.replace(/\/+$/, "").split("/");
  return parts.some((_, i) => matches(parts.slice(0, i + 1).join("/")));
}

/** The same with the pattern beginning at any component of the name, as for what is excluded. */
export function meetsAnywhere(matches: (text: string) => boolean, name: string): boolean {
  const parts = name.replace(/\/+$/, "").split("/");
  return parts.some((_, i) => meets(matches, parts.slice(i).join("/")));
}
