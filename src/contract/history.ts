/** What a principal and all together have used of a host's fuel over the last minute. */
export interface FuelShare {
  readonly own: number;
  readonly total: number;
  /** How many principals have used any, this one included where it has. */
  readonly principals: number;
}

/**
 * What principals have done before, as the gate scores by it. Principals are written `client:stdio`, `agent:x`. Only what
 * ran counts, not what was refused. A count may stop growing where it makes no difference any more, and what is too long
 * ago may be forgotten: it then counts as never seen.
 */
export interface History {
  /** How often the principal has carried out the gate action. */
  actionSeen(principal: string, action: string): number;
  /** How often it has carried out the action on something directly in the directory. */
  directorySeen(principal: string, action: string, directory: string): number;
  fuelShare(principal: string): FuelShare;
}
