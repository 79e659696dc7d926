import type { StateReader } from "../../contract/state.ts";
import { matchesTopic } from "../../contract/topic.ts";
import { DAMAGED, lookAtRow } from "../rows.ts";

/** Sets of subscriptions whose indexes are kept: the one that counts, and what a change that did not come true had read. */
const KEPT_INDEXES = 4;
/** Topics whose receivers are kept for one set of subscriptions. */
const KEPT_TOPICS = 1024;

/** One set of subscriptions, arranged for asking who receives a topic. */
interface TopicIndex {
  /** Patterns without wildcards. */
  readonly exact: ReadonlyMap<string, readonly number[]>;
  readonly wild: readonly { readonly pattern: string; readonly pids: readonly number[] }[];
  readonly known: Map<string, readonly number[]>;
}

/**
 * By the digest of the history of the subscriptions, which no two sets share. So what is kept here is only ever the answer
 * to the same question, whichever chain or transaction asks it, and also where that transaction does not come true.
 */
const indexes = new Map<string, TopicIndex>();

/** The pids that are subscribed to a pattern which matches the topic, each once, in order. */
export function subscribersOf(state: StateReader, topic: string): readonly number[] {
  const digest = lookAtRow(state, "subscriptions");
  if (digest === undefined) return [];
  if (digest === DAMAGED) return match(readIndex(state), topic);
  let index = indexes.get(digest);
  if (index === undefined) {
    index = readIndex(state);
    keep(indexes, digest, index, KEPT_INDEXES);
  }
  let pids = index.known.get(topic);
  if (pids === undefined) {
    pids = match(index, topic);
    keep(index.known, topic, pids, KEPT_TOPICS);
  }
  return pids;
}

function match({ exact, wild }: TopicIndex, topic: string): readonly number[] {
  const pids = new Set(exact.get(topic));
  for (const { pattern, pids: more } of wild) {
    if (matchesTopic(pattern, topic)) for (const pid of more) pids.add(pid);
  }
  return [...pids].sort((a, b) => a - b);
}

function readIndex(state: StateReader): TopicIndex {
  const exact = new Map<string, number[]>();
  const wild: { pattern: string; pids: number[] }[] = [];
  for (const { key } of state.range(["subscription"])) {
    const [, pattern, pid] = key as [string, string, number];
    if (!pattern.includes("*")) {
      const pids = exact.get(pattern);
      if (pids === undefined) exact.set(pattern, [pid]);
      else pids.push(pid);
    } else if (wild.at(-1)?.pattern === pattern) wild.at(-1)?.pids.push(pid);
    else wild.push({ pattern, pids: [pid] });
  }
  return { exact, wild, known: new Map() };
}

/** Keeps an entry, and no more than `most` of them: the one that was kept first goes. */
function keep<K, V>(entries: Map<K, V>, key: K, value: V, most: number): void {
  const [oldest] = entries.keys();
  if (entries.size >= most && oldest !== undefined) entries.delete(oldest);
  entries.set(key, value);
}
