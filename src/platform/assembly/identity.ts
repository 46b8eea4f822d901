import { standardClients, startUaa } from "../../identity/uaa/index.ts";
import { socketHttpClient } from "../../kit/http-client.ts";
import { type Assembly, LOOPBACK } from "./assembly.ts";

/** UAA with its admin user and the clients of the platform. */
export function startIdentity({ site, deps, log, database, keep }: Assembly): ReturnType<typeof startUaa> {
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
        adminUser: "admin",
        adminPassword,
        clients: standardClients(urls.uaa, (id) => store.get(`uaa-client-${id}`)),
      },
      { clock, random, secrets, log: log("uaa"), http: socketHttpClient() },
    ),
  );
}
