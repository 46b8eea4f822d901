import type { FastifyInstance } from "fastify";
import type { UaaContext } from "../context.ts";
import { UaaError } from "../errors.ts";
import { isHttpUrl } from "../provider-http.ts";
import type { ClientMetadata } from "../store-clients.ts";
import { findClient } from "./clients.ts";
import { bearerOf, jsonBodyOf, requireManager } from "./request.ts";

type ById = { Params: { client: string } };
/** An icon is an image in base64. UAA keeps it in a column without a limit. */
const ICON_MAX = 262_144;

/** How a client shows itself to people. UAA: ClientMetadataAdminEndpoints */
export function registerClientMetadata(server: FastifyInstance, context: UaaContext): void {
  const { clients, database } = context;

  server.get("/oauth/clients/meta", async (request) => {
    await bearerOf(context, request);
    return (await clients.allMetadata()).map(wireMetadata);
  });

  server.get<ById>("/oauth/clients/:client/meta", async (request) => {
    await bearerOf(context, request);
    const { client: clientId } = request.params;
    const metadata = await clients.metadata(clientId);
    if (metadata === null) throw new UaaError("not_found", `No client with ID ${clientId}`);
    return wireMetadata(metadata);
  });

  server.put<ById>("/oauth/clients/:client/meta", async (request) => {
    await requireManager(context, request, "clients.write", "clients.admin");
    const { client: clientId } = request.params;
    const body = jsonBodyOf(request);
    if (body["clientId"] !== undefined && body["clientId"] !== null && body["clientId"] !== clientId) {
      const text = `Client ID in body {${String(body["clientId"])}} does not match URL path {${clientId}}`;
      throw new UaaError("invalid_request", text);
    }
    const client = await findClient(context, clientId);
    const metadata: ClientMetadata = {
      clientId: client.clientId,
      showOnHomePage: body["showOnHomePage"] === true,
      appLaunchUrl: readUrl(body["appLaunchUrl"]),
      appIcon: readText(body["appIcon"], "appIcon", ICON_MAX),
      clientName: readText(body["clientName"], "clientName", 1000) ?? nameOf(client.additional["name"]),
    };
    await clients.saveMetadata(metadata);
    await database.durable();
    return wireMetadata(metadata);
  });
}

function wireMetadata(metadata: ClientMetadata): Record<string, unknown> {
  const { clientId, clientName, showOnHomePage, appLaunchUrl, appIcon } = metadata;
  return { clientId, clientName, showOnHomePage, appLaunchUrl, appIcon };
}

function nameOf(name: unknown): string | null {
  return typeof name === "string" ? name : null;
}

function readUrl(value: unknown): string | null {
  const url = readText(value, "appLaunchUrl", 1024);
  // It becomes a link on a page: no other scheme may run there.
  if (url !== null && !isHttpUrl(url)) {
    throw new UaaError("invalid_request", "appLaunchUrl must be an http or https URL");
  }
  return url;
}

function readText(value: unknown, name: string, lengthMax: number): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== "string" || value.length > lengthMax) {
    throw new UaaError("invalid_request", `${name} must be text of at most ${lengthMax} characters`);
  }
  return value;
}
