import { DEFAULT_LIMITS } from "../../src/contract/limits.ts";
import { type Authority, STANDARD_STREAMS } from "../../src/contract/permit.ts";

/** The authority of a run that may do nothing but compute, read its input and write its output. */
export const BARE_AUTHORITY: Authority = {
  roots: [],
  hostCalls: [],
  streams: STANDARD_STREAMS,
  clock: false,
  random: false,
  args: [],
  env: {},
  limits: DEFAULT_LIMITS,
};
