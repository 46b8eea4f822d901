export interface BridgeConfig {
  /** Where cells reach the Cloud Controller's internal API. */
  readonly ccInternalUrl: string;
  readonly fileServerUrl: string;
  readonly ccUploaderUrl: string;
  /** Where cc-uploader listens: a unix socket. */
  readonly ccUploaderSocket: string;
  /** CC: config/cloud_controller.yml, diego.sync.frequency_in_seconds */
  readonly syncIntervalMs: number;
  /** CC: staging.timeout_in_seconds */
  readonly stagingTimeoutSeconds: number;
  /** CC: default_health_check_timeout */
  readonly healthCheckTimeoutSeconds: number;
  /** CC: diego.pid_limit */
  readonly pidsMax: number;
  /** CC: staging.minimum_staging_file_descriptor_limit */
  readonly stagingFileDescriptors: number;
}

/** The values of a usual Cloud Foundry; only the socket is the machine's own. */
export function defaultBridgeConfig(ccUploaderSocket: string): BridgeConfig {
  return {
    ccInternalUrl: "https://cloud-controller-ng.service.cf.internal:9023",
    fileServerUrl: "http://file-server.service.cf.internal:8080",
    ccUploaderUrl: "https://cc-uploader.service.cf.internal:9091",
    ccUploaderSocket,
    syncIntervalMs: 30_000,
    stagingTimeoutSeconds: 900,
    healthCheckTimeoutSeconds: 60,
    pidsMax: 1024,
    stagingFileDescriptors: 16_384,
  };
}
