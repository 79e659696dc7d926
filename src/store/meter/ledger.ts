/** What an edit does at its place in the original body; {@link Ledger.addEdit} says what its arguments are. */
export const EDIT = {
  /** Charge an account where it starts. `a`: account */
  charge: 0,
  /** The same at the head of a loop that is jumped back to: then check. `a`: account */
  loop: 1,
  /** Before a call. `a`: callee's function index or -1, `b`: the account that pays for it */
  beforeCall: 2,
  /** After a call. Arguments as before it */
  afterCall: 3,
  /** Before an operator that leaves the function or the world: store the local counter */
  flush: 4,
  /** At an exception handler: the global counter is the true one */
  handler: 5,
  /** A `return` to be replaced. `a`: nesting depth */
  return: 6,
  /** Before a bulk operation whose length is on top of the stack: charge and check */
  bulk: 7,
  /** Before a grow: remember the amount on top of the stack */
  beforeGrow: 8,
  /** After a grow: charge it if it succeeded. `a`: 1 for a memory, 0 for a table */
  afterGrow: 9,
  /** Before an operator that steers control: from here on the local counter must be the true one */
  sync: 10,
} as const;

/** Numbers that one edit takes in {@link Ledger.edits}. */
export const EDIT_SIZE = 4;

/** What a function needs beside its accounts. */
export const TRAIT = {
  /** Its end is jumped to, by `return` or `br` */
  returns: 1,
  /** Has calls, bulk operations, grows, loops or throws: what it costs is not constant */
  variable: 2,
  bulk: 4,
  grows: 8,
} as const;

const KEPT_EDITS = 1 << 18;
const KEPT_ACCOUNTS = 1 << 17;

/**
 * The result of the walk over all bodies: accounts (sets of operators that run equally often, with their total cost)
 * and the places where the rewrite inserts something. Flat arrays, kept between modules.
 */
export class Ledger {
  /** `[place, kind, a, b]` for each edit, in ascending order of place. */
  edits = new Int32Array(KEPT_EDITS);
  /** In numbers, not edits. */
  editsEnd = 0;
  totals = new Float64Array(KEPT_ACCOUNTS);
  /** How often an account is expected to run, for the choice between a local and a global counter. */
  weights = new Float32Array(KEPT_ACCOUNTS);
  accountsEnd = 0;
  /** By defined function: where its edits and accounts begin (one more at the end), its traits and its locals. */
  firstEdit = new Uint32Array(0);
  firstAccount = new Uint32Array(0);
  traits = new Uint8Array(0);
  locals = new Uint32Array(0);

  /** Starts over for a module with so many bodies. */
  begin(functions: number): void {
    this.editsEnd = 0;
    this.accountsEnd = 0;
    if (this.traits.length < functions || this.traits.length > 4096) {
      const room = Math.max(functions, 1024);
      this.firstEdit = new Uint32Array(room + 1);
      this.firstAccount = new Uint32Array(room + 1);
      this.traits = new Uint8Array(room);
      this.locals = new Uint32Array(room);
    }
  }

  /** Gives back what a large module made it take. */
  release(): void {
    if (this.edits.length > KEPT_EDITS) this.edits = new Int32Array(KEPT_EDITS);
    if (this.totals.length > KEPT_ACCOUNTS) {
      this.totals = new Float64Array(KEPT_ACCOUNTS);
      this.weights = new Float32Array(KEPT_ACCOUNTS);
    }
  }

  /** Opens an account and answers its number. */
  open(cost: number, weight: number): number {
    const account = this.accountsEnd++;
    if (account >= this.totals.length) this.#growAccounts();
    this.totals[account] = cost;
    this.weights[account] = weight;
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

  #growAccounts(): void {
    const totals = new Float64Array(this.totals.length * 2);
    totals.set(this.totals);
    this.totals = totals;
    const weights = new Float32Array(this.weights.length * 2);
    weights.set(this.weights);
    this.weights = weights;
  }

  #growEdits(): void {
    const edits = new Int32Array(this.edits.length * 2);
    edits.set(this.edits);
    this.edits = edits;
  }
}
