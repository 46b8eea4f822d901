import { type BootstrapClient, standardClients, startUaa } from "../../identity/uaa/index.ts";
import { socketHttpClient } from "../../kit/http-client.ts";
import { measureAudit } from "../platform-metrics.ts";
import { type Assembly, LOOPBACK } from "./assembly.ts";

export const ADMIN_USER = "admin";

/** The platform's own clients, with the secrets that are in the store now. */
export function platformClients({ urls, store }: Pick<Assembly["site"], "urls" | "store">): BootstrapClient[] {
  return standardClients(urls.uaa, (id) => store.get(`uaa-client-${id}`));
}

/** UAA with its admin user and the clients of the platform. */
export function startIdentity({ site, deps, log, database, metrics, keep }: Assembly): ReturnType<typeof startUaa> {
  const { config, urls, store, adminPassword } = site;
  const { clock, random, secrets } = deps;
  return keep(
    startUaa(
      {
        database: database("uaa"),
        domain: config.domain,
        issuerUrl: `${urls.uaa}/oauth/token`,
        listen: { host: LOOPBACK, port: 0 },
        loginUrl: urls.login,
        uaaUrl: urls.uaa,
        adminUser: ADMIN_USER,
        adminPassword,
        clients: platformClients({ urls, store }),
      },
      { clock, random, secrets, log: log("uaa"), http: socketHttpClient(), audited: measureAudit(metrics) },
    ),
  );
}
