import type { FastifyInstance, FastifyRequest } from "fastify";
import { audit } from "../audit.ts";
import { checkRestricted, refuse as refuseClient } from "../client-rules.ts";
import type { UaaContext } from "../context.ts";
import { UaaError } from "../errors.ts";
import { type IdentityZone, readZone, refuse, SYSTEM_ZONE, wireZone, ZONE_POWERS } from "../identity-zone.ts";
import { ensureGroups } from "../new-group.ts";
import { wireClient } from "../oauth-client-json.ts";
import type { VerifiedToken } from "../token-service.ts";
import { switchedToken, zoneSwitchOf } from "../zone-switch.ts";
import type { Zones } from "../zones.ts";
import { findClient, newClient } from "./clients.ts";
import { bearerOf, hasScope, insufficientScope, jsonBodyOf, managers, requireScopeOrAdmin } from "./request.ts";

type ById = { Params: { id: string } };

/** Zones: made, changed and deleted from the default one. UAA: IdentityZoneEndpoints */
export function registerIdentityZones(server: FastifyInstance, context: UaaContext, zones: Zones): void {
  const { clock, random } = context;

  server.get("/identity-zones", async (request) => {
    const current = await requireManagerOf(request, "zones.read", "zones.write");
    const all = [SYSTEM_ZONE, ...(await zones.store.all())];
    return all.filter(({ id }) => current === null || id === current.id).map((zone) => wireZone(zone));
  });

  server.post("/identity-zones", async (request, reply) => {
    const current = await requireManagerOf(request, "zones.write");
    if (current !== null) {
      const text = "Zones can only be created by being authenticated in the default zone.";
      throw new UaaError("access_denied", text);
    }
    const { id, ...input } = readZone(jsonBodyOf(request));
    const nowMs = clock.nowMs();
    const zone: IdentityZone = {
      ...input,
      id: id ?? random.guid(),
      version: 0,
      createdMs: nowMs,
      lastModifiedMs: nowMs,
    };
    if (!(await zones.create(zone))) throw taken(zone);
    await ensureManagingGroups(context, zone.id);
    audit(context, "IdentityZoneCreatedEvent", { zone: zone.id });
    return reply.code(201).send(wireZone(zone));
  });

  server.get<ById>("/identity-zones/:id", async (request) => {
    const { token, current } = await callerOf(request);
    const { id } = request.params;
    const readsOnly = current !== null && hasScope(token, `zones.${current.id}.read`);
    const allowed = managersOf(current, "zones.read", "zones.write");
    const isManager = hasScope(token, ...allowed);
    if (!isManager && !readsOnly) throw insufficientScope(allowed);
    if (current !== null && current.id !== id) throw noZone(id);
    return wireZone(id === SYSTEM_ZONE.id ? SYSTEM_ZONE : await find(id), !isManager);
  });

  server.put<ById>("/identity-zones/:id", async (request) => {
    const zone = await managed(request);
    const { id, ...input } = readZone({ active: zone.active, ...jsonBodyOf(request) });
    if (id !== null && id !== zone.id) {
      throw refuse("The identity zone id from the request body does not match id in the url");
    }
    const namesake = await zones.store.bySubdomain(input.subdomain);
    if (namesake !== null && namesake.id !== zone.id) throw taken({ ...zone, ...input });
    const next = { ...zone, ...input, version: zone.version + 1, lastModifiedMs: clock.nowMs() };
    await zones.update(next);
    audit(context, "IdentityZoneModifiedEvent", { zone: zone.id });
    return wireZone(next);
  });

  server.delete<ById>("/identity-zones/:id", async (request) => {
    const zone = await managed(request);
    await zones.delete(zone.id);
    await removeManagingGroups(context, zone.id);
    audit(context, "IdentityZoneDeletedEvent", { zone: zone.id });
    return wireZone(zone);
  });

  server.post<ById>("/identity-zones/:id/clients", async (request, reply) => {
    await requireScopeOrAdmin(context, request, "zones.write");
    const inZone = await zones.contextOf(await find(request.params.id));
    const client = await newClient(inZone, null, jsonBodyOf(request));
    checkRestricted({ ...client, scope: client.scope.filter((scope) => scope !== "openid") });
    if (client.grantTypes.some((type) => type !== "authorization_code" && type !== "refresh_token")) {
      throw refuseClient("only authorization_code and refresh_token grant types are allowed");
    }
    await inZone.clients.apply([{ kind: "insert", client }]);
    await inZone.database.durable();
    return reply.code(201).send(wireClient(client));
  });

  server.delete<{ Params: { id: string; clientId: string } }>(
    "/identity-zones/:id/clients/:clientId",
    async (request) => {
      await requireScopeOrAdmin(context, request, "zones.write");
      const inZone = await zones.contextOf(await find(request.params.id));
      const client = await findClient(inZone, request.params.clientId);
      await inZone.clients.apply([{ kind: "delete", client }]);
      await inZone.database.durable();
      return wireClient(client);
    },
  );

  async function managed(request: FastifyRequest & { params: { id: string } }): Promise<IdentityZone> {
    const current = await requireManagerOf(request, "zones.write");
    const { id } = request.params;
    if (current !== null && current.id !== id) {
      throw new UaaError("access_denied", "Zone admins can only update their own zone.");
    }
    return await find(id);
  }

  /** Whose token it is and, by the switch headers, which zone he speaks for. */
  async function callerOf(request: FastifyRequest): Promise<{ token: VerifiedToken; current: IdentityZone | null }> {
    const token = await bearerOf(context, request);
    const wanted = zoneSwitchOf(request.headers);
    if (wanted === null || wanted.id === context.zoneId) return { token, current: null };
    const current = await zones.store.wanted(wanted);
    if (current === null) throw noZone(wanted.id ?? wanted.subdomain ?? "");
    return { token: switchedToken(token, current.id), current };
  }

  /** Throws `access_denied` for the default zone. UAA: DenyAccessToUaaAdvice */
  async function find(id: string): Promise<IdentityZone> {
    if (id === SYSTEM_ZONE.id) throw new UaaError("access_denied", "Access to UAA is not allowed.");
    const zone = await zones.store.find(id);
    if (zone === null) throw noZone(id);
    return zone;
  }

  /** Gives the zone that the caller speaks for. Throws `insufficient_scope`. */
  async function requireManagerOf(request: FastifyRequest, ...anyOf: readonly string[]): Promise<IdentityZone | null> {
    const { token, current } = await callerOf(request);
    const allowed = managersOf(current, ...anyOf);
    if (!hasScope(token, ...allowed)) throw insufficientScope(allowed);
    return current;
  }

  /** `zones.ID.admin` counts for who has been switched into the zone, and in the default one for that one's own. */
  function managersOf(current: IdentityZone | null, ...anyOf: readonly string[]): string[] {
    return managers({ zoneId: current?.id ?? context.zoneId }, ...anyOf);
  }
}

function noZone(id: string): UaaError {
  return new UaaError("not_found", `Zone[${id}] does not exist.`);
}

function taken({ id, subdomain }: IdentityZone): UaaError {
  const text = `The subdomain ${subdomain} or the id ${id} is taken by another zone`;
  return new UaaError("invalid_request", text, { status: 409, extra: { error: "zone_already_exists" } });
}

/** So that users of the default zone can be made managers. Durable. */
async function ensureManagingGroups(context: UaaContext, zoneId: string): Promise<void> {
  await ensureGroups(context, managingGroups(zoneId));
  await context.database.durable();
}

/** A later zone with this id must not have the managers of this one. */
async function removeManagingGroups({ groups, database }: UaaContext, zoneId: string): Promise<void> {
  const found = await groups.findByNames(managingGroups(zoneId));
  for (const { id } of found) await groups.delete(id);
  await database.durable();
}

function managingGroups(zoneId: string): string[] {
  return ZONE_POWERS.map((power) => `zones.${zoneId}.${power}`);
}
