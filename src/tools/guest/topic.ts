// Topics and patterns as the host defines them: 1 to 16 segments of letters, digits, `_` and `-`, joined by dots, at most 200
// characters; in a pattern `*` is one segment and `**` any number, also none.

const CHARACTERS: usize = 200;
const SEGMENTS: u32 = 16;
const SEGMENT_CHARACTERS: usize = 64;

const DOT: u32 = 0x2e;
const STAR: u32 = 0x2a;

function isLetter(byte: u32): bool {
  const lower = byte | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || byte == 0x5f || byte == 0x2d;
}

function segmentEnd(at: usize, end: usize): usize {
  while (at < end && load<u8>(at) != DOT) at++;
  return at;
}

/** How many stars a segment consists of, 0 where it is one of letters. */
function starsOf(at: usize, end: usize): u32 {
  if (at == end || load<u8>(at) != STAR) return 0;
  return end - at == 1 ? 1 : 2;
}

function isSegment(at: usize, end: usize, stars: bool): bool {
  const length = end - at;
  if (!length || length > SEGMENT_CHARACTERS) return false;
  if (stars && load<u8>(at) == STAR) return length == 1 || (length == 2 && load<u8>(at + 1) == STAR);
  while (at < end) if (!isLetter(load<u8>(at++))) return false;
  return true;
}

/** Whether the text is a topic, or, with `stars`, a pattern. */
export function isTopic(at: usize, length: usize, stars: bool): bool {
  if (length > CHARACTERS) return false;
  const end = at + length;
  for (let segments: u32 = 1; segments <= SEGMENTS; segments++) {
    const stop = segmentEnd(at, end);
    if (!isSegment(at, stop, stars)) return false;
    if (stop == end) return true;
    at = stop + 1;
  }
  return false;
}

/** Whether a pattern matches a topic as a whole. Quadratic in their segments at most. */
export function matchesTopic(pattern: usize, patternLength: usize, topic: usize, topicLength: usize): bool {
  const patternEnd = pattern + patternLength;
  const topicEnd = topic + topicLength;
  // A `**` takes nothing at first, and one segment more each time that what follows it does not fit.
  let afterDeep: usize = 0;
  let resume: usize = 0;
  while (pattern <= patternEnd || topic <= topicEnd) {
    let fits = false;
    if (pattern <= patternEnd) {
      const stop = segmentEnd(pattern, patternEnd);
      const stars = starsOf(pattern, stop);
      if (stars == 2) {
        pattern = stop + 1;
        afterDeep = pattern;
        resume = topic;
        continue;
      }
      if (topic <= topicEnd) {
        const topicStop = segmentEnd(topic, topicEnd);
        fits = stars == 1 || (topicStop - topic == stop - pattern && memory.compare(topic, pattern, stop - pattern) == 0);
        if (fits) {
          pattern = stop + 1;
          topic = topicStop + 1;
        }
      }
    }
    if (fits) continue;
    if (!afterDeep || resume > topicEnd) return false;
    resume = segmentEnd(resume, topicEnd) + 1;
    topic = resume;
    pattern = afterDeep;
  }
  return true;
}
