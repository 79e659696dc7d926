import { patternProblem } from "../../contract/topic.ts";

/** What was sent to the client itself. */
export const INBOX_URI = "ipc://inbox";
/** Before the pattern of a subscription. */
export const TOPICS_URI = "ipc://topics/";
const URI = /^ipc:\/\/(?:inbox|topics\/([^?#/]{1,1000}))(?:\?after=(0|[1-9]\d{0,15}))?$/;

/** What a URI names: the client's own inbox, or one of its subscriptions. */
export interface ResourceName {
  /** `ipc://inbox` or `ipc://topics/<pattern>`, in the one spelling that lists use. */
  readonly uri: string;
  readonly pattern?: string;
  readonly after: number;
}

/** Reads a URI; undefined for what can never be a resource of this server. */
export function readUri(uri: string): ResourceName | undefined {
  const match = URI.exec(uri);
  if (match === null) return undefined;
  const after = Number(match[2] ?? 0);
  if (match[1] === undefined) return { uri: INBOX_URI, after };
  let pattern: string;
  try {
    pattern = decodeURIComponent(match[1]); // some clients escape `*`
  } catch {
    return undefined;
  }
  return patternProblem(pattern) === undefined ? { uri: `${TOPICS_URI}${pattern}`, pattern, after } : undefined;
}
