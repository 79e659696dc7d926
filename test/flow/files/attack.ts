// The three questions that every attack is asked: what was answered, is the world outside as it was, and is there
// exactly one record of it on the chain, with the right decision.
import { type Message, run, type Scratch, type Served } from "../program.ts";

/** Where attacks are made. */
export interface Field {
  readonly place: Scratch;
  readonly served: Served;
  /** Texts that only stand outside: wherever one turns up, something leaked. */
  readonly secrets: readonly string[];
  /** Lays out anew what attacks may change. */
  lay(): void;
  /** What attacks may change, as text. */
  inside(): string;
  /** What no attack may change, as text. */
  outside(): string;
  /** Files that hold a secret where none should be. */
  leaked(): string[];
}

const EFFECTFUL: ReadonlySet<string> = new Set(["fs.write_file", "fs.create_dir", "fs.remove", "fs.copy", "fs.move"]);

/** A place where a call takes a path. */
export interface Slot {
  readonly tool: string;
  /** The argument in question, for the name of the attack. */
  readonly argument: string;
  readonly args: (path: string) => Record<string, unknown>;
}

const slot = (tool: string, argument: string, others: Record<string, unknown> = {}): Slot => ({
  tool,
  argument,
  args: (path) => ({ ...others, [argument]: path }),
});

/** Every path argument of every tool. */
export const SLOTS: readonly Slot[] = [
  slot("fs.read_file", "path"),
  slot("fs.write_file", "path", { content: "planted" }),
  slot("fs.write_file", "path", { content: "planted", append: true }),
  slot("fs.write_file", "path", { content: "planted", create_parents: true }),
  slot("fs.read_dir", "path"),
  slot("fs.create_dir", "path"),
  slot("fs.create_dir", "path", { recursive: false }),
  slot("fs.remove", "path"),
  slot("fs.remove", "path", { recursive: true }),
  slot("fs.copy", "src", { dst: "taken" }),
  slot("fs.copy", "dst", { src: "own" }),
  slot("fs.copy", "dst", { src: "tree" }),
  slot("fs.move", "src", { dst: "taken" }),
  slot("fs.move", "dst", { src: "own" }),
  slot("fs.move", "dst", { src: "tree" }),
  slot("fs.stat", "path"),
  slot("fs.exists", "path"),
  slot("fs.glob", "base_dir", { pattern: "**" }),
];

export interface Attack {
  readonly name: string;
  readonly tool: string;
  readonly args: Record<string, unknown>;
  /** Prepares the root (and the outside) right before the call. */
  readonly arrange?: () => void;
  /** Codes of which the call must be refused with one; or what is wrong with the answer to a call that may succeed. */
  readonly expect: string | readonly string[] | ((answer: Message) => string | undefined);
  /** Who ends it: the gate or the request's checks (`call.refused`), or the guest (`call.outcome`). */
  readonly record: "refused" | "fault" | "ok";
  /** What else is wrong afterwards, if anything. */
  readonly after?: () => string | undefined;
  /** Content from outside is there by the arrangement already. */
  readonly holdsCanary?: boolean;
}

