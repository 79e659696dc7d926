import { around } from "./around.ts";

/** That of `just-bash`, to which NUL is a character like any other. */
export const tr = around("tr", (words, original) =>
  original(words.map((word) => word.replace(/(^|[^\\])\\0(?![0-7])/g, "$1\0"))),
);
