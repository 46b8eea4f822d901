import type { RouteChange, RouteEndpoint, RouteGroup } from "./model.ts";

interface Registration {
  endpoint: RouteEndpoint;
  readonly uris: Map<string, RegisteredUri>;
  /** Of these, those known from an earlier main only: nobody has said them to this one yet. */
  readonly inherited: Set<string>;
}

interface RegisteredUri {
  /** Steady milliseconds. */
  readonly renewedMs: number;
  /** As the route was registered last: it has a balancing and a route service of its own. */
  readonly endpoint: RouteEndpoint;
}

/**
 * Main's record of who serves what, fed by the bus. Every call gives what the workers have to change, which is nothing
 * for a registration that only says again what is known. An address belongs to one instance at a time: when another
 * instance registers it, all routes of the old one on that address go, so that no route ever points at a stranger. And a
 * platform component (no app) that comes back on another address has left the old one for good.
 */
export class RouteRegistry {
  readonly #byAddress = new Map<string, Registration>();
  /** Platform components by their instance id: one address each. */
  readonly #components = new Map<string, string>();

  get endpointCount(): number {
    return this.#byAddress.size;
  }

  get routeCount(): number {
    const uris = new Set<string>();
    for (const { uris: own } of this.#byAddress.values()) for (const uri of own.keys()) uris.add(uri);
    return uris.size;
  }

  /** Takes a route of an earlier main's table: it is served, and `dropInherited` asks whether somebody has said it since. */
  inherit(group: RouteGroup, nowMs: number): void {
    this.register(group, nowMs);
    const known = this.#byAddress.get(group.endpoint.address);
    for (const uri of group.uris) known?.inherited.add(uri);
  }

  register({ endpoint, uris }: RouteGroup, nowMs: number): RouteChange[] {
    const changes: RouteChange[] = [];
    let known = this.#byAddress.get(endpoint.address);
    if (known !== undefined && endpoint.updatedAtNs !== 0 && endpoint.updatedAtNs < known.endpoint.updatedAtNs) {
      return changes;
    }
    if (known !== undefined && !isSameInstance(known.endpoint, endpoint)) {
      changes.push({ kind: "remove", address: endpoint.address, uris: [...known.uris.keys()] });
      known = undefined;
    }
    if (known === undefined) {
      changes.push(...this.#moved(endpoint));
      known = { endpoint, uris: new Map(), inherited: new Set() };
      this.#byAddress.set(endpoint.address, known);
    }
    const changed = !isSameEndpoint(known.endpoint, endpoint);
    known.endpoint = endpoint;
    const news = uris.filter((uri) => {
      const before = known.uris.get(uri);
      return before === undefined || !isSameRoute(before.endpoint, endpoint);
    });
    for (const uri of uris) {
      known.uris.set(uri, { renewedMs: nowMs, endpoint });
      known.inherited.delete(uri);
    }
    if (changed) for (const group of groupsOf(known)) changes.push({ kind: "put", ...group });
    else if (news.length > 0) changes.push({ kind: "put", endpoint, uris: news });
    return changes;
  }

  #moved(endpoint: RouteEndpoint): RouteChange[] {
    if (endpoint.appId !== "" || endpoint.instanceId === "") return [];
    const address = this.#components.get(endpoint.instanceId);
    this.#components.set(endpoint.instanceId, endpoint.address);
    const former = address === undefined ? undefined : this.#byAddress.get(address);
    if (address === undefined || address === endpoint.address || former?.endpoint.instanceId !== endpoint.instanceId)
      return [];
    this.#byAddress.delete(address);
    return [{ kind: "remove", address, uris: [...former.uris.keys()] }];
  }

  unregister({ endpoint, uris }: RouteGroup): RouteChange[] {
    const known = this.#byAddress.get(endpoint.address);
    // A late good-bye of the address's former owner must not end its present one.
    if (known === undefined || !isSameInstance(known.endpoint, endpoint)) return [];
    return this.#remove(known, uris);
  }

  /** Forgets what came from an earlier main and nobody has said since, of those endpoints whose owners have said all they know. */
  dropInherited(hasSpoken: (endpoint: RouteEndpoint) => boolean): RouteChange[] {
    const changes: RouteChange[] = [];
    for (const known of this.#byAddress.values()) {
      if (known.inherited.size > 0 && hasSpoken(known.endpoint)) changes.push(...this.#remove(known, known.inherited));
    }
    return changes;
  }

  /** Forgets what was not renewed in time. Endpoints with TLS stay: the handshake finds out who answers. */
  prune(nowMs: number): RouteChange[] {
    const changes: RouteChange[] = [];
    for (const known of this.#byAddress.values()) {
      const { endpoint, uris } = known;
      if (endpoint.tls) continue;
      const stale = [...uris].filter(([, { renewedMs }]) => nowMs - renewedMs > endpoint.staleAfterMs);
      changes.push(
        ...this.#remove(
          known,
          stale.map(([uri]) => uri),
        ),
      );
    }
    return changes;
  }

  #remove(known: Registration, uris: Iterable<string>): RouteChange[] {
    const { address } = known.endpoint;
    const gone = [...uris].filter((uri) => known.uris.delete(uri));
    for (const uri of gone) known.inherited.delete(uri);
    if (known.uris.size === 0) this.#byAddress.delete(address);
    return gone.length === 0 ? [] : [{ kind: "remove", address, uris: gone }];
  }

  *groups(): Generator<RouteGroup> {
    for (const known of this.#byAddress.values()) yield* groupsOf(known);
  }
}

/** Routes of an address together that have the same of their own. */
function groupsOf({ endpoint, uris }: Registration): RouteGroup[] {
  const groups = new Map<string, { readonly endpoint: RouteEndpoint; readonly uris: string[] }>();
  for (const [uri, { endpoint: own }] of uris) {
    const { loadBalancing, routeServiceUrl } = own;
    const key = `${loadBalancing} ${routeServiceUrl}`;
    const group = groups.get(key);
    if (group !== undefined) group.uris.push(uri);
    else groups.set(key, { endpoint: { ...endpoint, loadBalancing, routeServiceUrl }, uris: [uri] });
  }
  return [...groups.values()];
}

function isSameRoute(a: RouteEndpoint, b: RouteEndpoint): boolean {
  return a.loadBalancing === b.loadBalancing && a.routeServiceUrl === b.routeServiceUrl;
}

function isSameInstance(a: RouteEndpoint, b: RouteEndpoint): boolean {
  return a.instanceId === b.instanceId && a.appId === b.appId;
}

function isSameEndpoint(a: RouteEndpoint, b: RouteEndpoint): boolean {
  return (
    isSameInstance(a, b) &&
    a.instanceIndex === b.instanceIndex &&
    a.tls === b.tls &&
    a.serverCertDomainSan === b.serverCertDomainSan &&
    a.isolationSegment === b.isolationSegment &&
    a.availabilityZone === b.availabilityZone &&
    a.staleAfterMs === b.staleAfterMs &&
    isSameTags(a.tags, b.tags)
  );
}

function isSameTags(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
