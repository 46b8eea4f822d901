import type { Kysely, Selectable } from "kysely";
import { z } from "zod";
import { isUniqueViolation } from "../../../../kit/database.ts";
import type { CcApi } from "../../api/api.ts";
import { unprocessable } from "../../errors.ts";
import type { CcDatabase, SidecarsTable } from "../../store/schema.ts";
import { check, own, whole } from "../../validation.ts";

export type Sidecar = Selectable<SidecarsTable>;

const text = () =>
  z
    .unknown()
    .superRefine(
      check<unknown>((value) => [
        ...(value === undefined || value === null || value === "" ? ["can't be blank"] : []),
        ...(typeof value === "string" ? [] : ["must be a string"]),
      ]),
    )
    .transform((value) => value as string);
const processTypes = () =>
  z
    .unknown()
    .superRefine(
      check<unknown>((value) => [
        ...(Array.isArray(value) ? [] : ["must be an array"]),
        ...(value === undefined || value === null || (value as unknown[]).length === 0
          ? ["must have at least 1 process_type"]
          : []),
      ]),
    )
    .transform((value) => (value as unknown[]).map(String));
const memory = () => whole((number) => number.min(1, { error: own("must be greater than 0") }));

/** CC: messages/sidecar_create_message.rb */
export const SIDECAR_CREATE = z.strictObject({
  name: text(),
  command: text(),
  process_types: processTypes(),
  memory_in_mb: memory().nullish(),
});

/** CC: messages/sidecar_update_message.rb */
export const SIDECAR_UPDATE = z.strictObject({
  name: text().optional(),
  command: text().optional(),
  process_types: processTypes().optional(),
  memory_in_mb: memory().nullish(),
});

export type SidecarWanted = z.output<typeof SIDECAR_CREATE>;
export type SidecarChange = z.output<typeof SIDECAR_UPDATE>;

export async function sidecarsOfApp(db: Kysely<CcDatabase>, appGuid: string): Promise<Sidecar[]> {
  return await db.selectFrom("sidecars").where("app_guid", "=", appGuid).orderBy("id").selectAll().execute();
}

export function processTypesOf(sidecar: Sidecar): string[] {
  return JSON.parse(sidecar.process_types) as string[];
}

/** Inside a transaction. Throws UnprocessableEntity. CC: actions/sidecar_create.rb */
export async function createSidecar(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  appGuid: string,
  wanted: SidecarWanted,
  origin: Sidecar["origin"],
): Promise<Sidecar> {
  await requireMemory(trx, appGuid, wanted.process_types, wanted.memory_in_mb ?? 0, null);
  return await trx
    .insertInto("sidecars")
    .values({
      ...api.stamp(),
      app_guid: appGuid,
      name: wanted.name,
      command: wanted.command,
      memory_in_mb: wanted.memory_in_mb ?? null,
      process_types: JSON.stringify(wanted.process_types),
      origin,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
    .catch((error) => {
      throw nameTaken(error, wanted.name);
    });
}

/** Inside a transaction. CC: actions/sidecar_update.rb */
export async function updateSidecar(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  sidecar: Sidecar,
  change: SidecarChange,
): Promise<Sidecar> {
  const types = change.process_types ?? processTypesOf(sidecar);
  const memoryMb = change.memory_in_mb === undefined ? sidecar.memory_in_mb : change.memory_in_mb;
  await requireMemory(trx, sidecar.app_guid, types, memoryMb ?? 0, sidecar.name);
  return await trx
    .updateTable("sidecars")
    .set({
      updated_at: api.nowMs(),
      name: change.name ?? sidecar.name,
      command: change.command ?? sidecar.command,
      memory_in_mb: memoryMb,
      process_types: JSON.stringify(types),
    })
    .where("guid", "=", sidecar.guid)
    .returningAll()
    .executeTakeFirstOrThrow()
    .catch((error) => {
      throw nameTaken(error, change.name ?? sidecar.name);
    });
}

/** The sidecars that the droplet brings replace those of the droplet before. CC: actions/sidecar_synchronize_from_app_droplet.rb */
export async function synchronizeSidecars(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  appGuid: string,
  dropletSidecars: string,
): Promise<void> {
  await trx.deleteFrom("sidecars").where("app_guid", "=", appGuid).where("origin", "=", "buildpack").execute();
  const kept = new Set((await sidecarsOfApp(trx, appGuid)).map(({ name }) => name));
  for (const sidecar of JSON.parse(dropletSidecars) as (SidecarWanted & { memory?: number | null })[]) {
    if (kept.has(sidecar.name)) {
      throw unprocessable(
        `Buildpack defined sidecar '${sidecar.name}' conflicts with an existing user-defined sidecar. Consider renaming '${sidecar.name}'.`,
      );
    }
    const { name, command, process_types, memory: memoryMb = null } = sidecar;
    await createSidecar(api, trx, appGuid, { name, command, process_types, memory_in_mb: memoryMb }, "buildpack");
  }
}

/** Sidecars share their process's memory. CC: constraints/sidecar_memory_less_than_process_memory_policy.rb */
async function requireMemory(
  trx: Kysely<CcDatabase>,
  appGuid: string,
  types: readonly string[],
  memoryMb: number,
  except: string | null,
): Promise<void> {
  const sidecars = (await sidecarsOfApp(trx, appGuid)).filter(({ name }) => name !== except);
  const processes = await trx
    .selectFrom("processes")
    .where("app_guid", "=", appGuid)
    .where("type", "in", types)
    .select(["type", "memory_in_mb"])
    .execute();
  for (const process of processes) {
    const others = sidecarMemory(sidecars, process.type);
    if (others + memoryMb >= process.memory_in_mb) {
      throw unprocessable(
        `The memory allocation defined is too large to run with the dependent "${process.type}" process`,
      );
    }
  }
}

/** Memory that the sidecars of a process type take together. */
export function sidecarMemory(sidecars: readonly Sidecar[], type: string): number {
  return sidecars
    .filter((sidecar) => processTypesOf(sidecar).includes(type))
    .reduce((sum, { memory_in_mb: memoryMb }) => sum + (memoryMb ?? 0), 0);
}

function nameTaken(error: unknown, name: string): unknown {
  if (!isUniqueViolation(error, "sidecars.name")) return error;
  return unprocessable(`Sidecar with name '${name}' already exists for given app`);
}
