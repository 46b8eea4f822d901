import type { Kysely } from "kysely";
import { UaaError } from "./errors.ts";
import type { OauthClient } from "./model.ts";
import type { ClientRow, UaaTables } from "./schema.ts";

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

  /** Throws `client_exists`. */
  async insert(client: OauthClient): Promise<void> {
    const { numInsertedOrUpdatedRows } = await this.#db
      .insertInto("clients")
      .values(toRow(client))
      .onConflict((conflict) => conflict.column("client_id").doNothing())
      .executeTakeFirstOrThrow();
    if (numInsertedOrUpdatedRows !== 1n) {
      throw new UaaError("client_exists", `Client already exists: ${client.clientId}`, {
        extra: { error: "invalid_client" },
      });
    }
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

  async update(client: OauthClient): Promise<void> {
    await this.#db.updateTable("clients").set(toRow(client)).where("client_id", "=", client.clientId).execute();
  }

  async delete(clientId: string): Promise<void> {
    await this.#db.transaction().execute(async (trx) => {
      await trx.deleteFrom("clients").where("client_id", "=", clientId).execute();
      await trx.deleteFrom("tokens").where("client_id", "=", clientId).execute();
      await trx.deleteFrom("approvals").where("client_id", "=", clientId).execute();
    });
  }
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
