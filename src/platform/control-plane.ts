import { copyFileSync, mkdirSync } from "node:fs";
import { freemem, totalmem } from "node:os";
import { join } from "node:path";
import { startBlobstore } from "../capi/blobstore/index.ts";
import { defaultNpmVersion, packBuildpack, systemBuildpacks } from "../capi/buildpacks/index.ts";
import { defaultBridgeConfig, startCcBridge } from "../capi/cc-bridge/index.ts";
import { type CcUrls, DEFAULT_LIMITS, startCloudController } from "../capi/cloud-controller/index.ts";
import { prepareLifecycle, prepareRuntimes } from "../capi/lifecycle/index.ts";
import { type Auctioneer, startAuctioneer } from "../diego/auctioneer/index.ts";
import { startBbs } from "../diego/bbs/index.ts";
import { startExecutor } from "../diego/executor/index.ts";
import { startLocket } from "../diego/locket/index.ts";
import { type RepClient, startRep } from "../diego/rep/index.ts";
import { startRouteEmitter } from "../diego/route-emitter/index.ts";
import { GARDEN_DEFAULTS, type Isolation, startGarden } from "../garden/index.ts";
import { standardClients, startUaa } from "../identity/uaa/index.ts";
import type { HttpClient } from "../kit/http-client.ts";
import type { Log } from "../kit/log.ts";
import { startAgent } from "../logging/agent/index.ts";
import { startLogCache } from "../logging/log-cache/index.ts";
import { startProcessGauges } from "../logging/metrics/index.ts";
import { DNS_DEFAULTS, hostResolvers, startDns } from "../networking/dns/index.ts";
import { detachedSpawn, startGorouter } from "../routing/gorouter/index.ts";
import { startNatsServer } from "../routing/nats-server/index.ts";
import { startRouteRegistrar } from "../routing/route-registrar/index.ts";
import type { CertificateAuthority } from "./certificate-authority.ts";
import type { IngotConfig } from "./config.ts";
import { canAnswerHost, HOST_DNS } from "./host-dns.ts";
import { instanceIdentity } from "./instance-identity.ts";
import { internalSockets } from "./internal-hosts.ts";
import { logAccess } from "./log-access.ts";
import { narrate } from "./narrator.ts";
import type { PlatformDeps } from "./platform.ts";
import type { Ports } from "./ports.ts";
import type { SecretStore } from "./secret-store.ts";
import type { StateFolder } from "./state-folder.ts";
import { type PlatformStatus, pssKb } from "./status.ts";
import { appsDomain, certificateNames } from "./urls.ts";
import { ingotVersion } from "./version.ts";

const LOOPBACK = "127.0.0.1";
const STACK = "cflinuxfs4";
/** What the platform and the machine keep for themselves. */
const RESERVED_MEMORY_BYTES = 2 * 1024 ** 3;
const CELL_MEMORY_MIN_BYTES = 512 * 1024 ** 2;

/** Everything that is decided before the first component starts. */
export interface Site {
  readonly config: IngotConfig;
  readonly state: StateFolder;
  readonly ports: Ports;
  readonly urls: CcUrls;
  readonly store: SecretStore;
  readonly ca: CertificateAuthority;
  readonly adminPassword: string;
  readonly sshFingerprint: string;
  readonly cpuCount: number;
  /** Folders of libraries that our Node needs and the machine lacks, as LD_LIBRARY_PATH has them; empty: none. */
  readonly libraryPath: string;
}

export interface ControlPlane extends AsyncDisposable {
  readonly isolation: Isolation;
  readonly notes: readonly string[];
  /** Cells that take work. */
  cells(): Promise<number>;
  status(about: {
    readonly startedAtMs: number;
    readonly apiUrl: string;
    readonly ports: Ports;
  }): Promise<PlatformStatus>;
  stopApps(): Promise<void>;
  /** Says what happens to apps, a line an event, until aborted. */
  narrate(signal: AbortSignal): Promise<void>;
}

/**
 * Which components run, in which order, with whose clients: all of them in this process, calling each other directly. What
 * does not wait for another starts beside it. Rejects with everything stopped that it had started.
 */
