export interface FileReport {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Why the file fails although single tests may have passed; empty when all is well. */
  readonly problems: readonly string[];
}
