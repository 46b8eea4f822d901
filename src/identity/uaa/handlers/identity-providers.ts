import type { FastifyInstance, FastifyRequest } from "fastify";
import { audit } from "../audit.ts";
import type { UaaContext } from "../context.ts";
import { UaaError } from "../errors.ts";
import { type IdentityProvider, wireProvider, withKeptSecrets } from "../identity-provider.ts";
import { readProvider } from "../identity-provider-json.ts";
import { LdapUnavailableError, ldapSignIn } from "../ldap-sign-in.ts";
import { jsonBodyOf, parametersOf, requireManager } from "./request.ts";

type ById = { Params: { id: string } };

/** Where accounts come from. UAA: IdentityProviderEndpoints */
export function registerIdentityProviders(server: FastifyInstance, context: UaaContext): void {
  const { providers, clock, random, database } = context;
  const wire = (request: FastifyRequest, provider: IdentityProvider): Record<string, unknown> =>
    wireProvider(provider, context.zoneId, parametersOf(request)["rawConfig"] === "true");

  server.get("/identity-providers", async (request) => {
    await requireManager(context, request, "idps.read");
    const { active_only: activeOnly, originKey = "" } = parametersOf(request);
    if (originKey !== "") {
      const provider = await providers.byOrigin(originKey);
      if (provider === null) throw notFound();
      return [wire(request, provider)];
    }
    const all = await providers.all();
    return all.filter(({ active }) => active || activeOnly !== "true").map((provider) => wire(request, provider));
  });

  server.post("/identity-providers", async (request, reply) => {
    await requireManager(context, request, "idps.write");
    const nowMs = clock.nowMs();
    const input = readProvider(jsonBodyOf(request));
    const provider = { ...input, id: random.guid(), version: 0, createdMs: nowMs, lastModifiedMs: nowMs };
    if (!(await providers.insert(provider))) {
      throw new UaaError("invalid_request", `The origin ${input.originKey} is taken`, { status: 409 });
    }
    await database.durable();
    audit(context, "IdentityProviderCreatedEvent", { origin: provider.originKey });
    return reply.code(201).send(wire(request, provider));
  });

  server.get<ById>("/identity-providers/:id", async (request) => {
    await requireManager(context, request, "idps.read");
    return wire(request, await find(request.params.id));
  });

  server.put<ById>("/identity-providers/:id", async (request) => {
    await requireManager(context, request, "idps.write");
    const stored = await find(request.params.id);
    const input = readProvider(jsonBodyOf(request));
    if (input.originKey !== stored.originKey || input.type !== stored.type) {
      throw new UaaError("invalid_request", "The origin and the type of a provider cannot change", { status: 422 });
    }
    const provider: IdentityProvider = {
      ...stored,
      ...input,
      config: withKeptSecrets(input.config, stored.config),
      version: stored.version + 1,
      lastModifiedMs: clock.nowMs(),
    };
    await providers.update(provider);
    await database.durable();
    audit(context, "IdentityProviderModifiedEvent", { origin: provider.originKey });
    return wire(request, provider);
  });

  server.delete<ById>("/identity-providers/:id", async (request) => {
    await requireManager(context, request, "idps.write");
    const provider = await find(request.params.id);
    if (provider.type === "uaa") {
      throw new UaaError("invalid_request", "The internal provider cannot be deleted", { status: 422 });
    }
    await providers.delete(provider);
    await database.durable();
    audit(context, "IdentityProviderDeletedEvent", { origin: provider.originKey });
    return wire(request, provider);
  });

  server.patch<ById>("/identity-providers/:id/status", async (request) => {
    await requireManager(context, request, "idps.write");
    const provider = await find(request.params.id);
    const body = jsonBodyOf(request);
    if (body["requirePasswordChange"] !== true) {
      throw new UaaError("invalid_request", "requirePasswordChange must be true", { status: 422 });
    }
    const policy = provider.config["passwordPolicy"];
    if (provider.type !== "uaa" || typeof policy !== "object" || policy === null) {
      const text = "Only an internal provider with a password policy can require new passwords";
      throw new UaaError("invalid_request", text, { status: 422 });
    }
    const passwordPolicy = { ...policy, passwordNewerThan: clock.nowMs() };
    const config = { ...provider.config, passwordPolicy };
    await providers.update({ ...provider, config, version: provider.version + 1, lastModifiedMs: clock.nowMs() });
    await database.durable();
    return { requirePasswordChange: true };
  });

  server.post("/identity-providers/test", async (request, reply) => {
    await requireManager(context, request, "idps.write");
    const { provider, credentials } = jsonBodyOf(request) as { provider?: unknown; credentials?: unknown };
    const { type, config } = readProvider(objectOf(provider));
    const { username, password } = objectOf(credentials);
    if (type !== "ldap" || typeof username !== "string" || typeof password !== "string") {
      throw new UaaError("invalid_request", "An LDAP provider and credentials are needed");
    }
    reply.type("application/json");
    try {
      const found = await ldapSignIn(context, config, username, password);
      return reply.code(found === null ? 417 : 200).send(JSON.stringify(found === null ? "bad credentials" : "ok"));
    } catch (error) {
      if (!(error instanceof LdapUnavailableError)) throw error;
      return reply.code(400).send(JSON.stringify(error.message));
    }
  });

  async function find(id: string): Promise<IdentityProvider> {
    const provider = await providers.find(id);
    if (provider === null) throw notFound();
    return provider;
  }
}

function notFound(): UaaError {
  return new UaaError("not_found", "Provider not found.");
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new UaaError("invalid_request", "An LDAP provider and credentials are needed");
}
