/** Durations of Diego: diego-release, jobs/bbs/spec and bbs/models. */
export interface BbsConfig {
  /** SQLite file; `:memory:` for tests. */
  readonly databasePath: string;
  /** Between two runs of convergence. Default 30,000. */
  readonly convergenceIntervalMs?: number;
  /** Between two looks at the cells' presences. Default 3,000. */
  readonly cellPollMs?: number;
  /** A completed task whose callback failed is tried again after this. Default 30,000. */
  readonly kickTaskMs?: number;
  /** A task that no cell has started by then has failed. Default 1,800,000. */
  readonly expirePendingTaskMs?: number;
  /** A completed task that nobody resolved is deleted after this. Default 120,000. */
  readonly expireCompletedTaskMs?: number;
  /** Rejections of a task before it fails. Default 3. */
  readonly taskRejectionsMax?: number;
}

export type BbsSettings = Required<BbsConfig>;

export function withDefaults(config: BbsConfig): BbsSettings {
  return {
    convergenceIntervalMs: 30_000,
    cellPollMs: 3_000,
    kickTaskMs: 30_000,
    expirePendingTaskMs: 1_800_000,
    expireCompletedTaskMs: 120_000,
    taskRejectionsMax: 3,
    ...config,
  };
}
