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
  /** The SQLite file. */
  readonly databasePath: string;
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
};
