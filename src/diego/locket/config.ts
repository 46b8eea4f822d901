export interface LocketConfig {
  /** SQLite file; `:memory:` for tests. */
  readonly databasePath: string;
  /**
   * True on one machine, where whoever held a lock lived in the process before this one and is dead: what it left may
   * be taken at once by a new owner, yet stays listed until its TTL ends, so that a cell which comes back does not look
   * lost. False where holders live elsewhere and may still believe that they hold it. Default true.
   */
  readonly holdersDiedWithProcess?: boolean;
}
