import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { UaaContext } from "../context.ts";
import { toWireError, UaaError } from "../errors.ts";
import type { IdentityZone } from "../identity-zone.ts";
import { subdomainOf } from "../zone-config.ts";
import { zoneSwitchOf } from "../zone-switch.ts";
import type { Zones } from "../zones.ts";

/**
 * Hands a request over to the zone that it is for: by the subdomain of its host, or by the switch headers.
 * UAA: IdentityZoneResolvingFilter, IdentityZoneSwitchingFilter
 */
export function dispatchToZones(server: FastifyInstance, context: UaaContext, zones: Zones): void {
  server.addHook("onRequest", async (request: FastifyRequest, reply: FastifyReply) => {
    const zone = await zoneOf(request);
    if (zone === null) return;
    reply.hijack();
    await zones.answer(zone, request.raw, reply.raw).catch((error: unknown) => {
      context.log.error("zone cannot be opened", { zone: zone.id, error });
      const { status, headers, body } = toWireError(error);
      reply.raw.writeHead(status, { ...headers, "content-type": "application/json" }).end(JSON.stringify(body));
    });
  });

  async function zoneOf(request: FastifyRequest): Promise<IdentityZone | null> {
    const subdomain = subdomainOf(request.headers.host, context.config);
    const wanted = zoneSwitchOf(request.headers);
    if (subdomain !== null) {
      const zone = await zones.store.bySubdomain(subdomain);
      if (zone === null || !zone.active) {
        throw new UaaError("not_found", `Cannot find identity zone for subdomain ${subdomain}`);
      }
      if (wanted !== null) throw new UaaError("access_denied", "A zone cannot be switched from another zone");
      return zone;
    }
    // Zones themselves are kept in the default one.
    if (wanted === null || wanted.id === context.zoneId || request.url.startsWith("/identity-zones")) return null;
    const zone = await zones.store.wanted(wanted);
    if (zone === null || !zone.active) {
      const text = `Identity zone with id/subdomain ${wanted.id}/${wanted.subdomain} does not exist`;
      throw new UaaError("not_found", text);
    }
    if (!/^bearer\s/i.test(request.headers.authorization ?? "")) {
      throw new UaaError("access_denied", `User is not authorized to switch to IdentityZone with id ${zone.id}`);
    }
    return zone;
  }
}
