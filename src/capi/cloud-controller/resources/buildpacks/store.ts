import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import { unprocessable } from "../../errors.ts";
import type { CcDatabase } from "../../store/schema.ts";
import { movedTo } from "./order.ts";
import type { Buildpack } from "./present.ts";

/** Gives it its place within its lifecycle and numbers all others anew. */
export async function placeBuildpack(
  trx: Kysely<CcDatabase>,
  buildpack: Pick<Buildpack, "guid" | "lifecycle">,
  position: number,
): Promise<void> {
  const rows = await trx
    .selectFrom("buildpacks")
    .where("lifecycle", "=", buildpack.lifecycle)
    .orderBy("position")
    .orderBy("id")
    .select("guid")
    .execute();
  const order = movedTo(
    rows.map(({ guid }) => guid),
    buildpack.guid,
    position,
  );
  await numberBuildpacks(trx, order);
}

/** 1, 2, 3 … in this order. */
export async function numberBuildpacks(trx: Kysely<CcDatabase>, order: readonly string[]): Promise<void> {
  for (const [at, guid] of order.entries()) {
    await trx
      .updateTable("buildpacks")
      .set({ position: at + 1 })
      .where("guid", "=", guid)
      .execute();
  }
}

/** Throws UnprocessableEntity in CC's words. CC: models/runtime/buildpack.rb */
export async function requireUnique(
  trx: Kysely<CcDatabase>,
  wanted: Pick<Buildpack, "guid" | "name" | "stack" | "lifecycle">,
): Promise<void> {
  if (wanted.stack !== null) {
    const stack = await trx.selectFrom("stacks").where("name", "=", wanted.stack).select("guid").executeTakeFirst();
    if (stack === undefined) throw unprocessable(`Stack '${wanted.stack}' does not exist`);
  }
  let same = trx
    .selectFrom("buildpacks")
    .where("name", "=", wanted.name)
    .where("lifecycle", "=", wanted.lifecycle)
    .where("guid", "!=", wanted.guid);
  same = wanted.stack === null ? same.where("stack", "is", null) : same.where("stack", "=", wanted.stack);
  if ((await same.select("guid").executeTakeFirst()) === undefined) return;
  throw unprocessable(
    wanted.stack === null
      ? `Buildpack with name '${wanted.name}' and an unassigned stack already exists`
      : `Buildpack with name '${wanted.name}', stack '${wanted.stack}' and lifecycle '${wanted.lifecycle}' already exists`,
  );
}

/** Row without bits, at `position`. */
export async function insertBuildpack(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  wanted: Pick<Buildpack, "name" | "stack" | "lifecycle" | "enabled" | "locked">,
  position: number,
): Promise<Buildpack> {
  const row = { ...api.stamp(), ...wanted, position, state: "AWAITING_UPLOAD" as const, filename: null, sha256: null };
  await requireUnique(trx, row);
  await trx.insertInto("buildpacks").values(row).execute();
  await placeBuildpack(trx, row, position);
  return await trx.selectFrom("buildpacks").where("guid", "=", row.guid).selectAll().executeTakeFirstOrThrow();
}
