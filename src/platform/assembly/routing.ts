import { join } from "node:path";
import type { BbsClient } from "../../diego/bbs/client.ts";
import { startRouteEmitter } from "../../diego/route-emitter/index.ts";
import type { RunningGarden } from "../../garden/index.ts";
import type { MessageBus } from "../../kit/messages.ts";
import type { AgentClient } from "../../logging/agent/client.ts";
import { detachedSpawn, type Gorouter, startGorouter } from "../../routing/gorouter/index.ts";
import { type NatsServer, startNatsServer } from "../../routing/nats-server/index.ts";
import { type RegisteredComponent, startRouteRegistrar } from "../../routing/route-registrar/index.ts";
import { certificateNames } from "../urls.ts";
import { ingotVersion } from "../version.ts";
import { type Assembly, LOOPBACK } from "./assembly.ts";

/** The bus on which routes are told. */
export async function startBus({ deps, log, keep }: Assembly): Promise<NatsServer> {
  const { clock, random } = deps;
  return await keep(startNatsServer({}, { clock, random, log: log("nats") }));
}

/** The router. It listens for containers on their gateway too, which Garden makes. */
export async function startRouter(
  { site, deps, log, keep }: Assembly,
  { bus, agent, garden }: { bus: MessageBus; agent: AgentClient; garden: Promise<RunningGarden> },
): Promise<Gorouter> {
  const { config, state, ports, ca } = site;
  const { clock, random } = deps;
  const certificate = ca.routerCertificate(certificateNames(config), [LOOPBACK]);
  const [{ gatewayAddress }, { certPath, keyPath }] = await Promise.all([garden, certificate]);
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
        bus,
        agent,
        spawn: detachedSpawn(state.logs, join(state.cache, "compile")),
      },
    ),
  );
}

/** Tag `component` of what the route emitter registers. */
const ROUTE_EMITTER = "route-emitter";
const DROP_TIMEOUT_MS = 30_000;

/**
 * Those who tell the router where apps and the platform's own components are. Once they have said all they know, the router
 * forgets what it has from an earlier run and they do not know: an app that was deleted while the platform died.
 */
export async function startRoutes(
  { deps, log, pause, keep }: Assembly,
  {
    router,
    bus,
    bbs,
    components,
  }: { router: Gorouter; bus: MessageBus; bbs: BbsClient; components: readonly RegisteredComponent[] },
): Promise<void> {
  const { clock, random } = deps;
  const emitter = await keep(startRouteEmitter({}, { clock, random, log: log(ROUTE_EMITTER), bbs, bus, pause }));
  await keep(startRouteRegistrar({ components }, { clock, bus }));
  const known = new Set([ROUTE_EMITTER, ...components.map(({ name }) => name)]);
  void emitter.complete.then(
    () =>
      router
        .dropUnspoken(known, clock.deadline(DROP_TIMEOUT_MS))
        .catch((error: unknown) =>
          log("gorouter").warn("routes of an earlier run stay until they are stale", { error }),
        ),
    () => undefined, // stopped before the BBS could be read: nothing is known, nothing is dropped
  );
}
