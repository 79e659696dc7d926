/** What a tool that may ask is given in the place of its arguments alone. */
interface AskingDocument {
  readonly arguments: unknown;
  readonly can_ask: boolean;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly state?: unknown;
}

/** What came of the round before; empty in the first one. */
export const round: { canAsk: boolean; inputs: Readonly<Record<string, unknown>>; state: unknown } = {
  canAsk: false,
  inputs: {},
  state: undefined,
};

/** Notes what the round begins with, and answers the arguments. */
export function beginRound(given: unknown): unknown {
  const { arguments: args, can_ask: canAsk, inputs = {}, state } = given as AskingDocument;
  Object.assign(round, { canAsk, inputs, state });
  return args;
}

/** The answer of a tool that wants to know something first: it is run again, from its beginning, with what came of it. */
export const ask = (questions: Readonly<Record<string, unknown>>, state?: unknown) => ({
  ask: questions,
  ...(state !== undefined && { state }),
});
