import { join } from "node:path";
import type { BlobstoreClient } from "../../capi/blobstore/client.ts";
import { packBuildpack, systemBuildpacks } from "../../capi/buildpacks/index.ts";
import { defaultBridgeConfig, startCcBridge } from "../../capi/cc-bridge/index.ts";
import { DEFAULT_LIMITS, startCloudController } from "../../capi/cloud-controller/index.ts";
import type { BbsClient } from "../../diego/bbs/client.ts";
import type { UaaClient } from "../../identity/uaa/client.ts";
import { internalSockets } from "../internal-hosts.ts";
import { appsDomain } from "../urls.ts";
import { ingotVersion } from "../version.ts";
import { type Assembly, LOOPBACK } from "./assembly.ts";
import type { Logging } from "./logging.ts";

/** Cloud Controller, and the bridge that makes its wishes Diego's. */
export async function startCapi(
  { site, deps, log, data, pause, keep }: Assembly,
  clients: { uaa: UaaClient; blobstore: BlobstoreClient; bbs: BbsClient; logging: Logging },
): ReturnType<typeof startCloudController> {
  const { config, state, urls, sshFingerprint } = site;
  const { clock, random, secrets, subprocess, http } = deps;
  const { uaa, blobstore, bbs, logging } = clients;
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
        database: { path: data("cloud-controller") },
        listen: { host: LOOPBACK, port: 0 },
        internalSocketPath: sockets.cloudController,
        externalDomain: config.domain,
        appDomains: [appsDomain(config)],
        urls,
        tcpPorts: null,
        appSshHostKeyFingerprint: sshFingerprint,
        limits: DEFAULT_LIMITS,
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
        agent: logging.agent,
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
  return cc;
}
