/** What the patterns of manifests ask for, in words. */
const WORDS: Readonly<Record<string, string>> = {
  "^[a-z][a-z0-9_-]{0,62}$": "must be a small letter, then at most 62 small letters, digits, _ and -",
  "^[a-z][a-z0-9_-]*(\\.[a-z][a-z0-9_]*)*$": "must be a name such as echo, or words joined by dots such as acme.notes",
  "^[a-z0-9][a-z0-9_.-]{0,63}$": "must be a small letter or a digit, then at most 63 small letters, digits, _, . and -",
  "^[a-z][a-z0-9_.-]*$": "must be a small letter, then small letters, digits, _, . and -",
  "^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$": "must be a letter or digit, then at most 63 letters, digits, _, ., : and -",
  "^[A-Za-z_][A-Za-z0-9_]{0,127}$": "must be a letter or _, then at most 127 letters, digits and _",
  "^(?:\\*|[a-z][a-z0-9_-]*(?:\\.[a-z][a-z0-9_-]*)*(?:\\.\\*)?)$":
    "must be a tool's name such as fs.stat, a prefix such as fs.*, or *",
  "^/": "must begin with /",
};

/** What a text must be to match a pattern; undefined for a pattern that has no words. */
export function wordsFor(pattern: string): string | undefined {
  return Object.hasOwn(WORDS, pattern) ? WORDS[pattern] : undefined;
}
