import type { FastifyInstance, FastifyRequest } from "fastify";
import { matchesClientFilter, sortClients } from "../client-filter.ts";
import { readClientKeys, withAddedKeys } from "../client-jwks.ts";
import {
  checkNewClient,
  checkRegistrar,
  checkRestricted,
  RESTRICTED_SCOPES,
  type Registrar,
  refuse,
  withRefreshGrant,
} from "../client-rules.ts";
import { changedSecrets, fitsAnySecret, readSecret, type SecretChange } from "../client-secrets.ts";
import type { UaaContext } from "../context.ts";
import { UaaError } from "../errors.ts";
import type { OauthClient } from "../model.ts";
import { changedClient, readClient, wireClient } from "../oauth-client-json.ts";
import type { VerifiedToken } from "../token-service.ts";
import { jsonBodyOf, mayManage, requireManager } from "./request.ts";
import { orBadFilter, pickAttributes, readScimQuery } from "./scim-query.ts";

type ById = { Params: { client: string } };
const CLIENT_SCHEMAS = ["http://cloudfoundry.org/schema/scim/oauth-clients-1.0"];

/** Registration of clients. UAA: ClientAdminEndpoints */
export function registerClients(server: FastifyInstance, context: UaaContext): void {
  const { clients, clock, database } = context;

  server.get("/oauth/clients", async (request) => {
    await requireManager(context, request, "clients.read", "clients.admin");
    const query = readScimQuery(request, { filter: "client_id pr", sortBy: "client_id" }, "invalid_request");
    const { startIndex, page, attributes } = query;
    const all = await clients.all();
    const found = orBadFilter(query.filterText, page.sortBy, "invalid_request", () =>
      sortClients(
        all.filter((client) => matchesClientFilter(query.filter, client)),
        page.sortBy,
        page.ascending,
      ),
    );
    const count = Math.min(query.count, found.length);
    const resources = found.slice(page.offset, page.offset + count).map(wireClient);
    return {
      resources: attributes.length === 0 ? resources : resources.map((client) => pickAttributes(client, attributes)),
      startIndex,
      itemsPerPage: count,
      totalResults: found.length,
      schemas: CLIENT_SCHEMAS,
    };
  });

  for (const [url, isRestricted] of [
    ["/oauth/clients", false],
    ["/oauth/clients/restricted", true],
  ] as const) {
    server.post(url, async (request, reply) => {
      const caller = await requireManager(context, request, "clients.write", "clients.admin");
      const client = await newClient(context, registrarOf(context, request, caller), jsonBodyOf(request));
      if (isRestricted) checkRestricted(client);
      await clients.apply([{ kind: "insert", client }]);
      await database.durable();
      return reply.code(201).send(wireClient(client));
    });

    server.put<ById>(`${url}/:client`, async (request) => {
      const caller = await requireManager(context, request, "clients.write", "clients.admin");
      const client = await findClient(context, request.params.client);
      const body = jsonBodyOf(request);
      if (body["client_id"] !== undefined && body["client_id"] !== client.clientId) {
        throw refuse(`The client id (${String(body["client_id"])}) does not match the URL (${client.clientId})`);
      }
      const next = updatedClient(context, registrarOf(context, request, caller), client, body);
      if (isRestricted) checkRestricted(next);
      await clients.apply([{ kind: "update", client: next }]);
      await database.durable();
      return wireClient(next);
    });
  }

  server.get("/oauth/clients/restricted", async (request) => {
    await requireManager(context, request, "clients.read", "clients.admin");
    return RESTRICTED_SCOPES;
  });

  server.get<ById>("/oauth/clients/:client", async (request) => {
    await requireManager(context, request, "clients.read", "clients.admin");
    return wireClient(await findClient(context, request.params.client));
  });

  server.delete<ById>("/oauth/clients/:client", async (request) => {
    await requireManager(context, request, "clients.write", "clients.admin");
    const client = await findClient(context, request.params.client);
    await clients.apply([{ kind: "delete", client }]);
    await database.durable();
    return wireClient(client);
  });

  server.put<ById>("/oauth/clients/:client/secret", async (request) => {
    const caller = await requireManager(context, request, "clients.secret", "clients.admin");
    const client = await findClient(context, request.params.client);
    const body = jsonBodyOf(request);
    const change = readChange(body["changeMode"], "UPDATE");
    await requireOwnOrAdmin(context, request, caller, client, body["oldSecret"]);
    const secretHashes = await changedSecrets(context, client, change, body["secret"]);
    await clients.apply([{ kind: "update", client: { ...client, secretHashes, lastModifiedMs: clock.nowMs() } }]);
    await database.durable();
    const message = { DELETE: "Secret is deleted", ADD: "Secret is added", UPDATE: "secret updated" }[change];
    return { status: "ok", message };
  });

  server.put<ById>("/oauth/clients/:client/clientjwt", async (request) => {
    const caller = await requireManager(context, request, "clients.trust", "clients.admin");
    const client = await findClient(context, request.params.client);
    const body = jsonBodyOf(request);
    const change = readChange(body["changeMode"], "ADD");
    await requireOwnOrAdmin(context, request, caller, client, "");
    const { additional, message } = changedKeys(client, change, body);
    await clients.apply([{ kind: "update", client: { ...client, additional, lastModifiedMs: clock.nowMs() } }]);
    await database.durable();
    return { status: "ok", message };
  });
}

