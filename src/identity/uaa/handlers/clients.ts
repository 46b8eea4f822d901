import type { FastifyInstance } from "fastify";
import { matchesClientFilter } from "../client-filter.ts";
import type { UaaContext } from "../context.ts";
import { UaaError } from "../errors.ts";
import type { OauthClient } from "../model.ts";
import { changedClient, readClient, wireClient } from "../oauth-client-json.ts";
import { jsonBodyOf, requireScope } from "./request.ts";
import { COUNT_MAX, readScimQuery } from "./scim-query.ts";

type ById = { Params: { client: string } };

/** Registration of clients. UAA: ClientAdminEndpoints */
export function registerClients(server: FastifyInstance, context: UaaContext): void {
  const { clients, clock, file, hasher } = context;

  server.get("/oauth/clients", async (request) => {
    await requireScope(context, request, "clients.read", "clients.admin", "uaa.admin");
    const { filter, startIndex, count, page } = readScimQuery(request, { filter: "client_id pr", sortBy: "client_id" });
    const found = (await clients.all()).filter((client) => matchesClientFilter(filter, client));
    if (!page.ascending) found.reverse();
    const resources = found.slice(page.offset, page.offset + count).map(wireClient);
    return {
      resources,
      startIndex,
      itemsPerPage: Math.min(count, COUNT_MAX),
      totalResults: found.length,
      schemas: ["http://cloudfoundry.org/schema/scim/oauth-clients-1.0"],
    };
  });

  server.post("/oauth/clients", async (request, reply) => {
    await requireScope(context, request, "clients.write", "clients.admin", "uaa.admin");
    const client = await newClient(context, jsonBodyOf(request));
    await clients.insert(client);
    await file.durable();
    return reply.code(201).send(wireClient(client));
  });

  server.get<ById>("/oauth/clients/:client", async (request) => {
    await requireScope(context, request, "clients.read", "clients.admin", "uaa.admin");
    return wireClient(await findClient(context, request.params.client));
  });

  server.put<ById>("/oauth/clients/:client", async (request) => {
    await requireScope(context, request, "clients.write", "clients.admin", "uaa.admin");
    const client = await findClient(context, request.params.client);
    const next = changedClient(client, jsonBodyOf(request), clock.nowMs());
    await clients.update(next);
    await file.durable();
    return wireClient(next);
  });

  server.delete<ById>("/oauth/clients/:client", async (request) => {
    await requireScope(context, request, "clients.write", "clients.admin", "uaa.admin");
    const client = await findClient(context, request.params.client);
    await clients.delete(client.clientId);
    await file.durable();
    return wireClient(client);
  });

  server.put<ById>("/oauth/clients/:client/secret", async (request) => {
    const caller = await requireScope(context, request, "clients.secret", "clients.admin", "uaa.admin");
    const client = await findClient(context, request.params.client);
    const { oldSecret, secret, changeMode = "UPDATE" } = jsonBodyOf(request);
    const isAdmin = caller.scopes.has("clients.admin") || caller.scopes.has("uaa.admin");
    if (!isAdmin) {
      if (caller.client.clientId !== client.clientId) {
        throw new UaaError("invalid_client", "Bad request. Not permitted to change another client's secret", {
          status: 400,
        });
      }
      if (typeof oldSecret !== "string" || !(await matchesAny(context, oldSecret, client))) {
        throw new UaaError("invalid_client", "Previous secret is required and must be valid", { status: 400 });
      }
    }
    const secretHashes = await changedSecrets(context, client, String(changeMode), secret);
    await clients.update({ ...client, secretHashes, lastModifiedMs: clock.nowMs() });
    await file.durable();
    const message =
      changeMode === "DELETE" ? "Secret is deleted" : changeMode === "ADD" ? "Secret is added" : "secret updated";
    return { status: "ok", message };
  });

  server.post("/oauth/clients/tx/modify", async (request) => {
    await requireScope(context, request, "clients.admin", "uaa.admin");
    if (!Array.isArray(request.body) || request.body.length > COUNT_MAX) {
      throw new UaaError("invalid_request", "The request body must be a list of clients");
    }
    const answers: Record<string, unknown>[] = [];
    for (const entry of request.body as unknown[]) {
      if (typeof entry !== "object" || entry === null)
        throw new UaaError("invalid_request", "A client must be an object");
      const body = entry as Record<string, unknown>;
      const action = String(body["action"] ?? "");
      let client: OauthClient;
      if (action === "add") {
        client = await newClient(context, body);
        await clients.insert(client);
      } else {
        const stored = await findClient(context, String(body["client_id"] ?? ""));
        client = stored;
        if (action === "delete") await clients.delete(stored.clientId);
        else if (action === "update" || action === "update,secret" || action === "secret") {
          const { client_secret: secret } = body;
          if (action !== "secret") client = changedClient(stored, body, clock.nowMs());
          if (action !== "update" && typeof secret === "string") {
            client = { ...client, secretHashes: [await hasher.hashSecret(secret)] };
          }
          await clients.update(client);
        } else throw new UaaError("invalid_client", "Invalid action.", { status: 400 });
      }
      answers.push({ ...wireClient(client), action });
    }
    await file.durable();
    return answers;
  });
}

async function newClient(context: UaaContext, body: Readonly<Record<string, unknown>>): Promise<OauthClient> {
  const input = readClient(body, context.clock.nowMs());
  const secret = body["client_secret"];
  const needsSecret = input.grantTypes.some((type) => type !== "implicit" && type !== "authorization_code");
  if (typeof secret !== "string" && needsSecret) {
    throw new UaaError("invalid_client", "Client secret is required for client_credentials grant type", {
      status: 400,
    });
  }
  return { ...input, secretHashes: typeof secret === "string" ? [await context.hasher.hashSecret(secret)] : [] };
}

async function findClient(context: UaaContext, clientId: string): Promise<OauthClient> {
  const client = await context.clients.find(clientId);
  if (client === null) {
    throw new UaaError("not_found", `No client with requested id: ${clientId}`, { extra: { error: "invalid_client" } });
  }
  return client;
}

async function matchesAny(context: UaaContext, secret: string, client: OauthClient): Promise<boolean> {
  for (const hash of client.secretHashes) if (await context.hasher.matches(secret, hash)) return true;
  return false;
}

/** UPDATE replaces, ADD keeps the old one beside the new, DELETE drops the older. */
async function changedSecrets(
  context: UaaContext,
  client: OauthClient,
  mode: string,
  secret: unknown,
): Promise<string[]> {
  const refuse = (text: string): UaaError => new UaaError("invalid_client", text, { status: 400 });
  if (mode === "DELETE") {
    if (client.secretHashes.length < 2) throw refuse("client secret is either empty or client has only one secret.");
    return client.secretHashes.slice(1);
  }
  if (typeof secret !== "string") throw refuse("A secret must be given");
  const hash = await context.hasher.hashSecret(secret);
  if (mode !== "ADD") return [hash];
  if (client.secretHashes.length !== 1) {
    throw refuse("client secret is either empty or client already has two secrets.");
  }
  return [...client.secretHashes, hash];
}
