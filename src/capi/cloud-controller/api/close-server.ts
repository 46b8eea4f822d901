import type { FastifyInstance } from "fastify";
import type { Clock } from "../../../kit/clock.ts";

const GRACE_MS = 10_000;
const LOOK_MS = 20;

/**
 * Stops a server: running requests are answered, for ten seconds at most. A connection whose last answer leaves while the server stops
 * is one that Node keeps open for the next request, until the client lets go: it is closed here.
 */
export async function closeServer(server: FastifyInstance, clock: Clock): Promise<void> {
  const until = clock.steadyMs() + GRACE_MS;
  const closed = server.close().then(() => true);
  while (!(await Promise.race([closed, clock.sleep(LOOK_MS).then(() => false)]))) {
    if (clock.steadyMs() < until) server.server.closeIdleConnections();
    else server.server.closeAllConnections();
  }
}