export async function startControlPlane(
  site: Site,
  deps: PlatformDeps & { readonly http: HttpClient },
): Promise<ControlPlane> {
  const { config, state, ports, urls, store, ca } = site;
  const { clock, random, secrets, subprocess, http } = deps;
  const log = (component: string): Log => deps.log.child({ component });
  const data = (name: string): string => join(state.data, `${name}.sqlite`);
  const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const sockets = internalSockets(state);
  await using cleanup = new AsyncDisposableStack();
  const keep = async <T extends AsyncDisposable>(starting: Promise<T>): Promise<T> => {
    const started = await starting;
    // Another has failed meanwhile: what comes too late must not run on.
    if (cleanup.disposed) await started[Symbol.asyncDispose]();
    return cleanup.use(started);
  };
  /** A component that has given up cannot be trusted: the whole process starts anew and adopts what runs. */
  const mustLive = (name: string, failed: AbortSignal): void =>
    failed.addEventListener("abort", () => {
      throw new Error(`${name} has given up`, { cause: failed.reason });
    });

  const gauges = cleanup.use(startProcessGauges());
  const nats = await keep(startNatsServer({}, { clock, random, log: log("nats") }));
  const logCache = await keep(
    startLogCache(
      { listen: { host: LOOPBACK, port: 0 }, folder: join(state.data, "log-cache") },
      { clock, log: log("log-cache"), authorize: logAccess(http) },
    ),
  );
  const agent = await keep(
    startAgent(
      {},
      { clock, log: log("agent"), sinks: [{ name: "log-cache", put: (envelopes) => logCache.client.put(envelopes) }] },
    ),
  );

  const lifecycleConfig = {
    cacheDir: state.cache,
    nodePath: process.execPath,
    nodeVersion: process.versions.node,
    ...(site.libraryPath === "" ? {} : { libraryDirs: site.libraryPath.split(":") }),
  };
  const lifecycle = prepareLifecycle(lifecycleConfig, { subprocess }, deps.signal);
  lifecycle.catch(() => undefined); // told where it is awaited, if the start comes that far
  const certificate = ca.routerCertificate(certificateNames(config), [LOOPBACK]);
  const gardenAlone = startGarden(
    {
      ...GARDEN_DEFAULTS,
      root: state.garden,
      cacheRoot: state.cache,
      stateHash: state.hash,
      isolation: config.isolation,
      relayPorts: [ports.http, ports.https].map((port) => ({ containerPort: port, gatewayPort: port })),
      memoryCapacityBytes: cellMemoryBytes(config),
    },
    { clock, random, subprocess, log: log("garden") },
  );
  const gardenStarts = keep(gardenAlone);
  let standing = false;
  cleanup.defer(async () => {
    // A start that fails leaves the machine as it was, unless containers of an earlier run need what Garden has made.
    const garden = standing ? null : await gardenAlone.catch(() => null);
    if (garden !== null && (await garden.client.list()).length === 0) await garden.destroyAll();
  });
  /** The router listens for containers on their gateway too, which Garden makes. */
  const routerStarts = Promise.all([gardenStarts, certificate]).then(([{ gatewayAddress }, { certPath, keyPath }]) => {
    const hosts = [...new Set([...config.bind, gatewayAddress])];
    const listen = hosts.flatMap((host) => [
      { host, port: ports.http, tls: false },
      { host, port: ports.https, tls: true },
    ]);
    return keep(
      startGorouter(
        { version: ingotVersion(), stateRun: state.run, listen, certificates: { certPem: certPath, keyPem: keyPath } },
        {
          clock,
          random,
          log: log("gorouter"),
          bus: nats.bus,
          agent: agent.client,
          spawn: detachedSpawn(state.logs, join(state.cache, "compile"), site.libraryPath),
        },
      ),
    );
  });
  const [garden, uaa, blobstore, locket, gorouter] = await Promise.all([
    gardenStarts,
    keep(
      startUaa(
        {
          databasePath: data("uaa"),
          domain: config.domain,
          issuerUrl: `${urls.uaa}/oauth/token`,
          listen: { host: LOOPBACK, port: 0 },
          loginUrl: urls.login,
          uaaUrl: urls.uaa,
          adminUser: "admin",
          adminPassword: site.adminPassword,
          clients: standardClients(urls.uaa, (id) => store.get(`uaa-client-${id}`)),
        },
        { clock, random, secrets, log: log("uaa") },
      ),
    ),
    keep(startBlobstore({ root: state.blobs }, { random, log: log("blobstore") })),
    keep(startLocket({ databasePath: data("locket") }, { clock, random, log: log("locket") })),
    routerStarts,
  ]);

  const reps = new Map<string, RepClient>();
  const repOf = ({ cellId }: { readonly cellId: string }): RepClient => {
    const rep = reps.get(cellId);
    if (rep === undefined) throw new Error(`cell ${cellId} is not on this machine`);
    return rep;
  };
  let auctioneer: Auctioneer | null = null;
  const bbs = await keep(
    startBbs(
      { databasePath: data("bbs") },
      {
        clock,
        random,
        log: log("bbs"),
        locket: locket.client,
        auctioneer: () => auctioneer?.client ?? null,
        repOf,
        http,
        pause,
      },
    ),
  );
  mustLive("BBS", bbs.failed);
  auctioneer = await keep(
    startAuctioneer(
      {},
      { clock, random, log: log("auctioneer"), bbs: bbs.client, locket: locket.client, repOf, pause },
    ),
  );
  mustLive("auctioneer", auctioneer.failed);

  const bridge = await keep(
    startCcBridge(defaultBridgeConfig(sockets.ccUploader), {
      bbs: bbs.client,
      logCache: logCache.client,
      http,
      clock,
      log: log("cc-bridge"),
      pause,
    }),
  );
  const cc = await keep(
    startCloudController(
      {
        databasePath: data("cloud-controller"),
        listen: { host: LOOPBACK, port: 0 },
        internalSocketPath: sockets.cloudController,
        externalDomain: config.domain,
        appDomains: [appsDomain(config)],
        urls,
        tcpPorts: null,
        appSshHostKeyFingerprint: site.sshFingerprint,
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
        uaa: uaa.client,
        blobstore: blobstore.client,
        bridge: bridge.client,
        http,
        agent: agent.client,
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

  const cellId = `cell-${state.hash}`;
  const capacity = await garden.client.capacity(deps.signal);
  const resources = {
    memoryMb: Math.floor(capacity.memoryBytes / 1024 ** 2),
    diskMb: Math.floor(capacity.diskBytes / 1024 ** 2),
    containers: capacity.maxContainers,
  };
  const certificates = join(state.cache, "system-certificates");
  mkdirSync(certificates, { recursive: true, mode: 0o755 });
  copyFileSync(ca.certPath, join(certificates, "ingot-ca.crt"));
  const { lifecycleDir } = await lifecycle;
  const executor = await keep(
    startExecutor(
      {
        cellId,
        databasePath: data("executor"),
        cachePath: join(state.cache, "downloads"),
        layersPath: join(state.cache, "layers"),
        credentialsPath: join(state.root, "instance-identity"),
        capacity: resources,
        lifecyclePath: lifecycleDir,
        nodePath: "",
        trustedCertificatesPath: certificates,
        cpuCount: site.cpuCount,
      },
      {
        clock,
        random,
        log: log("executor"),
        garden: garden.client,
        agent: agent.client,
        http,
        subprocess,
        identity: instanceIdentity(ca),
      },
    ),
  );
  const rep = await keep(
    startRep(
      {
        cellId,
        zone: "z1",
        repUrl: "",
        repAddress: "",
        capacity: resources,
        stacks: [STACK],
        // The lock of the state folder guarantees one process: a restarted one goes on with the same presence at once.
        presenceOwner: cellId,
        // Without networks of their own, apps listen on ports of the host.
        prefersInstanceAddress: garden.isolation === "container",
      },
      { clock, random, log: log("rep"), bbs: bbs.client, locket: locket.client, executor: executor.client },
    ),
  );
  reps.set(cellId, rep.client);
  const { address: logCacheAddress } = logCache;
  if (logCacheAddress === null || "socketPath" in logCacheAddress) throw new Error("log-cache has no port");
  await keep(
    startRouteEmitter({}, { clock, random, log: log("route-emitter"), bbs: bbs.client, bus: nats.bus, pause }),
  );
  await keep(
    startRouteRegistrar(
      {
        components: [
          { name: "api", uris: [`api.${config.domain}`], ...cc.address },
          { name: "uaa", uris: [`uaa.${config.domain}`, `login.${config.domain}`], ...uaa.address },
          { name: "log-cache", uris: [`log-cache.${config.domain}`], ...logCacheAddress },
        ],
      },
      { clock, bus: nats.bus },
    ),
  );
  const { gatewayAddress } = garden;
  const listeners = [
    ...(garden.isolation === "container"
      ? [{ address: gatewayAddress, port: GARDEN_DEFAULTS.dnsPort, platformAddress: gatewayAddress }]
      : []),
    ...((await canAnswerHost(config)) ? [{ ...HOST_DNS, platformAddress: LOOPBACK }] : []),
  ];
  if (listeners.length > 0) {
    const upstreams = hostResolvers([gatewayAddress]);
    const answers = { ...DNS_DEFAULTS, listeners, domains: [config.domain] };
    await keep(startDns(answers, { clock, random, log: log("dns"), upstreams }));
  }

  // Runtimes that stagings share are made beside everything else; what is not finished now is at the next start.
  const running = new AbortController();
  const runtimes = prepareRuntimes(
    { ...lifecycleConfig, lifecycleDir, npmVersion: defaultNpmVersion(process.versions.node) },
    { subprocess, clock, log: log("lifecycle") },
    running.signal,
  ).catch((error: unknown) => {
    if (!running.signal.aborted) log("lifecycle").warn("runtimes are not prepared", { error });
  });

  const owned = cleanup.move();
  standing = true;
  let appsStopped = false;
  return {
    isolation: garden.isolation,
    notes: garden.notes,
    cells: async () => (await bbs.client.cells(clock.deadline(5_000))).length,
    status: async ({ startedAtMs, apiUrl }) => {
      const limit = clock.deadline(5_000);
      const cells = await bbs.client.cells(limit);
      const states = await Promise.all(cells.map((cell) => repOf(cell).state(limit)));
      const desired = await bbs.client.desiredLrpSchedulingInfos({}, limit);
      const actual = await bbs.client.actualLrps({}, limit);
      const workers = await gorouter.stats(limit);
      return {
        state: "ready",
        pid: process.pid,
        uptimeSeconds: (clock.nowMs() - startedAtMs) / 1000,
        apiUrl,
        ports,
        isolation: garden.isolation,
        notes: garden.notes,
        cells: states.map(({ cellId: id, total, lrps, tasks }) => ({
          cellId: id,
          memoryMb: total.memoryMb,
          containers: lrps.length + tasks.length,
        })),
        instances: {
          desired: desired.reduce((sum, { instances }) => sum + instances, 0),
          running: actual.filter(({ state: one }) => one === "RUNNING").length,
        },
        processes: [
          { role: "main", pid: process.pid, pssKb: pssKb(process.pid), eventLoopP999Ms: gauges.read().eventLoopP999Ms },
          ...workers.map(({ pid, eventLoopP999Ms }) => ({ role: "gorouter", pid, pssKb: pssKb(pid), eventLoopP999Ms })),
        ],
      };
    },
    stopApps: async () => {
      appsStopped = true;
      await rep.stopAll();
    },
    narrate: (signal) => narrate({ bbs: bbs.client, clock, log: log("narrator"), say: deps.say }, signal),
    [Symbol.asyncDispose]: async () => {
      running.abort(new Error("the platform stops"));
      await runtimes;
      // Disposal stops the router's workers; they stay when the apps do.
      if (!appsStopped) await gorouter.letGo();
      await owned.disposeAsync();
      if (appsStopped) await garden.destroyAll();
    },
  };
}

function cellMemoryBytes(config: IngotConfig): number {
  if (config.cellMemoryMb !== null) return config.cellMemoryMb * 1024 ** 2;
  return Math.max(CELL_MEMORY_MIN_BYTES, totalmem() - RESERVED_MEMORY_BYTES, Math.min(freemem(), totalmem()) / 2);
}
