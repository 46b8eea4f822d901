import { readdirSync, rmSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { basename, dirname, join } from "node:path";
import type { FastifyInstance } from "fastify";
import { Sqlite } from "../../kit/sqlite.ts";
import { bootstrapZone } from "./bootstrap.ts";
import type { UaaContext } from "./context.ts";
import { UaaError } from "./errors.ts";
import { buildServer } from "./handlers/server.ts";
import type { IdentityZone } from "./identity-zone.ts";
import { openContext } from "./open-context.ts";
import type { ZoneStore } from "./store-zones.ts";
import type { UaaDeps } from "./uaa.ts";
import { configOfZone } from "./zone-config.ts";

/** Each open zone holds a file; more than this many zones belong into more than one UAA. */
const ZONES_MAX = 200;
/** A request of a zone that is deleted has this long to end. */
const DRAIN_MS = 10_000;

interface Host {
  readonly file: Sqlite;
  readonly context: UaaContext;
  readonly server: FastifyInstance;
  /** Requests that are being answered. */
  readonly busy: { count: number };
}

/**
 * The zones besides the default one. A zone is a UAA of its own within this process: its own file (so no query can reach
 * another zone's accounts), its own keys, its own issuer, the same handlers. It opens at the first request for it.
 */
export class Zones implements AsyncDisposable {
  readonly store: ZoneStore;
  readonly #parent: UaaContext;
  readonly #deps: UaaDeps;
  readonly #hosts = new Map<string, Promise<Host>>();

  constructor(store: ZoneStore, parent: UaaContext, deps: UaaDeps) {
    this.store = store;
    this.#parent = parent;
    this.#deps = deps;
  }

  /** False when the id or the subdomain is taken. Durable. */
  async create(zone: IdentityZone): Promise<boolean> {
    if ((await this.store.all()).length >= ZONES_MAX) {
      throw new UaaError("temporarily_unavailable", `There are ${ZONES_MAX} zones already`);
    }
    if (!(await this.store.insert(zone))) return false;
    this.#remove(zone.id); // of a zone of this name that was deleted while the machine went down
    await this.#parent.file.durable();
    await (await this.#host(zone)).context.file.durable();
    return true;
  }

  /** Policies and addresses hold from the next request on. Durable. */
  async update(zone: IdentityZone): Promise<void> {
    await this.store.update(zone);
    await this.#parent.file.durable();
    const open = this.#hosts.get(zone.id);
    if (open !== undefined) {
      const { file, busy } = await open;
      const next = await this.#build(zone, file, busy);
      this.#hosts.set(zone.id, Promise.resolve(next));
    }
    await this.#host(zone);
  }

  /** With all that is in it. Durable. */
  async delete(id: string): Promise<void> {
    const open = this.#hosts.get(id);
    await this.store.delete(id);
    await this.#parent.file.durable();
    this.#hosts.delete(id);
    if (open !== undefined) {
      const { file, busy } = await open;
      const signal = this.#deps.clock.deadline(DRAIN_MS);
      while (busy.count > 0 && !signal.aborted) await this.#deps.clock.sleep(20, signal).catch(() => undefined);
      file[Symbol.dispose]();
    }
    this.#remove(id);
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
      opened?.file[Symbol.dispose]();
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
    const file = new Sqlite(this.#path(zone.id));
    try {
      return await this.#build(zone, file, { count: 0 });
    } catch (error) {
      file[Symbol.dispose]();
      throw error;
    }
  }

  async #build(zone: IdentityZone, file: Sqlite, busy: Host["busy"]): Promise<Host> {
    const config = configOfZone(this.#parent.config, zone, this.#path(zone.id));
    const { context } = await openContext(config, this.#deps, file, zone, this.#parent);
    await bootstrapZone(context);
    await file.durable();
    const server = await buildServer(context, null);
    await server.ready();
    return { file, context, server, busy };
  }

  #path(id: string): string {
    const { databasePath } = this.#parent.config;
    return databasePath === ":memory:" ? databasePath : join(dirname(databasePath), `uaa-zone-${id}.sqlite`);
  }

  #remove(id: string): void {
    const path = this.#path(id);
    if (path === ":memory:") return;
    const folder = dirname(path);
    const name = basename(path);
    // The database, its log, and copies from before a change of its schema.
    for (const entry of readdirSync(folder)) {
      if (entry.startsWith(name)) rmSync(join(folder, entry), { force: true });
    }
  }
}
