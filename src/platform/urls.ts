import type { CcUrls } from "../capi/cloud-controller/index.ts";
import type { IngotConfig } from "./config.ts";
import type { Ports } from "./ports.ts";

/** Where the systems are reached from outside, with their real ports (a scheme's own port is left out). */
export function platformUrls(config: Pick<IngotConfig, "domain" | "sshPort">, ports: Ports): CcUrls {
  const port = ports.https === 443 ? "" : `:${ports.https}`;
  const https = (host: string): string => `https://${host}.${config.domain}${port}`;
  return {
    api: https("api"),
    login: https("login"),
    uaa: https("uaa"),
    credhub: https("credhub"),
    routing: `${https("api")}/routing`,
    logging: `wss://doppler.${config.domain}:${ports.https}`,
    logCache: https("log-cache"),
    logStream: https("log-stream"),
    appSsh: `ssh.${config.domain}:${config.sshPort}`,
  };
}

/** Domain of apps. */
export function appsDomain(config: Pick<IngotConfig, "domain">): string {
  return `apps.${config.domain}`;
}

/** Hosts of the UAA, and of its further identity zones. */
export function uaaNames(domain: string): string[] {
  return [`uaa.${domain}`, `login.${domain}`, `*.uaa.${domain}`, `*.login.${domain}`];
}

/** Names that the router's certificate must carry: a wildcard covers one label. */
export function certificateNames(config: Pick<IngotConfig, "domain">): string[] {
  return [
    `*.${config.domain}`,
    config.domain,
    `*.${appsDomain(config)}`,
    `*.uaa.${config.domain}`,
    `*.login.${config.domain}`,
  ];
}
