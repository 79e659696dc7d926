// What a script finds in the place of a module of Node.js that is not there.

/** Nothing by this name exists in a guest. */
export const absent = undefined;
