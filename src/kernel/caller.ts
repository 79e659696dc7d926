import type { Capabilities } from "../contract/capabilities.ts";

/** Who acts on the kernel: always as the host says, never as an argument does. */
export interface Caller {
  /** `client:stdio`, `operator:cli`, `agent:x`. */
  readonly principal: string;
  /** Its address; 0 where it has none. */
  readonly pid: number;
  /** Absent for a client or an operator: all that the host holds. */
  readonly capabilities?: Capabilities;
  /**
   * Of a job that acts for a client or an operator: the host whose client that is, which may be another than the one that
   * fires it, or gone. Absent for who calls by itself.
   */
  readonly home?: string;
}
