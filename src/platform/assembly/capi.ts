import { join } from "node:path";
import type { BlobstoreClient } from "../../capi/blobstore/client.ts";
import { packBuildpack, systemBuildpacks } from "../../capi/buildpacks/index.ts";
import type { BridgeClient } from "../../capi/cc-bridge/client.ts";
import { defaultBridgeConfig, startCcBridge } from "../../capi/cc-bridge/index.ts";
import { type CloudController, DEFAULT_LIMITS, startCloudController } from "../../capi/cloud-controller/index.ts";
import type { BbsClient } from "../../diego/bbs/client.ts";
import type { UaaClient } from "../../identity/uaa/client.ts";
import { type HttpClient, socketHttpClient } from "../../kit/http-client.ts";
import { createBrokerClient, DEFAULT_BROKER_LIMITS, isRefusedAddress } from "../../services/broker-client/index.ts";
import { internalSockets } from "../internal-hosts.ts";
import { sealingKeys } from "../sealing-keys.ts";
import { appsDomain } from "../urls.ts";
import { ingotVersion } from "../version.ts";
import { type Assembly, LOOPBACK } from "./assembly.ts";
import type { Logging } from "./logging.ts";
import type { DomainNews } from "./networking.ts";

/** What brokers are reached by: apps of this machine by its router, everything else as anybody reaches it. Tenants choose the addresses. */
function brokerHttp({ config, ca }: Assembly["site"]): HttpClient {
  const isOurs = (hostname: string): boolean => hostname === config.domain || hostname.endsWith(`.${config.domain}`);
  return socketHttpClient(() => null, {
    addressOf: (hostname) => (isOurs(hostname) ? LOOPBACK : null),
    refuses: isRefusedAddress,
    caPem: ca.certPem,
  });
}

/** The Cloud Controller with its bridge. */
export type RunningCapi = CloudController & { readonly bridge: BridgeClient };

/** Cloud Controller, and the bridge that makes its wishes Diego's. */
export async function startCapi(
  { site, deps, log, database, pause, keep }: Assembly,
  clients: { uaa: UaaClient; blobstore: BlobstoreClient; bbs: BbsClient; logging: Logging; domains: DomainNews },
): Promise<RunningCapi> {
  const { config, state, urls, sshFingerprint } = site;
  const { clock, random, secrets, subprocess, http } = deps;
  const { uaa, blobstore, bbs, logging, domains } = clients;
  const sockets = internalSockets(state);
  const bridge = await keep(
    startCcBridge(defaultBridgeConfig(sockets.ccUploader), {
      bbs,
      logCache: logging.logCache,
      http,
      clock,
      log: log("cc-bridge"),
      pause,
    }),
  );
  const cc = await keep(
    startCloudController(
      {
        database: database("cloud-controller"),
        sealing: sealingKeys(site.store),
        listen: { host: LOOPBACK, port: 0 },
        internalSocketPath: sockets.cloudController,
        externalDomain: config.domain,
        appDomains: [appsDomain(config)],
        urls,
        tcpPorts: null,
        appSshHostKeyFingerprint: sshFingerprint,
        limits: DEFAULT_LIMITS,
        rateLimits:
          config.rateLimit === null
            ? null
            : {
                generalMax: config.rateLimit,
                unauthenticatedMax: config.rateLimitUnauthenticated,
                adminMax: config.rateLimitAdmin,
                intervalMinutes: config.rateLimitMinutes,
              },
        retention: {
          auditEventDays: config.auditEventDays,
          usageEventDays: config.usageEventDays,
          completedTaskDays: config.completedTaskDays,
          finishedJobDays: config.finishedJobDays,
        },
        corsOrigins: config.corsOrigins,
        orgManagersCreateUsers: config.orgManagersCreateUsers,
        systemBuildpacks: systemBuildpacks(),
        info: {
          name: "Ingot",
          build: ingotVersion(),
          description: "Cloud Foundry, cast in one piece",
          version: 0,
          supportAddress: "",
          minCliVersion: "",
          minRecommendedCliVersion: "",
        },
      },
      {
        clock,
        random,
        secrets,
        log: log("cloud-controller"),
        uaa,
        blobstore,
        bridge: bridge.client,
        http,
        brokers: createBrokerClient(
          { ...DEFAULT_BROKER_LIMITS, apiInfoLocation: `${new URL(urls.api).host}/v2/info` },
          { http: brokerHttp(site), clock, random },
        ),
        agent: logging.agent,
        domainsChanged: domains.tell,
        buildpackArchive: async (name, signal) => {
          const found = systemBuildpacks().find((buildpack) => buildpack.name === name);
          if (found === undefined) throw new Error(`no system buildpack ${name}`);
          const archive = join(state.cache, found.filename);
          await packBuildpack(found.folder, archive, { nodePath: process.execPath, subprocess }, signal);
          return archive;
        },
      },
    ),
  );
  bridge.attach(cc.bridgeSource);
  return Object.assign(cc, { bridge: bridge.client });
}
