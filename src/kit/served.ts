import { channel } from "node:diagnostics_channel";
import type { FastifyInstance } from "fastify";

/** Something that one can ask for: an endpoint (`GET /v3/apps/:guid`), a command. */
export interface Offer {
  /** Who serves it, e.g. `uaa`. */
  readonly system: string;
  readonly name: string;
}

export interface Served extends Offer {
  /** It was answered with what was asked for, and not refused. */
  readonly works: boolean;
}

/** One answer of a server. */
export interface Answered {
  readonly system: string;
  readonly method: string;
  /** As it was registered, `/v3/apps/:guid`; empty: there is none of that kind. */
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
}

/** Whoever listens in this process hears what can be asked for, and what was. Nobody does but the run that writes the compatibility table. */
export const offers = channel("ingot.offers");
export const servings = channel("ingot.servings");
/** Every answer; the platform's metrics count them. */
export const answers = channel("ingot.answers");

/** Tells of the routes of a server and of its answers. Call before the routes are added. */
export function tellServed(server: FastifyInstance, system: string): void {
  server.addHook("onRoute", ({ method, url }) => {
    if (!offers.hasSubscribers) return;
    for (const verb of [method].flat()) if (verb !== "HEAD") offers.publish({ system, name: `${verb} ${url}` });
  });
  server.addHook("onResponse", async ({ method, routeOptions: { url } }, { statusCode, elapsedTime }) => {
    if (answers.hasSubscribers) {
      const answered: Answered = { system, method, route: url ?? "", status: statusCode, durationMs: elapsedTime };
      answers.publish(answered);
    }
    if (servings.hasSubscribers && url !== undefined) {
      servings.publish({ system, name: `${method} ${url}`, works: statusCode < 400 });
    }
  });
}
