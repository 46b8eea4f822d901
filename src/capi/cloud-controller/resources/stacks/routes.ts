import { type Selectable, sql } from "kysely";
import { z } from "zod";
import { isUniqueViolation } from "../../../../kit/database.ts";
import { created, noContent, ok, withWarnings } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import { presentTime } from "../../api/timestamps.ts";
import { actorOf } from "../../audit-events.ts";
import { notAuthorized, notFound, unprocessable } from "../../errors.ts";
import { presentPage, readPage } from "../../list-page.ts";
import { type ListSpec, parseListQuery } from "../../list-query.ts";
import { changeMetadata, deleteMetadata, metadataOf } from "../../metadata.ts";
import type { StacksTable } from "../../store/schema.ts";
import { metadata, own, parseBody } from "../../validation.ts";

export type Stack = Selectable<StacksTable>;

const STATES = ["ACTIVE", "RESTRICTED", "DEPRECATED", "DISABLED"] as const;
const state = z.enum(STATES, { error: own(`must be one of ${STATES.join(", ")}`) }).optional();
const STACK_CREATE = z.strictObject({
  name: z
    .string()
    .min(1, { error: own("can't be blank") })
    .max(250),
  description: z.string().max(250).nullish(),
  state,
  state_reason: z.string().max(5000).nullish(),
  metadata: metadata(),
});
const STACK_UPDATE = z.strictObject({ state, state_reason: z.string().max(5000).nullish(), metadata: metadata() });
const STACKS_LIST: ListSpec = {
  filters: { names: "list", default: "boolean" },
  orderBy: ["name"],
  labelSelector: true,
};

/** Registers `/v3/stacks`. CC: controllers/v3/stacks_controller.rb */
export function stacks(api: CcApi): void {
  api.get("/v3/stacks", async ({ query, path }) => {
    const list = parseListQuery(STACKS_LIST, query);
    let rows = api.db.selectFrom("stacks").selectAll("stacks");
    const names = list.list("names");
    if (names !== null) rows = rows.where("name", "in", names);
    const isDefault = list.boolean("default");
    if (isDefault !== null) rows = rows.where("is_default", "=", isDefault ? 1 : 0);
    const page = await readPage(rows, "stacks", list, { owner: "stack" });
    return ok(presentPage(api.links, path, list, page.total, await presentStacks(api, page.rows)));
  });
  api.get("/v3/stacks/:guid", async ({ params }) => ok(await present(api, await find(api, params["guid"]!))));
  api.post("/v3/stacks", create(api));
  api.patch("/v3/stacks/:guid", update(api));
  api.delete("/v3/stacks/:guid", destroy(api));
}

async function find(api: CcApi, guid: string): Promise<Stack> {
  const stack = await api.db.selectFrom("stacks").where("guid", "=", guid).selectAll().executeTakeFirst();
  if (stack === undefined) throw notFound("Stack");
  return stack;
}

/** CC: presenters/v3/stack_presenter.rb */
async function presentStacks(api: CcApi, rows: readonly Stack[]): Promise<object[]> {
  const labels = await metadataOf(
    api.db,
    "stack",
    rows.map(({ guid }) => guid),
  );
  return rows.map((stack) => ({
    guid: stack.guid,
    created_at: presentTime(stack.created_at),
    updated_at: presentTime(stack.updated_at),
    name: stack.name,
    description: stack.description,
    state: stack.state,
    state_reason: stack.state_reason,
    run_rootfs_image: stack.run_rootfs_image,
    build_rootfs_image: stack.build_rootfs_image,
    default: stack.is_default === 1,
    metadata: labels(stack.guid),
    links: { self: api.links.to(`/v3/stacks/${stack.guid}`) },
  }));
}

async function present(api: CcApi, stack: Stack): Promise<object> {
  const [document] = await presentStacks(api, [stack]);
  return document!;
}

async function record(
  api: CcApi,
  trx: CcApi["db"],
  action: string,
  stack: Stack,
  actor: ReturnType<typeof actorOf>,
  data: object,
): Promise<void> {
  await api.event(trx, {
    type: `audit.stack.${action}`,
    actor,
    target: { guid: stack.guid, type: "stack", name: stack.name },
    organizationGuid: null,
    spaceGuid: null,
    data,
  });
}

function create(api: CcApi): Handler {
  return async ({ body, access, caller }) => {
    if (!access.admin) throw notAuthorized();
    const wanted = parseBody(STACK_CREATE, body);
    const stack = await api
      .transaction(async (trx) => {
        const row = await trx
          .insertInto("stacks")
          .values({
            ...api.stamp(),
            name: wanted.name,
            description: wanted.description ?? null,
            build_rootfs_image: wanted.name,
            run_rootfs_image: wanted.name,
            is_default: 0,
            state: wanted.state ?? "ACTIVE",
            state_reason: wanted.state_reason ?? null,
          })
          .returningAll()
          .executeTakeFirstOrThrow();
        await changeMetadata(trx, "stack", row.guid, wanted.metadata, api.config.limits);
        await record(api, trx, "create", row, actorOf(caller), { request: body as object });
        return row;
      })
      .catch((error) => {
        if (!isUniqueViolation(error, "stacks.name")) throw error;
        throw unprocessable("Name must be unique");
      });
    return created(await present(api, stack));
  };
}

function update(api: CcApi): Handler {
  return async ({ params, body, access, caller }) => {
    const stack = await find(api, params["guid"]!);
    if (!access.admin) throw notAuthorized();
    const wanted = parseBody(STACK_UPDATE, body);
    const changed = await api.transaction(async (trx) => {
      const row = await trx
        .updateTable("stacks")
        .set({
          updated_at: api.nowMs(),
          ...(wanted.state === undefined ? {} : { state: wanted.state }),
          ...(wanted.state_reason === undefined ? {} : { state_reason: wanted.state_reason }),
        })
        .where("guid", "=", stack.guid)
        .returningAll()
        .executeTakeFirstOrThrow();
      await changeMetadata(trx, "stack", row.guid, wanted.metadata, api.config.limits);
      await record(api, trx, "update", row, actorOf(caller), { request: body as object });
      return row;
    });
    const warnings =
      stack.is_default === 1 && wanted.state !== undefined
        ? [`Changing state on the default stack '${stack.name}' may affect new application deployments.`]
        : [];
    return withWarnings(ok(await present(api, changed)), warnings);
  };
}

function destroy(api: CcApi): Handler {
  return async ({ params, access, caller }) => {
    const stack = await find(api, params["guid"]!);
    if (!access.admin) throw notAuthorized();
    await api.transaction(async (trx) => {
      const used = await trx
        .selectFrom("apps")
        .where(sql<boolean>`json_extract(lifecycle_data, '$.stack') = ${stack.name}`)
        .select("guid")
        .executeTakeFirst();
      if (used !== undefined) {
        throw unprocessable(`Cannot delete stack '${stack.name}' because apps are currently using the stack.`);
      }
      await record(api, trx, "delete", stack, actorOf(caller), {});
      await deleteMetadata(trx, "stack", [stack.guid]);
      await trx.deleteFrom("stacks").where("guid", "=", stack.guid).execute();
    });
    return noContent();
  };
}
