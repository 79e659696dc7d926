/** Numbers that one edit takes in {@link Ledger.edits}. */
export const EDIT_SIZE = 4;
/** The same of one call in {@link Ledger.calls}. */
export const CALL_SIZE = 2;

const KEPT_EDITS = 1 << 18;
const KEPT_ACCOUNTS = 1 << 17;
const KEPT_CALLS = 1 << 15;
const KEPT_MOVES = 1 << 15;

/** What an edit does at its place in the original body; {@link Ledger.addEdit} says what its arguments are. */
export enum EDIT {
  /** Charge an account where it starts. `a`: account */
  charge = 0,
  /** The same at the head of a loop that is jumped back to: then check. `a`: account */
  loop = 1,
  /** A call. `a`: callee's function index, `b`: length of the instruction */
  call = 2,
  /** Before a call through a table, whose index is on top of the stack. `a`: 1 for one of type i64 */
  beforeIndirect = 4,
  /** After a call whose callee is not known */
  afterIndirect = 5,
  /** Before a tail call */
  beforeTailCall = 6,
  /** Before an operator that throws: store the counter */
  flush = 7,
  /** At an exception handler: load the counter */
  handler = 8,
  /** Before a `return` */
  return = 9,
  /** Before a bulk operation whose length is on top of the stack = charge and check. `a`: 1 for a length of type i64 */
  bulk = 10,
  /** Before a grow: remember the amount on top of the stack. `a`: 1 for one of type i64 */
  beforeGrow = 11,
  /** After a grow = charge it if it succeeded. `a`: 1 for a memory, 0 for a table, `b`: 1 for an amount of type i64 */
  afterGrow = 12,
  /** Before a jump out of a loop: give back what was paid ahead. `a`: refund */
  refund = 13,
  /** A conditional jump out of a loop, which is replaced. `a`: refund, `b`: length of the instruction */
  refundIf = 14,
  /** The index of the local whose place the counter took, where it may become longer. `a`: length of the index */
  moved = 15,
  /** The type index of a block. `a`: type, `b`: length of the index */
  blockType = 16,
  /** The index of an imported function in `ref.func` or `return_call`. `a`: function index, `b`: length of the index */
  importReference = 17,
  /** Before an `unreachable` */
  unreachable = 18,
  /** Before an object is made. `a`: bytes, `b`: more bytes for each of the amount that was charged last */
  allocate = 19,
  /** Before a call through a reference, which is on top of the stack. `a`: type index */
  beforeCallRef = 20,
}

/** What a function needs beside its accounts. */
export enum TRAIT {
  /** Its end is jumped to by `br` */
  branchesOut = 1,
  /** Calls functions by their index */
  calls = 2,
  /** Calls through tables, bulk operations, grows, loops or throws: what it costs is not constant */
  variable = 4,
  bulk = 8,
  grows = 16,
  indirect = 32,
  /** Bulk operations, grows or calls through tables with an operand of type i64 */
  wide = 64,
  /** A label is where an exception is caught: the global counter must be the true one throughout */
  catches = 128,
  callsReferences = 256,
  /** Jumps give back what was paid ahead */
  givesBack = 512,
}

/**
 * The result of the walk over all bodies: accounts (sets of operators that run equally often, with their total cost),
 * refunds, and the places where the rewrite inserts something. Flat arrays, kept between modules.
 */
export class Ledger {
  /** `[place, kind, a, b]` for each edit, in ascending order of place. */
  edits = new Int32Array(KEPT_EDITS);
  /** In numbers, not edits. */
  editsEnd = 0;
  /** Places of indices of the local whose place the counter took, which stay of one byte. */
  moves = new Int32Array(KEPT_MOVES);
  movesEnd = 0;
  /** `[callee's function index, account that it stands in]` for each call of a function by its index. */
  calls = new Int32Array(KEPT_CALLS);
  /** In numbers, not calls. */
  callsEnd = 0;
  totals = new Float64Array(KEPT_ACCOUNTS);
  /** How many calls the body had before the account started. */
  callsBefore = new Int32Array(KEPT_ACCOUNTS);
  /** 1 for an account of which a refund gives back a part. */
  pinned = new Uint8Array(KEPT_ACCOUNTS);
  accountsEnd = 0;
  /** What each refund gives back. */
  refunds: number[] = [];
  /** By defined function: where what is noted of it begins (one more at the end), its traits and its locals. */
  firstEdit = new Uint32Array(0);
  firstMove = new Uint32Array(0);
  firstCall = new Uint32Array(0);
  firstAccount = new Uint32Array(0);
  traits = new Uint16Array(0);
  locals = new Uint32Array(0);

