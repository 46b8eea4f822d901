import type { FastifyInstance, FastifyRequest } from "fastify";
import { audit } from "../audit.ts";
import { checkRestricted, refuse as refuseClient } from "../client-rules.ts";
import type { UaaContext } from "../context.ts";
import { UaaError } from "../errors.ts";
import { type IdentityZone, readZone, refuse, wireZone, ZONE_POWERS } from "../identity-zone.ts";
import { ensureGroups } from "../new-group.ts";
import { wireClient } from "../oauth-client-json.ts";
import type { VerifiedToken } from "../token-service.ts";
import type { Zones } from "../zones.ts";
import { findClient, newClient } from "./clients.ts";
import { bearerOf, hasScope, insufficientScope, jsonBodyOf, requireScope } from "./request.ts";

type ById = { Params: { id: string } };

/** Zones: made, changed and deleted from the default one. UAA: IdentityZoneEndpoints */
export function registerIdentityZones(server: FastifyInstance, context: UaaContext, zones: Zones): void {
  const { clock, random } = context;

  server.get("/identity-zones", async (request) => {
    const caller = await bearerOf(context, request);
    const seesAll = hasScope(caller, "zones.read", "zones.write");
    const all = await zones.store.all();
    const visible = all.filter(({ id }) => seesAll || manages(caller, id) || readsOnly(caller, id));
    if (!seesAll && visible.length === 0) throw insufficientScope(["zones.read", "zones.write"]);
    return visible.map((zone) => wireZone(zone, !seesAll && readsOnly(caller, zone.id)));
  });

  server.post("/identity-zones", async (request, reply) => {
    await requireScope(context, request, "zones.write");
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
    const caller = await bearerOf(context, request);
    const { id } = request.params;
    const seesAll = hasScope(caller, "zones.read", "zones.write") || manages(caller, id);
    if (!seesAll && !readsOnly(caller, id)) throw insufficientScope(["zones.read", "zones.write", `zones.${id}.admin`]);
    return wireZone(await find(id), !seesAll);
  });

  server.put<ById>("/identity-zones/:id", async (request) => {
    const zone = await managed(request, request.params.id);
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
    await requireScope(context, request, "zones.write");
    const zone = await find(request.params.id);
    await zones.delete(zone.id);
    await removeManagingGroups(context, zone.id);
    audit(context, "IdentityZoneDeletedEvent", { zone: zone.id });
    return wireZone(zone);
  });

  server.post<ById>("/identity-zones/:id/clients", async (request, reply) => {
    const zone = await managed(request, request.params.id);
    const inZone = await zones.contextOf(zone);
    const client = await newClient(inZone, null, jsonBodyOf(request));
    checkRestricted({ ...client, scope: client.scope.filter((scope) => scope !== "openid") });
    if (client.grantTypes.some((type) => type !== "authorization_code" && type !== "refresh_token")) {
      throw refuseClient("only authorization_code and refresh_token grant types are allowed");
    }
    await inZone.clients.apply([{ kind: "insert", client }]);
    await inZone.file.durable();
    return reply.code(201).send(wireClient(client));
  });

  server.delete<{ Params: { id: string; clientId: string } }>(
    "/identity-zones/:id/clients/:clientId",
    async (request) => {
      const zone = await managed(request, request.params.id);
      const inZone = await zones.contextOf(zone);
      const client = await findClient(inZone, request.params.clientId);
      await inZone.clients.apply([{ kind: "delete", client }]);
      await inZone.file.durable();
      return wireClient(client);
    },
  );

  async function managed(request: FastifyRequest, id: string): Promise<IdentityZone> {
    await requireScope(context, request, "zones.write", `zones.${id}.admin`);
    return await find(id);
  }

  async function find(id: string): Promise<IdentityZone> {
    const zone = await zones.store.find(id);
    if (zone === null) throw new UaaError("not_found", `Zone[${id}] does not exist.`);
    return zone;
  }
}

function manages(caller: VerifiedToken, id: string): boolean {
  return hasScope(caller, `zones.${id}.admin`);
}

function readsOnly(caller: VerifiedToken, id: string): boolean {
  return !manages(caller, id) && hasScope(caller, `zones.${id}.read`);
}

function taken({ id, subdomain }: IdentityZone): UaaError {
  const text = `The subdomain ${subdomain} or the id ${id} is taken by another zone`;
  return new UaaError("invalid_request", text, { status: 409, extra: { error: "zone_already_exists" } });
}

/** So that users of the default zone can be made managers. Durable. */
async function ensureManagingGroups(context: UaaContext, zoneId: string): Promise<void> {
  await ensureGroups(context, managingGroups(zoneId));
  await context.file.durable();
}

/** A later zone with this id must not have the managers of this one. */
async function removeManagingGroups({ groups, file }: UaaContext, zoneId: string): Promise<void> {
  const found = await groups.findByNames(managingGroups(zoneId));
  for (const { id } of found) await groups.delete(id);
  await file.durable();
}

function managingGroups(zoneId: string): string[] {
  return ZONE_POWERS.map((power) => `zones.${zoneId}.${power}`);
}
