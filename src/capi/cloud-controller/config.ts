import type { DatabaseLocation } from "../../kit/database.ts";
import type { SealingKeys } from "../../kit/seal.ts";
import type { RateLimits } from "./api/rate-limiter.ts";

/** Where other systems are reached from outside; all with scheme and real port. */
export interface CcUrls {
  /** `https://api.cf.localhost:8443`, without a trailing slash: every link starts with it. */
  readonly api: string;
  readonly login: string;
  readonly uaa: string;
  readonly credhub: string;
  readonly routing: string;
  /** `wss://doppler…` */
  readonly logging: string;
  readonly logCache: string;
  readonly logStream: string;
  /** `ssh.cf.localhost:2222` */
  readonly appSsh: string;
}

export interface CcConfig {
  readonly database: DatabaseLocation;
  /** Keys that environment variables, credentials and passwords are sealed with in the database; left out: they lie open. */
  readonly sealing?: SealingKeys;
  /** The public API. Port 0: a free one. */
  readonly listen: { readonly host: string; readonly port: number };
  /** The internal API, for the BBS, cells and cc-uploader. */
  readonly internalSocketPath: string;
  /** `cf.localhost` */
  readonly externalDomain: string;
  /** Shared domains; the first is every organization's default. */
  readonly appDomains: readonly string[];
  readonly urls: CcUrls;
  /** Ports of TCP routes, both inclusive; null while there is no TCP router: then there is no domain for them either. */
  readonly tcpPorts: { readonly from: number; readonly to: number } | null;
  /** MD5 or SHA-256 of the SSH proxy's host key, as `ssh-keygen -l` prints it. */
  readonly appSshHostKeyFingerprint: string;
  readonly limits: CcLimits;
  /** Left out: as the real one. */
  readonly retention?: Partial<Retention>;
  /** How many requests one may make; null or left out: any number, which is CC's default too. */
  readonly rateLimits?: RateLimits | null;
  /** Origins whose pages may ask, `*` stands for anything. CC: allowed_cors_domains */
  readonly corsOrigins?: readonly string[];
  /** A manager of an organization may bring people of other origins in by name. CC: allow_user_creation_by_org_manager, false */
  readonly orgManagersCreateUsers?: boolean;
  /** Buildpacks that the platform brings along, in order of detection. */
  readonly systemBuildpacks: readonly SystemBuildpack[];
  /** Name, version and texts of `/v2/info` and `/v3/info`. */
  readonly info: CcInfo;
}

export interface SystemBuildpack {
  readonly name: string;
  /** From 1. */
  readonly position: number;
  /** Null: any stack. */
  readonly stack: string | null;
  /** Holds the version: another one makes the start install the bits anew. */
  readonly filename: string;
}

export interface CcInfo {
  readonly name: string;
  readonly build: string;
  readonly description: string;
  readonly version: number;
  readonly supportAddress: string;
  readonly minCliVersion: string;
  readonly minRecommendedCliVersion: string;
}

/** What is kept how long, or how much of it. */
export interface Retention {
  readonly auditEventDays: number;
  /** Of apps and of services; the last one is kept in any case. */
  readonly usageEventDays: number;
  readonly completedTaskDays: number;
  readonly finishedJobDays: number;
  /** Those that are over. Revisions have a limit of their own. */
  readonly buildsPerApp: number;
  readonly deploymentsPerApp: number;
}

/** CC: config/cloud_controller.yml and cf-deployment's cloud_controller_ng defaults. */
export interface CcLimits {
  readonly bodyBytesMax: number;
  readonly packageBytesMax: number;
  readonly dropletBytesMax: number;
  readonly buildpackBytesMax: number;
  readonly defaultAppMemoryMb: number;
  readonly defaultAppDiskMb: number;
  readonly appDiskMbMax: number;
  readonly defaultAppLogRateBytes: number;
  readonly stagingMemoryMb: number;
  readonly stagingDiskMb: number;
  readonly stagingTimeoutSeconds: number;
  readonly healthCheckTimeoutSeconds: number;
  readonly healthCheckTimeoutSecondsMax: number;
  readonly labelsMax: number;
  readonly annotationsMax: number;
  readonly totalReservedPorts: number;
  /** Bindings that one app may have to one instance, so that credentials can be rotated. CC's default is 1. */
  readonly bindingsPerAppAndInstanceMax: number;
  /** Whether apps may be bound to services that mount volumes. */
  readonly volumeServicesEnabled: boolean;
  readonly brokerPolling: PollingLimits;
}

/** How a broker's asynchronous work is followed. CC: jobs/reoccurring_job.rb */
export interface PollingLimits {
  /** Wait before the second look; it doubles up to `intervalMs`. */
  readonly firstMs: number;
  /** CC: broker_client_default_async_poll_interval_seconds */
  readonly intervalMs: number;
  /** The longest Retry-After that is followed. CC: broker_client_max_async_poll_interval_seconds */
  readonly intervalMaxMs: number;
  /** From the request to the last look; a plan may shorten it. CC: broker_client_max_async_poll_duration_minutes */
  readonly durationMaxMs: number;
}

export const DEFAULT_LIMITS: CcLimits = {
  bodyBytesMax: 1_048_576,
  packageBytesMax: 1_610_612_736,
  dropletBytesMax: 1_610_612_736,
  buildpackBytesMax: 1_610_612_736,
  defaultAppMemoryMb: 1024,
  defaultAppDiskMb: 1024,
  appDiskMbMax: 10_240,
  defaultAppLogRateBytes: -1,
  stagingMemoryMb: 1024,
  stagingDiskMb: 6144,
  stagingTimeoutSeconds: 900,
  healthCheckTimeoutSeconds: 60,
  healthCheckTimeoutSecondsMax: 600,
  labelsMax: 50,
  annotationsMax: 200,
  totalReservedPorts: 100,
  bindingsPerAppAndInstanceMax: 5,
  volumeServicesEnabled: false,
  brokerPolling: {
    firstMs: 2_000,
    intervalMs: 60_000,
    intervalMaxMs: 86_400_000,
    durationMaxMs: 7 * 86_400_000,
  },
};