  /** Notes where the next function begins in what is noted. */
  beginFunction(i: number): void {
    this.firstEdit[i] = this.editsEnd;
    this.firstMove[i] = this.movesEnd;
    this.firstCall[i] = this.callsEnd;
    this.firstAccount[i] = this.accountsEnd;
  }

  /** Starts over for a module with so many bodies of so many bytes. */
  begin(functions: number, bytes: number): void {
    this.editsEnd = 0;
    this.movesEnd = 0;
    this.callsEnd = 0;
    this.accountsEnd = 0;
    this.refunds.length = 0;
    // Room for most modules of the size, which saves moving what is there.
    const edits = bytes >> 2;
    if (this.edits.length < edits) this.edits = new Int32Array(edits);
    if (this.traits.length < functions || this.traits.length > 4096) {
      const room = Math.max(functions, 1024);
      this.firstEdit = new Uint32Array(room + 1);
      this.firstMove = new Uint32Array(room + 1);
      this.firstCall = new Uint32Array(room + 1);
      this.firstAccount = new Uint32Array(room + 1);
      this.traits = new Uint16Array(room);
      this.locals = new Uint32Array(room);
    }
  }

  /** Gives back what a large module made it take. */
  release(): void {
    if (this.edits.length > KEPT_EDITS) this.edits = new Int32Array(KEPT_EDITS);
    if (this.moves.length > KEPT_MOVES) this.moves = new Int32Array(KEPT_MOVES);
    if (this.calls.length > KEPT_CALLS) this.calls = new Int32Array(KEPT_CALLS);
    if (this.totals.length > KEPT_ACCOUNTS) {
      this.totals = new Float64Array(KEPT_ACCOUNTS);
      this.callsBefore = new Int32Array(KEPT_ACCOUNTS);
      this.pinned = new Uint8Array(KEPT_ACCOUNTS);
    }
    this.refunds = [];
  }

  /** Opens an account and answers its number. */
  open(cost: number, callsBefore: number): number {
    const account = this.accountsEnd++;
    if (account >= this.totals.length) this.#growAccounts();
    this.totals[account] = cost;
    this.callsBefore[account] = callsBefore;
    this.pinned[account] = 0;
    return account;
  }

  addEdit(place: number, kind: number, a: number, b: number): void {
    let at = this.editsEnd;
    if (at + EDIT_SIZE > this.edits.length) this.#growEdits();
    const edits = this.edits;
    edits[at++] = place;
    edits[at++] = kind;
    edits[at++] = a;
    edits[at++] = b;
    this.editsEnd = at;
  }

  addMove(place: number): void {
    if (this.movesEnd === this.moves.length) this.moves = withTwiceTheRoom(this.moves);
    this.moves[this.movesEnd++] = place;
  }

  addCall(callee: number, account: number): void {
    if (this.callsEnd + CALL_SIZE > this.calls.length) this.calls = withTwiceTheRoom(this.calls);
    this.calls[this.callsEnd++] = callee;
    this.calls[this.callsEnd++] = account;
  }

  #growAccounts(): void {
    const room = this.totals.length * 2;
    const { totals, callsBefore, pinned } = this;
    this.totals = new Float64Array(room);
    this.totals.set(totals);
    this.callsBefore = new Int32Array(room);
    this.callsBefore.set(callsBefore);
    this.pinned = new Uint8Array(room);
    this.pinned.set(pinned);
  }

  #growEdits(): void {
    this.edits = withTwiceTheRoom(this.edits);
  }
}

/** A copy with twice the room. */
export function withTwiceTheRoom(numbers: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(numbers.length * 2);
  larger.set(numbers);
  return larger;
}
