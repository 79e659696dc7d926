/** Walks a JSON text of 100 KiB by recursive descent, counting values, n times. */
const ITEM = '{"id":1234,"name":"some \\"quoted\\" name","ok":true,"v":[1,2.5,-3e4,null]},';
const TEXT = memory.data(131072);
let at: usize = 0;
let values: i32 = 0;

function space(): void {
  let c = load<u8>(at);
  while (c == 32 || c == 10 || c == 9 || c == 13) c = load<u8>(++at);
}

function text(): bool {
  at++;
  while (true) {
    const c = load<u8>(at++);
    if (c == 34) return true;
    if (c < 32) return false;
    if (c == 92) at++;
  }
}

function list(end: u8, keyed: bool): bool {
  at++;
  space();
  if (load<u8>(at) == end) {
    at++;
    return true;
  }
  while (true) {
    if (keyed) {
      space();
      if (load<u8>(at) != 34 || !text()) return false;
      space();
      if (load<u8>(at++) != 58) return false;
    }
    if (!value()) return false;
    space();
    const c = load<u8>(at++);
    if (c == end) return true;
    if (c != 44) return false;
  }
}

function value(): bool {
  space();
  values++;
  const c = load<u8>(at);
  switch (c) {
    case 123:
      return list(125, true);
    case 91:
      return list(93, false);
    case 34:
      return text();
    case 116:
    case 110:
      at += 4;
      return true;
    case 102:
      at += 5;
      return true;
  }
  let digits = 0;
  let d = c;
  while ((d >= 48 && d <= 57) || d == 45 || d == 43 || d == 46 || d == 101 || d == 69) {
    digits++;
    d = load<u8>(++at);
  }
  return digits > 0;
}

export function run(n: i32): i32 {
  let end = TEXT;
  store<u8>(end++, 91);
  for (let i = 0; i < 1300; i++) {
    for (let k = 0; k < ITEM.length; k++) store<u8>(end++, ITEM.charCodeAt(k));
  }
  store<u8>(end - 1, 93);
  store<u8>(end, 0);
  values = 0;
  for (let turn = 0; turn < n; turn++) {
    at = TEXT;
    if (!value()) return -1;
  }
  return values;
}
