import type { Kysely } from "kysely";
import type { IdentityZone, ZoneConfig } from "./identity-zone.ts";
import type { IdentityZoneRow, UaaTables } from "./schema.ts";
import type { ZoneSwitch } from "./zone-switch.ts";

/** The zones besides the default one. They stay in memory once read: each request asks. */
export class ZoneStore {
  readonly #db: Kysely<UaaTables>;
  #cached: Promise<readonly IdentityZone[]> | null = null;

  constructor(db: Kysely<UaaTables>) {
    this.#db = db;
  }

  async all(): Promise<readonly IdentityZone[]> {
    this.#cached ??= this.#read();
    return await this.#cached;
  }

  async find(id: string): Promise<IdentityZone | null> {
    return (await this.all()).find((zone) => zone.id === id) ?? null;
  }

  async bySubdomain(subdomain: string): Promise<IdentityZone | null> {
    const wanted = subdomain.toLowerCase();
    return (await this.all()).find((zone) => zone.subdomain === wanted) ?? null;
  }

  /** The zone that switch headers name. */
  async wanted({ id, subdomain }: ZoneSwitch): Promise<IdentityZone | null> {
    return id === null ? await this.bySubdomain(subdomain ?? "") : await this.find(id);
  }

  /** False when the id or the subdomain is taken. */
  async insert(zone: IdentityZone): Promise<boolean> {
    const { numInsertedOrUpdatedRows } = await this.#db
      .insertInto("identity_zones")
      .values(toRow(zone))
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow();
    this.#cached = null;
    return numInsertedOrUpdatedRows === 1n;
  }

  async update(zone: IdentityZone): Promise<void> {
    await this.#db.updateTable("identity_zones").set(toRow(zone)).where("id", "=", zone.id).execute();
    this.#cached = null;
  }

  async delete(id: string): Promise<void> {
    await this.#db.deleteFrom("identity_zones").where("id", "=", id).execute();
    this.#cached = null;
  }

  async #read(): Promise<readonly IdentityZone[]> {
    const rows = await this.#db.selectFrom("identity_zones").selectAll().orderBy("created_ms").orderBy("id").execute();
    return rows.map((row) => ({
      id: row.id,
      subdomain: row.subdomain,
      name: row.name,
      description: row.description,
      config: JSON.parse(row.config) as ZoneConfig,
      active: row.active === 1,
      version: row.version,
      createdMs: row.created_ms,
      lastModifiedMs: row.last_modified_ms,
    }));
  }
}

function toRow(zone: IdentityZone): IdentityZoneRow {
  return {
    id: zone.id,
    subdomain: zone.subdomain,
    name: zone.name,
    description: zone.description,
    config: JSON.stringify(zone.config),
    active: zone.active ? 1 : 0,
    version: zone.version,
    created_ms: zone.createdMs,
    last_modified_ms: zone.lastModifiedMs,
  };
}
