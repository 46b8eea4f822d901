import { Endpoint } from "./endpoint.ts";
import type { RouteChange, RouteEndpoint, RouteGroup } from "./model.ts";
import { EndpointPool } from "./pick-endpoint.ts";
import { nextWildcard } from "./route-uri.ts";

interface HostRoutes {
  /** By path; the empty path is the host itself. */
  readonly pools: Map<string, EndpointPool>;
  /** Longest path that has a pool: nothing longer needs to be looked up, however long the request's path is. */
  longestPath: number;
}

/**
 * What a worker routes with: host, then the longest path at segment ends, then wildcards. Changes take effect at once;
 * endpoints keep their connections and counts over changes and over whole snapshots.
 */
export class RouteTable {
  readonly #hosts = new Map<string, HostRoutes>();
  readonly #endpoints = new Map<string, Endpoint>();

  get endpointCount(): number {
    return this.#endpoints.size;
  }

  get routeCount(): number {
    let count = 0;
    for (const { pools } of this.#hosts.values()) count += pools.size;
    return count;
  }

  apply(change: RouteChange): void {
    if (change.kind === "put") this.#put(change);
    else for (const uri of change.uris) this.#remove(uri, change.address);
  }

  /** Becomes exactly these groups. */
  replace(groups: readonly RouteGroup[]): void {
    const wanted = new Map<string, Set<string>>();
    for (const { endpoint, uris } of groups) {
      const known = wanted.get(endpoint.address);
      if (known === undefined) wanted.set(endpoint.address, new Set(uris));
      else for (const uri of uris) known.add(uri);
    }
    for (const { endpoint, uris } of [...this.groups()]) {
      const keep = wanted.get(endpoint.address);
      for (const uri of uris) if (!keep?.has(uri)) this.#remove(uri, endpoint.address);
    }
    for (const group of groups) this.#put(group);
  }

  /** All routes by endpoint, for a main process that knows nothing yet. */
  *groups(): Generator<RouteGroup> {
    const groups = new Map<string, { readonly endpoint: RouteEndpoint; readonly uris: string[] }>();
    for (const [host, { pools }] of this.#hosts) {
      for (const [path, { endpoints, loadBalancing, routeServiceUrl }] of pools) {
        for (const { data } of endpoints) {
          const key = `${data.address} ${loadBalancing} ${routeServiceUrl}`;
          const group = groups.get(key);
          if (group !== undefined) group.uris.push(host + path);
          else groups.set(key, { endpoint: { ...data, loadBalancing, routeServiceUrl }, uris: [host + path] });
        }
      }
    }
    yield* groups.values();
  }

  endpoints(): IterableIterator<Endpoint> {
    return this.#endpoints.values();
  }

  /**
   * The pool for a request, never an empty one; null: no such route. Gorouter: registry.go, container/trie.go.
   * @param host lower case, without port. @param path from `/` up to the query, in any case.
   */
  lookup(host: string, path: string): EndpointPool | null {
    for (let name: string | null = host; name !== null; name = nextWildcard(name)) {
      const routes = this.#hosts.get(name);
      if (routes === undefined) continue;
      const pool = routes.longestPath === 0 ? routes.pools.get("") : longestMatch(routes, path);
      if (pool !== undefined) return pool;
    }
    return null;
  }

  #put({ endpoint: data, uris }: RouteGroup): void {
    let endpoint = this.#endpoints.get(data.address);
    if (endpoint === undefined) {
      endpoint = new Endpoint(data);
      this.#endpoints.set(data.address, endpoint);
    } else {
      if (endpoint.data.instanceId !== data.instanceId) {
        endpoint.closeIdle(); // another process listens there now
        endpoint.failedUntilMs = 0;
      }
      endpoint.update(data);
    }
    for (const uri of uris) {
      const pool = this.#pool(uri);
      if (!pool.endpoints.includes(endpoint)) {
        pool.endpoints.push(endpoint);
        endpoint.routes++;
      }
      pool.loadBalancing = data.loadBalancing;
      pool.routeServiceUrl = data.routeServiceUrl;
    }
  }

  #pool(uri: string): EndpointPool {
    const [host, path] = splitUri(uri);
    let routes = this.#hosts.get(host);
    if (routes === undefined) {
      routes = { pools: new Map(), longestPath: 0 };
      this.#hosts.set(host, routes);
    }
    let pool = routes.pools.get(path);
    if (pool === undefined) {
      pool = new EndpointPool(path === "" ? "/" : path);
      routes.pools.set(path, pool);
      if (path.length > routes.longestPath) routes.longestPath = path.length;
    }
    return pool;
  }

  #remove(uri: string, address: string): void {
    const [host, path] = splitUri(uri);
    const routes = this.#hosts.get(host);
    const pool = routes?.pools.get(path);
    const endpoint = this.#endpoints.get(address);
    if (routes === undefined || pool === undefined || endpoint === undefined) return;
    const at = pool.endpoints.indexOf(endpoint);
    if (at < 0) return;
    pool.endpoints.splice(at, 1);
    if (pool.next > at) pool.next--;
    endpoint.routes--;
    if (endpoint.routes === 0) {
      endpoint.closeIdle();
      this.#endpoints.delete(address);
    }
    if (pool.endpoints.length > 0) return;
    routes.pools.delete(path);
    if (routes.pools.size === 0) this.#hosts.delete(host);
    else if (path.length === routes.longestPath) {
      routes.longestPath = Math.max(...[...routes.pools.keys()].map((left) => left.length));
    }
  }
}

function splitUri(uri: string): [host: string, path: string] {
  const slash = uri.indexOf("/");
  return slash < 0 ? [uri, ""] : [uri.slice(0, slash), uri.slice(slash)];
}

function longestMatch(routes: HostRoutes, path: string): EndpointPool | undefined {
  let rest = path.toLowerCase();
  if (rest.length > routes.longestPath) {
    // Only ends of segments count: step back from the first one that no route can reach.
    const end = rest.lastIndexOf("/", routes.longestPath);
    rest =
      rest.charCodeAt(routes.longestPath) === 47 ? rest.slice(0, routes.longestPath) : rest.slice(0, Math.max(0, end));
  }
  for (;;) {
    const pool = routes.pools.get(rest);
    if (pool !== undefined) return pool;
    const slash = rest.lastIndexOf("/");
    if (slash < 0) return undefined;
    rest = rest.slice(0, slash);
  }
}
