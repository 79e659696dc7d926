// asc: --runtime incremental
/** Joins, splits and compares managed strings with a garbage collector beneath, n times. */
export function run(n: i32): i32 {
  let hash = 0;
  for (let turn = 0; turn < n; turn++) {
    let line = "";
    for (let i = 0; i < 40; i++) line += (i * turn).toString() + ",";
    const parts = line.split(",");
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i];
      if (part == "120" || part.startsWith("7")) hash += part.length;
      hash = hash * 31 + part.length;
    }
    hash ^= line.indexOf("39,") + line.toUpperCase().length;
  }
  return hash;
}