/** Reads and checks a new client, its secrets hashed. */
export async function newClient(
  context: UaaContext,
  registrar: Registrar | null,
  body: Readonly<Record<string, unknown>>,
): Promise<OauthClient> {
  const keys = readClientKeys(body);
  const read = withRefreshGrant(readClient(body, context.clock.nowMs()));
  const client = { ...read, additional: { ...read.additional, ...keys } };
  const { client_secret: secret, secondary_client_secret: secondary } = body;
  checkNewClient(client, typeof secret === "string" && secret !== "");
  checkRegistrar(client, registrar);
  const secretHashes: string[] = [];
  for (const given of [secret, secondary]) {
    if (given !== undefined && given !== null)
      secretHashes.push(await context.hasher.hashSecret(readSecret(context, given)));
  }
  return { ...client, secretHashes };
}

/** A stored client with what the body says. Secrets and keys never change this way. */
export function updatedClient(
  context: UaaContext,
  registrar: Registrar | null,
  client: OauthClient,
  body: Readonly<Record<string, unknown>>,
): OauthClient {
  const next = withRefreshGrant(changedClient(client, body, context.clock.nowMs()));
  checkRegistrar(next, registrar);
  return next;
}

export async function findClient(context: UaaContext, clientId: string): Promise<OauthClient> {
  const client = await context.clients.find(clientId);
  if (client === null) {
    throw new UaaError("not_found", `No client with requested id: ${clientId}`, { extra: { error: "invalid_client" } });
  }
  return client;
}

/** Null for an administrator. */
function registrarOf(context: UaaContext, request: FastifyRequest, caller: VerifiedToken): Registrar | null {
  if (mayManage(context, request, caller, "clients.admin")) return null;
  const { clientId, scope } = caller.client;
  return { clientId, scope };
}

/** A client may change its own credentials when it shows the old ones. UAA: checkPasswordChangeIsAllowed */
async function requireOwnOrAdmin(
  context: UaaContext,
  request: FastifyRequest,
  caller: VerifiedToken,
  client: OauthClient,
  oldSecret: unknown,
): Promise<void> {
  if (mayManage(context, request, caller, "clients.admin")) return;
  if (caller.client.clientId !== client.clientId) {
    throw refuse("Bad request. Not permitted to change another client's secret");
  }
  if (!(await fitsAnySecret(context, client, oldSecret))) {
    throw refuse("Previous secret is required and must be valid");
  }
}

function readChange(value: unknown, fallback: SecretChange): SecretChange {
  if (value === undefined || value === null) return fallback;
  if (value === "UPDATE" || value === "ADD" || value === "DELETE") return value;
  throw new UaaError("invalid_request", "changeMode must be UPDATE, ADD or DELETE");
}

/** UAA: MultitenantJdbcClientDetailsService.addClientJwtConfig, deleteClientJwtConfig */
function changedKeys(
  client: OauthClient,
  change: SecretChange,
  body: Readonly<Record<string, unknown>>,
): { additional: Readonly<Record<string, unknown>>; message: string } {
  const { jwks, jwks_uri: uri, ...others } = client.additional;
  const before = (jwks as { keys?: readonly Readonly<Record<string, unknown>>[] } | undefined)?.keys ?? [];
  const { kid } = body;
  if (change === "DELETE") {
    const isEmpty = uri === undefined && before.length === 0;
    if (isEmpty || (kid === undefined && body["jwks"] === undefined && body["jwks_uri"] === undefined)) {
      return { additional: client.additional, message: "No key deleted" };
    }
    const keys = typeof kid === "string" ? before.filter((key) => key["kid"] !== kid) : [];
    const additional = keys.length === 0 ? others : { ...others, jwks: { keys } };
    return { additional, message: "Client jwt configuration is deleted" };
  }
  const given = readClientKeys(body);
  if (given === null) {
    if (change === "ADD") return { additional: client.additional, message: "No key added" };
    throw refuse("Client jwt configuration cannot be parsed");
  }
  if (change === "UPDATE" || "jwks_uri" in given) {
    const message = change === "UPDATE" ? "Client jwt configuration updated" : "Client jwt configuration is added";
    return { additional: { ...others, ...given }, message };
  }
  const keys = withAddedKeys(before, given.jwks.keys);
  return { additional: { ...others, jwks: { keys } }, message: "Client jwt configuration is added" };
}
