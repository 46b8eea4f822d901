import type { Kysely } from "kysely";
import { UaaError } from "./errors.ts";
import type { OauthClient } from "./model.ts";
import type { ClientRow, UaaTables } from "./schema.ts";

export interface ClientChange {
  readonly kind: "insert" | "update" | "delete" | "delete-approvals";
  readonly client: OauthClient;
}

/** How a client shows itself to people. UAA: ClientMetadata */
export interface ClientMetadata {
  readonly clientId: string;
  readonly clientName: string | null;
  readonly showOnHomePage: boolean;
  readonly appLaunchUrl: string | null;
  /** An image in base64. */
  readonly appIcon: string | null;
}

/** Registered clients. */
export class ClientStore {
  readonly #db: Kysely<UaaTables>;

  constructor(db: Kysely<UaaTables>) {
    this.#db = db;
  }

  async find(clientId: string): Promise<OauthClient | null> {
    const row = await this.#db.selectFrom("clients").selectAll().where("client_id", "=", clientId).executeTakeFirst();
    return row === undefined ? null : fromRow(row);
  }

  async all(): Promise<OauthClient[]> {
    return (await this.#db.selectFrom("clients").selectAll().orderBy("client_id").execute()).map(fromRow);
  }

  /** All of them or none, in this order. Throws `client_exists`. */
  async apply(changes: readonly ClientChange[]): Promise<void> {
    await this.#db.transaction().execute(async (trx) => {
      for (const { kind, client } of changes) {
        if (kind === "insert") await insert(trx, client);
        else if (kind === "update") {
          await trx.updateTable("clients").set(toRow(client)).where("client_id", "=", client.clientId).execute();
        } else {
          await trx.deleteFrom("approvals").where("client_id", "=", client.clientId).execute();
          if (kind === "delete-approvals") continue;
          await trx.deleteFrom("clients").where("client_id", "=", client.clientId).execute();
          await trx.deleteFrom("tokens").where("client_id", "=", client.clientId).execute();
        }
      }
    });
  }

  async upsert(clients: readonly OauthClient[]): Promise<void> {
    await this.#db.transaction().execute(async (trx) => {
      for (const client of clients) {
        const row = toRow(client);
        await trx
          .insertInto("clients")
          .values(row)
          .onConflict((conflict) => conflict.column("client_id").doUpdateSet(row))
          .execute();
      }
    });
  }

  /** Of clients that have some. */
  async allMetadata(): Promise<ClientMetadata[]> {
    return (await this.#db.selectFrom("client_metadata").selectAll().orderBy("client_id").execute()).map(toMetadata);
  }

  /** Null when there is no such client; a client without any has the defaults. */
  async metadata(clientId: string): Promise<ClientMetadata | null> {
    const row = await this.#db
      .selectFrom("client_metadata")
      .selectAll()
      .where("client_id", "=", clientId)
      .executeTakeFirst();
    if (row !== undefined) return toMetadata(row);
    const client = await this.find(clientId);
    if (client === null) return null;
    const { name } = client.additional;
    const clientName = typeof name === "string" ? name : null;
    return { clientId, showOnHomePage: false, appLaunchUrl: null, appIcon: null, clientName };
  }

  async saveMetadata(metadata: ClientMetadata): Promise<void> {
    const { clientId, showOnHomePage, appLaunchUrl, appIcon, clientName } = metadata;
    const fields = {
      show_on_home_page: showOnHomePage ? 1 : 0,
      app_launch_url: appLaunchUrl,
      app_icon: appIcon,
      client_name: clientName,
    };
    await this.#db
      .insertInto("client_metadata")
      .values({ client_id: clientId, ...fields })
      .onConflict((conflict) => conflict.column("client_id").doUpdateSet(fields))
      .execute();
  }
}

async function insert(db: Kysely<UaaTables>, client: OauthClient): Promise<void> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto("clients")
    .values(toRow(client))
    .onConflict((conflict) => conflict.column("client_id").doNothing())
    .executeTakeFirstOrThrow();
  if (numInsertedOrUpdatedRows === 1n) return;
  throw new UaaError("client_exists", `Client already exists: ${client.clientId}`, {
    extra: { error: "invalid_client" },
  });
}

function toMetadata(row: UaaTables["client_metadata"]): ClientMetadata {
  return {
    clientId: row.client_id,
    showOnHomePage: row.show_on_home_page === 1,
    appLaunchUrl: row.app_launch_url,
    appIcon: row.app_icon,
    clientName: row.client_name,
  };
}

function fromRow(row: ClientRow): OauthClient {
  return {
    clientId: row.client_id,
    secretHashes: JSON.parse(row.secret_hashes) as string[],
    scope: JSON.parse(row.scope) as string[],
    authorities: JSON.parse(row.authorities) as string[],
    grantTypes: JSON.parse(row.grant_types) as string[],
    redirectUris: JSON.parse(row.redirect_uris) as string[],
    resourceIds: JSON.parse(row.resource_ids) as string[],
    autoApprove: JSON.parse(row.auto_approve) as true | string[],
    accessTokenValiditySeconds: row.access_token_validity_s,
    refreshTokenValiditySeconds: row.refresh_token_validity_s,
    additional: JSON.parse(row.additional) as Record<string, unknown>,
    lastModifiedMs: row.last_modified_ms,
  };
}

function toRow(client: OauthClient): ClientRow {
  return {
    client_id: client.clientId,
    secret_hashes: JSON.stringify(client.secretHashes),
    scope: JSON.stringify(client.scope),
    authorities: JSON.stringify(client.authorities),
    grant_types: JSON.stringify(client.grantTypes),
    redirect_uris: JSON.stringify(client.redirectUris),
    resource_ids: JSON.stringify(client.resourceIds),
    auto_approve: JSON.stringify(client.autoApprove),
    access_token_validity_s: client.accessTokenValiditySeconds,
    refresh_token_validity_s: client.refreshTokenValiditySeconds,
    additional: JSON.stringify(client.additional),
    last_modified_ms: client.lastModifiedMs,
  };
}
