import type { DashboardClient, DashboardClientChanges } from "./client.ts";
import { changedSecrets } from "./client-secrets.ts";
import type { UaaContext } from "./context.ts";
import { UaaError } from "./errors.ts";
import { findClient, newClient, updatedClient } from "./handlers/clients.ts";
import type { ClientChange } from "./store-clients.ts";

/** What a dashboard may ask of its users. CC: uaa_client_scope, filtered by uaa_client_manager.rb */
const SCOPES = ["openid", "cloud_controller_service_permissions.read"];

/** Makes, changes and removes clients for dashboards, all or nothing. */
export async function changeDashboardClients(
  context: UaaContext,
  { add, update, remove }: DashboardClientChanges,
): Promise<{ readonly refused: string } | null> {
  try {
    const changes: ClientChange[] = [];
    for (const client of add) changes.push({ kind: "insert", client: await newClient(context, null, bodyOf(client)) });
    for (const client of update) {
      const stored = await findClient(context, client.id);
      const secretHashes = await changedSecrets(context, stored, "UPDATE", client.secret);
      changes.push({
        kind: "update",
        client: { ...updatedClient(context, null, stored, bodyOf(client)), secretHashes },
      });
    }
    for (const id of remove) changes.push({ kind: "delete", client: await findClient(context, id) });
    await context.clients.apply(changes);
    await context.database.durable();
    return null;
  } catch (error) {
    if (!(error instanceof UaaError)) throw error;
    return { refused: error.message };
  }
}

function bodyOf({ id, secret, redirectUri }: DashboardClient): Record<string, unknown> {
  return {
    client_id: id,
    client_secret: secret,
    redirect_uri: redirectUri,
    scope: SCOPES,
    authorities: ["uaa.resource"],
    authorized_grant_types: ["authorization_code"],
  };
}
