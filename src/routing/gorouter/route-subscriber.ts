import type { Log } from "../../kit/log.ts";
import type { Message, MessageBus, Subscription } from "../../kit/messages.ts";
import type { RouterGreeting } from "../../protocol/route-message.ts";
import type { RouteGroup } from "./model.ts";
import { InvalidRouteError, readRouteMessage } from "./route-message.ts";

/** What is done with what the bus says. */
export interface RouteSink {
  register(group: RouteGroup): void;
  unregister(group: RouteGroup): void;
  greeting(): RouterGreeting;
  /** The longest time that an endpoint may ask not to be renewed. */
  readonly staleAfterMs: number;
}

/** Listens for routes and greetings, then announces the router. Gorouter: mbus/subscriber.go */
export function subscribeRoutes(
  { bus, log }: { readonly bus: MessageBus; readonly log: Log },
  sink: RouteSink,
): Subscription {
  let badMessages = 0;
  const take = ({ data }: Message, use: (group: RouteGroup) => void): void => {
    try {
      use(readRouteMessage(data, sink.staleAfterMs));
    } catch (error) {
      if (!(error instanceof InvalidRouteError)) throw error;
      // One line for the first of many: an emitter repeats its mistakes.
      if (badMessages++ % 1000 === 0) log.warn("bad route message", { reason: error.message });
    }
  };
  const subscriptions = [
    bus.subscribe("router.register", (message) => take(message, (group) => sink.register(group))),
    bus.subscribe("router.unregister", (message) => take(message, (group) => sink.unregister(group))),
    bus.subscribe("router.greet", ({ reply }) => {
      if (reply !== "") bus.publish(reply, JSON.stringify(sink.greeting()));
    }),
  ];
  bus.publish("router.start", JSON.stringify(sink.greeting()));
  return {
    unsubscribe: () => {
      for (const subscription of subscriptions) subscription.unsubscribe();
    },
  };
}
