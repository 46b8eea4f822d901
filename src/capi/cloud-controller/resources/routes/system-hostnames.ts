/** Hosts of the system domain that no app may take. CC: config/cloud_controller.yml, cf-deployment */
export const SYSTEM_HOSTNAMES: readonly string[] = [
  "api",
  "uaa",
  "login",
  "doppler",
  "loggregator",
  "log-cache",
  "log-stream",
  "credhub",
  "ssh",
];
