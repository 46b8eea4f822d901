import { availableParallelism } from "node:os";
import type { Clock } from "../kit/clock.ts";
import { socketHttpClient } from "../kit/http-client.ts";
import type { Log } from "../kit/log.ts";
import type { Random, Secrets } from "../kit/random.ts";
import type { ProcessLauncher, Subprocess } from "../kit/subprocess.ts";
import { runningWorkerPorts } from "../routing/gorouter/index.ts";
import { removeDeadPartials } from "./admin/partial-path.ts";
import { openCertificateAuthority } from "./certificate-authority.ts";
import type { IngotConfig } from "./config.ts";
import { startControlPlane } from "./control-plane.ts";
import { keepDatabaseChoice } from "./database-choice.ts";
import { internalHosts } from "./internal-hosts.ts";
import { noteIsolation } from "./isolation-note.ts";
import { endOtherIsolation } from "./leftovers.ts";
import type { Operator } from "./operator.ts";
import { choosePorts, type Ports } from "./ports.ts";
import { waitUntilReady } from "./readiness.ts";
import { openSecretStore } from "./secret-store.ts";
import { openSshHostKey } from "./ssh-host-key.ts";
import type { StateFolder } from "./state-folder.ts";
import type { PlatformStatus } from "./status.ts";
import { platformUrls } from "./urls.ts";

/** What the machine gives to everything that runs on it. */
export interface PlatformDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly secrets: Secrets;
  readonly subprocess: Subprocess & ProcessLauncher;
  readonly log: Log;
  /** One line for the person at the terminal. */
  readonly say: (line: string) => void;
  /** Aborts a start that takes long. */
  readonly signal: AbortSignal;
}

/** A running Cloud Foundry. Disposal lets go: containers and router workers stay for the next start. */
export interface Platform extends AsyncDisposable {
  readonly apiUrl: string;
  readonly adminPassword: string;
  readonly ports: Ports;
  /** What is lost against full containers, a line each. */
  readonly notes: readonly string[];
  status(startedAtMs: number): Promise<PlatformStatus>;
  /** Stops and removes every container, and the router workers. */
  stopApps(): Promise<void>;
  readonly operator: Operator;
  /** Says what happens to apps, a line an event, until aborted. */
  narrate(signal: AbortSignal): Promise<void>;
}

/**
 * Boots everything on this machine in the order of its needs and resolves when API, UAA, router and one cell have answered.
 * Rejects with nothing left running that was not running before.
 */
export async function startPlatform(config: IngotConfig, state: StateFolder, deps: PlatformDeps): Promise<Platform> {
  keepDatabaseChoice(config, state);
  removeDeadPartials(state.tmp); // of a backup that was killed: its links would keep deleted blobs on the disk
  const store = openSecretStore(state.root, deps.secrets);
  const adminPassword = store.password("adminPassword");
  const ca = await openCertificateAuthority(state.ca, deps);
  const sshHostKey = openSshHostKey(state.ca);
  const http = socketHttpClient(internalHosts(state));
  await using cleanup = new AsyncDisposableStack();

  // Workers from before a crash still hold their ports: they are adopted, not in the way.
  const ports = await choosePorts(config, state.root, new Set(runningWorkerPorts(state.run)));
  const urls = platformUrls(config, ports);
  await endOtherIsolation(config, state, deps.say);
  const plane = cleanup.use(
    await startControlPlane(
      {
        config,
        state,
        ports,
        urls,
        store,
        ca,
        adminPassword,
        sshFingerprint: sshHostKey.fingerprint,
        cpuCount: availableParallelism(),
      },
      { ...deps, http },
    ),
  );
  noteIsolation(state, plane.isolation);
  await waitUntilReady({ config, ports, cells: plane.cells, clock: deps.clock }, deps.signal);

  const owned = cleanup.move();
  return {
    apiUrl: urls.api,
    adminPassword,
    ports,
    notes: plane.notes,
    status: (startedAtMs) => plane.status({ startedAtMs, apiUrl: urls.api, ports }),
    stopApps: () => plane.stopApps(),
    operator: plane.operator,
    narrate: (signal) => plane.narrate(signal),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
