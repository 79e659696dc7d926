/** Most characters of a topic or pattern, and most segments. */
const TOPIC_CHARACTERS = 200;
const TOPIC_SEGMENTS = 16;
const SEGMENT = /^[A-Za-z0-9_-]{1,64}$/;

/** What is wrong with a topic, in words; undefined where it is one: 1 to 16 segments of letters, digits, `_` and `-`, joined by dots. */
export function topicProblem(topic: string): string | undefined {
  return problem(topic, (segment) => SEGMENT.test(segment), "letters, digits, _ and -");
}

/** What is wrong with a pattern: a topic some of whose segments are `*` (one segment) or `**` (any number, also none). */
export function patternProblem(pattern: string): string | undefined {
  return problem(
    pattern,
    (segment) => segment === "*" || segment === "**" || SEGMENT.test(segment),
    "letters, digits, _ and -, or be * or **",
  );
}

function problem(text: string, isSegment: (segment: string) => boolean, allowed: string): string | undefined {
  if (text.length > TOPIC_CHARACTERS) return `has ${text.length} characters, at most ${TOPIC_CHARACTERS}`;
  const segments = text.split(".");
  if (segments.length > TOPIC_SEGMENTS) return `has ${segments.length} segments, at most ${TOPIC_SEGMENTS}`;
  if (segments.every(isSegment)) return undefined;
  return `is not segments joined by dots: each must have 1 to 64 ${allowed}`;
}

/** Whether the pattern matches the topic: segment by segment, as a whole. Linear in segments times segments. */
export function matchesTopic(pattern: string, topic: string): boolean {
  return covers(pattern, topic);
}

/**
 * Whether the outer pattern matches every topic that the inner one matches. A topic is a pattern that matches itself. It
 * may answer no where two patterns with several `**` cover each other only by an argument about all topics; never a false yes.
 */
export function covers(outer: string, inner: string): boolean {
  const a = outer.split(".");
  const b = inner.split(".");
  // reached[i]: the first i segments of `outer` cover the segments of `inner` read so far.
  let reached = a.map(() => false);
  reached = [true, ...reached];
  for (let i = 0; i < a.length && a[i] === "**"; i++) reached[i + 1] = true;
  for (const segment of b) {
    const next = reached.map(() => false);
    for (let i = 0; i < a.length; i++) {
      const pattern = a[i] as string;
      if (pattern === "**") {
        // It takes this segment, whatever it is, or nothing.
        if (reached[i] || reached[i + 1]) next[i + 1] = true;
        if (next[i]) next[i + 1] = true;
      } else if (segment !== "**" && reached[i] && (pattern === "*" || pattern === segment)) next[i + 1] = true;
    }
    reached = next;
  }
  return reached[a.length] === true;
}
