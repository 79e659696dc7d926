import { encode64 } from "../guest/base64.ts";
import { cannot, datum, done, failWith, message, messageNumber } from "../guest/errors.ts";
import { moved, openForReading, readAt } from "../guest/file.ts";
import { take } from "../guest/heap.ts";
import { isText, lengthOf, numberOf, readArguments, textOf } from "../guest/json-reader.ts";
import { ascii, truth, decimal, escaped, flush, put } from "../guest/json-writer.ts";
import { locate } from "../guest/path.ts";
import { timestamp } from "../guest/timestamp.ts";
import { characterAt, validPrefix } from "../guest/utf8.ts";
import { STATUS } from "../guest/wasi.ts";

/** The most that one answer carries. */
const MOST: u64 = 8 << 20;
const WHOLE: u64 = u64.MAX_VALUE;
/** A character is 4 bytes at most, so 3 on either side of a slice decide where it may start and end. */
const AROUND: u64 = 3;

export function _start(): void {
  readArguments();
  const at = locate(textOf("path"), lengthOf("path"), "read");
  const binary = isText("encoding", "base64");
  const offset = numberOf("offset", 0);
  const limit = numberOf("limit", WHOLE);
  const fd = openForReading(at, "read");
  let size = STATUS.size;
  const modified = STATUS.modified;
  const rest = offset < size ? size - offset : 0;
  if (limit == WHOLE && rest > MOST) {
    cannot("file-too-large", "read", at.given, at.givenLength);
    message("it has ");
    messageNumber(size);
    message(" bytes and one answer carries at most ");
    messageNumber(MOST);
    message(": read it in parts with offset and limit");
    datum("size", size);
    datum("limit", MOST);
    done();
  }
  const wanted = min(min(rest, limit), MOST);
  // Text needs a look at the bytes around the slice; the answer holds only what is inside.
  const before = binary || !wanted ? 0 : min(offset, AROUND);
  const after = binary || !wanted ? 0 : min(rest - wanted, AROUND);
  const bytes = take(<usize>(before + wanted + after) + 16);
  const errno = readAt(fd, bytes, <usize>(before + wanted + after), offset - before);
  if (errno) failWith(errno, "read", at.given, at.givenLength);
  const held = bytes + moved();
  let from = bytes + <usize>before;
  let to = from + <usize>wanted;
  if (held < to + <usize>after) {
    // The file became shorter meanwhile: it ends where reading ended.
    size = offset - before + moved();
    to = min(to, held);
    if (from > to) from = to;
  }
  const first = from;
  if (!binary && from < to) {
    from = nextCharacter(bytes, from, held);
    const valid = from < to ? validPrefix(from, to) : to;
    if (valid < to) {
      const whole = characterAt(valid, held);
      if (whole && valid + whole > to) {
        // The slice ends inside a character: leave it to the next one, unless it is all that there is.
        to = valid == first ? valid + whole : valid;
      } else {
        cannot("not-utf-8", "read", at.given, at.givenLength);
        message("byte ");
        messageNumber(offset + (valid - first));
        message(" is not part of valid UTF-8 text: read it with encoding base64");
        datum("offset", offset + (valid - first));
        done();
      }
    } else if (from > to) to = from;
  }
  const consumed = <u64>(to - first);
  ascii('{"content":"');
  if (binary) encode64(from, to - from);
  else escaped(from, to - from);
  ascii(binary ? '","encoding":"base64","size":' : '","encoding":"utf-8","size":');
  decimal(size);
  ascii(',"bytes_read":');
  decimal(consumed);
  ascii(',"truncated":');
  truth(offset + consumed < size);
  ascii(',"modified":"');
  timestamp(modified);
  ascii('"}');
  flush();
}

/** The first character start at or after `from`; `from` itself unless it stands inside a valid character. */
function nextCharacter(bytes: usize, from: usize, held: usize): usize {
  if ((load<u8>(from) & 0xc0) != 0x80) return from;
  for (let start = from - 1; start >= bytes && from - start <= 3; start--) {
    if ((load<u8>(start) & 0xc0) == 0x80) continue;
    const size = characterAt(start, held);
    return start + size > from ? start + size : from;
  }
  return from;
}
