import type { Clock } from "../../kit/clock.ts";
import type { MessageBus } from "../../kit/messages.ts";
import type { RouteMessage } from "../../protocol/route-message.ts";

/** One platform component behind the router. */
export interface RegisteredComponent {
  /** e.g. `cloud-controller`; becomes the tag `component`. */
  readonly name: string;
  readonly uris: readonly string[];
  /** Address, or the path of a unix socket (then `port` is 0). */
  readonly host: string;
  readonly port: number;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface RouteRegistrarConfig {
  readonly components: readonly RegisteredComponent[];
  /** Route registrar: registration_interval, 20 s. */
  readonly intervalMs?: number;
}

export interface RouteRegistrarDeps {
  readonly clock: Clock;
  readonly bus: MessageBus;
}

const INTERVAL_MS = 20_000;

/**
 * Says on the bus where the platform's own components are: now, again and again, and whenever a router starts. Disposal
 * takes the routes back. Route registrar: registrar/registrar.go
 */
export async function startRouteRegistrar(
  config: RouteRegistrarConfig,
  { clock, bus }: RouteRegistrarDeps,
): Promise<AsyncDisposable> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const messages = config.components.map((component) => JSON.stringify(routeMessage(component)));
  const say = (subject: string): void => {
    for (const message of messages) bus.publish(subject, message);
  };
  const subscription = bus.subscribe("router.start", () => say("router.register"));
  const renewing = (async () => {
    while (!signal.aborted) {
      say("router.register");
      await clock.sleep(config.intervalMs ?? INTERVAL_MS, signal).catch(() => undefined);
    }
  })();
  return {
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      subscription.unsubscribe();
      await renewing;
      say("router.unregister");
    },
  };
}

function routeMessage({ name, uris, host, port, tags }: RegisteredComponent): RouteMessage {
  // No app: these routes are nobody's, so no access log goes to a tenant. The instance id keeps an address that another
  // component takes over from inheriting routes.
  return { host, port, uris, private_instance_id: name, tags: { component: name, ...tags } };
}
