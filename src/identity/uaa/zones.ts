import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import type { Database } from "../../kit/database.ts";
import { bootstrapZone } from "./bootstrap.ts";
import type { UaaContext } from "./context.ts";
import { UaaError } from "./errors.ts";
import { buildServer } from "./handlers/server.ts";
import type { IdentityZone } from "./identity-zone.ts";
import { openContext } from "./open-context.ts";
import { MIGRATIONS, type UaaTables } from "./schema.ts";
import type { ZoneStore } from "./store-zones.ts";
import type { UaaDeps } from "./uaa.ts";
import { configOfZone } from "./zone-config.ts";

/** Each open zone holds a database; more than this many zones belong into more than one UAA. */
const ZONES_MAX = 200;
/** A request of a zone that is deleted has this long to end. */
const DRAIN_MS = 10_000;

interface Host {
  readonly database: Database<UaaTables>;
  readonly context: UaaContext;
  readonly server: FastifyInstance;
  /** Requests that are being answered. */
  readonly busy: { count: number };
}

/**
 * The zones besides the default one. A zone is a UAA of its own within this process: its own database (so no query can reach
 * another zone's accounts), its own keys, its own issuer, the same handlers. It opens at the first request for it.
 */
export class Zones implements AsyncDisposable {
  readonly store: ZoneStore;
  readonly #parent: UaaContext;
  readonly #deps: UaaDeps;
  readonly #database: Database<UaaTables>;
  readonly #hosts = new Map<string, Promise<Host>>();

  /** `database`: of the default zone. */
  constructor(store: ZoneStore, parent: UaaContext, deps: UaaDeps, database: Database<UaaTables>) {
    this.store = store;
    this.#parent = parent;
    this.#deps = deps;
    this.#database = database;
  }

  /** False when the id or the subdomain is taken. Durable. */
  async create(zone: IdentityZone): Promise<boolean> {
    if ((await this.store.all()).length >= ZONES_MAX) {
      throw new UaaError("temporarily_unavailable", `There are ${ZONES_MAX} zones already`);
    }
    if (!(await this.store.insert(zone))) return false;
    await this.#remove(zone.id); // of a zone of this name that was deleted while the machine went down
    await this.#parent.database.durable();
    await (await this.#host(zone)).context.database.durable();
    return true;
  }

  /** Policies and addresses hold from the next request on. Durable. */
  async update(zone: IdentityZone): Promise<void> {
    await this.store.update(zone);
    await this.#parent.database.durable();
    const open = this.#hosts.get(zone.id);
    if (open !== undefined) {
      const { database, busy } = await open;
      const next = await this.#build(zone, database, busy);
      this.#hosts.set(zone.id, Promise.resolve(next));
    }
    await this.#host(zone);
  }

  /** With all that is in it. Durable. */
  async delete(id: string): Promise<void> {
    const open = this.#hosts.get(id);
    await this.store.delete(id);
    await this.#parent.database.durable();
    this.#hosts.delete(id);
    if (open !== undefined) {
      const { database, busy } = await open;
      const signal = this.#deps.clock.deadline(DRAIN_MS);
      while (busy.count > 0 && !signal.aborted) await this.#deps.clock.sleep(20, signal).catch(() => undefined);
      await database[Symbol.asyncDispose]();
    }
    await this.#remove(id);
  }

  async contextOf(zone: IdentityZone): Promise<UaaContext> {
    return (await this.#host(zone)).context;
  }

  /** Lets the zone answer this request. */
  async answer(zone: IdentityZone, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { server, busy } = await this.#host(zone);
    busy.count++;
    response.once("close", () => busy.count--);
    server.routing(request, response);
  }

  /** Forgets what has expired in the zones that are open. */
  async prune(nowMs: number): Promise<void> {
    for (const host of this.#hosts.values()) await (await host).context.tokens.prune(nowMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const host of this.#hosts.values()) {
      const opened = await host.catch(() => null);
      await opened?.database[Symbol.asyncDispose]();
    }
    this.#hosts.clear();
  }

  #host(zone: IdentityZone): Promise<Host> {
    const known = this.#hosts.get(zone.id);
    if (known !== undefined) return known;
    const host = this.#open(zone);
    this.#hosts.set(zone.id, host);
    host.catch(() => this.#hosts.delete(zone.id)); // the next request tries again
    return host;
  }

  async #open(zone: IdentityZone): Promise<Host> {
    const database = await this.#database.beside<UaaTables>(nameOf(zone.id), MIGRATIONS);
    try {
      return await this.#build(zone, database, { count: 0 });
    } catch (error) {
      await database[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #build(zone: IdentityZone, database: Database<UaaTables>, busy: Host["busy"]): Promise<Host> {
    const config = configOfZone(this.#parent.config, zone);
    const { context } = await openContext(config, this.#deps, database, zone, this.#parent);
    await bootstrapZone(context);
    await database.durable();
    const server = await buildServer(context, null);
    await server.ready();
    return { database, context, server, busy };
  }

  #remove(id: string): Promise<void> {
    return this.#database.removeBeside(nameOf(id));
  }
}

const nameOf = (id: string): string => `zone-${id}`;
