/** Kinds of open constructs. */
export enum FRAME {
  function = 0,
  block = 1,
  loop = 2,
  if = 3,
  else = 4,
  try = 5,
  catch = 6,
}

/** Ways out of a loop. */
export enum EXIT {
  br = 0,
  brIf = 1,
  return = 2,
}

/** No account: the place cannot be reached. */
export const DEAD = -1;
/** The depth of no loop, since construct 0 is the function. */
export const NO_LOOP = 0;

/** What is known of an open construct: numbers side by side in one array, which the walk gets at much faster. */
export enum AT {
  kind = 0,
  /** The account before the construct, or DEAD. */
  before = 1,
  /** The outermost construct that a jump from inside targets. */
  escape = 2,
  /** The account at the end of the arms so far, or DEAD. */
  arm = 3,
  /** Where the loop's edit stands in the ledger, or -1. */
  loopEdit = 4,
  /** How many jumps target the construct's end: 0, 1, or 2 for more. */
  jumps = 5,
  /** The account that the only such jump stands in, and where it is conditional, the one it falls through to. */
  jumpFrom = 6,
  jumpElse = 7,
  /** The first account of a loop, or of an `if`'s first arm; and that of its last arm. */
  firstArm = 8,
  lastArm = 9,
  /** 1 where a jump to the construct carries no values. */
  plain = 10,
  /** How often a loop turns, or 0 where that is not known. */
  turns = 11,
  /** Depth of the innermost loop that is open, or {@link NO_LOOP}, and how many are. */
  loop = 12,
  loops = 13,
  /** Parts of refunds that wait for the construct's end. */
  owes = 14,
}

/** Numbers in {@link AT}, and one to spare. */
export const FRAME_SIZE = 16;