/** Answers what is wrong, one line an attack; nothing when all were withstood. */
export async function withstand(ground: Field, attacks: readonly Attack[]): Promise<string[]> {
  const problems: string[] = [];
  const records: { attack: Attack; sequence: number; code: string | undefined }[] = [];
  const first = (await newest(ground)) + 1;
  // What the field was like after the attack before; undefined when that changed it.
  let inside: string | undefined;
  let before = ground.outside();
  for (const attack of attacks) {
    if (inside === undefined || attack.arrange !== undefined) {
      ground.lay();
      attack.arrange?.();
      inside = ground.inside();
      before = ground.outside();
    }
    const answer = await ground.served.call(attack.tool, attack.args);
    const say = (what: string) => problems.push(`${attack.name}: ${what}`);
    const fault = answer._meta?.["dev.tollgate/fault"];
    const code: string | undefined = fault?.code;
    const sequence = fault?.sequence ?? answer._meta?.["dev.tollgate/usage"]?.sequence;
    if (typeof attack.expect === "function") {
      const wrong = attack.expect(answer);
      if (wrong !== undefined) say(`${wrong} in ${brief(answer)}`);
    } else if (code === undefined || ![attack.expect].flat().includes(code)) {
      say(`answered ${code ?? brief(answer)} instead of ${[attack.expect].flat().join(" or ")}`);
    }
    const text = JSON.stringify(answer);
    if (!attack.holdsCanary && ground.secrets.some((secret) => text.includes(secret)))
      say(`it leaks: ${brief(answer)}`);
    const after = ground.outside();
    if (after !== before) say(`the outside changed: ${difference(before, after)}`);
    before = after;
    const now = ground.inside();
    if (now !== inside) {
      // What is refused or only reads leaves the root as it is, too.
      if (attack.record === "refused" || !EFFECTFUL.has(attack.tool))
        say(`the root changed: ${difference(inside, now)}`);
      const leaked = attack.holdsCanary ? [] : ground.leaked();
      if (leaked.length > 0) say(`content from outside is now in ${leaked.join(", ")}`);
    }
    const wrong = attack.after?.();
    if (wrong !== undefined) say(wrong);
    inside = now === inside && attack.arrange === undefined ? inside : undefined;
    if (typeof sequence !== "number") say(`names no event of the chain: ${brief(answer)}`);
    else records.push({ attack, sequence, code });
  }
  problems.push(...(await wrongRecords(ground, first, records, attacks.length)));
  return problems;
}

async function newest(ground: Field): Promise<number> {
  const { stdout } = await run(ground.place, ["chain", "status", "--json"]);
  return JSON.parse(stdout).sequence;
}

/** Compares the events from `first` on with the calls that were made. */
async function wrongRecords(
  ground: Field,
  first: number,
  records: readonly { attack: Attack; sequence: number; code: string | undefined }[],
  calls: number,
): Promise<string[]> {
  const { stdout } = await run(ground.place, ["chain", "tail", "-n", "100000", "--json"]);
  const events = new Map<number, Message>();
  const byCall = new Map<string, string[]>();
  for (const line of stdout.trim().split("\n")) {
    const event = JSON.parse(line);
    if (event.sequence < first || !event.kind.startsWith("call.")) continue;
    events.set(event.sequence, event);
    const { call_id } = event.payload;
    byCall.set(call_id, [...(byCall.get(call_id) ?? []), event.kind]);
  }
  const problems: string[] = [];
  if (byCall.size !== calls) problems.push(`${calls} calls left records of ${byCall.size}`);
  for (const { attack, sequence, code } of records) {
    const event = events.get(sequence);
    const kinds = byCall.get(event?.payload.call_id) ?? [];
    const end = attack.record === "refused" ? "call.refused" : "call.outcome";
    const wanted = attack.record !== "refused" && EFFECTFUL.has(attack.tool) ? ["call.intent", end] : [end];
    const { status, fault, decision, tool } = event?.payload ?? {};
    const verdict = attack.record === "refused" ? "deny" : "permit";
    const found = decision?.verdict === "warn" ? "permit" : (decision?.verdict ?? "deny");
    const expected = attack.record === "refused" ? undefined : attack.record;
    if (kinds.join() !== wanted.join()) problems.push(`${attack.name}: left ${kinds} instead of ${wanted}`);
    if (event?.kind !== end || tool !== attack.tool || status !== expected || fault?.code !== code || found !== verdict)
      problems.push(`${attack.name}: the wrong record: ${brief({ kind: event?.kind, ...event?.payload })}`);
  }
  return problems;
}

const brief = (value: Message): string => JSON.stringify(value).slice(0, 400);

function difference(before: string, after: string): string {
  const [old, now] = [before.split("\n"), after.split("\n")];
  const gone = old.filter((line) => !now.includes(line));
  const come = now.filter((line) => !old.includes(line));
  return `${gone.slice(0, 3).join(" | ")} → ${come.slice(0, 3).join(" | ")}`;
}
