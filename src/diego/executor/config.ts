import type { Resources } from "../../protocol/cell.ts";

/** Numbers without another source are Diego's: rep/cmd/rep/config, executor/initializer. */
export interface ExecutorConfig {
  readonly cellId: string;
  /** SQLite file with the notes that adoption needs. */
  readonly databasePath: string;
  /** Folder for downloads that are kept. Made when missing. */
  readonly cachePath: string;
  /** Bytes that the cache may hold; default 10 GiB. */
  readonly cacheBytesMax?: number;
  /** Folder for unpacked droplets. Made when missing; its path goes into mount options (no blanks, commas, colons). */
  readonly layersPath: string;
  /** Bytes that droplets without an instance may hold together with the others, at most a quarter of the disk; default 10 GiB. */
  readonly layersBytesMax?: number;
  /** Folder for the containers' certificates, one sub-folder each. Made when missing. */
  readonly credentialsPath: string;
  readonly capacity: Resources;
  /**
   * Host folder with `builder` and `launcher`, mounted for the cached dependency `buildpack_app_lifecycle`. Its `runtimes/`
   * holds large files that droplets hold too, see `layers/known-files.ts`.
   */
  readonly lifecyclePath: string;
  /** Host folder of a Node distribution, mounted at `node/` in the lifecycle of staging tasks; empty: none. */
  readonly nodePath: string;
  /** Host folder with the platform's CA, mounted at `/etc/cf-system-certificates`; empty: none. */
  readonly trustedCertificatesPath: string;
  /** Processor cores, for the CPU entitlement. */
  readonly cpuCount: number;
  /** cgroup shares of a container with weight 100; default 1024. */
  readonly maxCpuShares?: number;
  /** Between SIGTERM and SIGKILL; default 10,000. */
  readonly gracefulShutdownMs?: number;
  /** Between liveness checks; default 30,000. */
  readonly healthyIntervalMs?: number;
  /** Longest pause between startup checks; default 2,000. The first ones follow each other faster. */
  readonly unhealthyIntervalMs?: number;
  /** Limit of one check; default 1,000. */
  readonly checkTimeoutMs?: number;
  /** Between container metrics; default 15,000. */
  readonly metricsIntervalMs?: number;
  /** A reservation that nobody runs is given up after; default 60,000. */
  readonly reservationMs?: number;
  /** Between looks for vanished containers and expired reservations; default 60,000. */
  readonly reapIntervalMs?: number;
  /** Creates, downloads and uploads at once; default 8, 5, 5. */
  readonly createsMax?: number;
  readonly downloadsMax?: number;
  readonly uploadsMax?: number;
}

export const EXECUTOR_DEFAULTS = {
  cacheBytesMax: 10 * 1024 ** 3,
  layersBytesMax: 10 * 1024 ** 3,
  maxCpuShares: 1024,
  gracefulShutdownMs: 10_000,
  healthyIntervalMs: 30_000,
  unhealthyIntervalMs: 2_000,
  checkTimeoutMs: 1_000,
  metricsIntervalMs: 15_000,
  reservationMs: 60_000,
  reapIntervalMs: 60_000,
  createsMax: 8,
  downloadsMax: 5,
  uploadsMax: 5,
} as const;

export type FullExecutorConfig = Required<ExecutorConfig>;

/** The configuration with every default filled in. */
export function withDefaults(config: ExecutorConfig): FullExecutorConfig {
  return { ...EXECUTOR_DEFAULTS, ...config };
}
