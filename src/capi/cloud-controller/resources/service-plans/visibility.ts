import type { Kysely } from "kysely";
import { z } from "zod";
import { noContent, ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import type { CcRequest } from "../../api/request.ts";
import { type Actor, actorOf } from "../../audit-events.ts";
import { CcError, notAuthorized, notFound, unprocessable } from "../../errors.ts";
import type { CcDatabase } from "../../store/schema.ts";
import { own, validationTexts } from "../../validation.ts";
import { withMissing } from "../service-brokers/body.ts";
import { mayChangeCatalogOf } from "../service-offerings/writable.ts";
import type { ServicePlan } from "./present.ts";

const STRUCTURE = 'organizations list must be structured like this: "organizations": [{"guid": "valid-guid"}]';

/** CC: messages/service_plan_visibility_update_message.rb */
const VISIBILITY = z
  .strictObject({ type: z.unknown(), organizations: z.unknown() })
  .superRefine((body, ctx) => {
    const add = (field: string, texts: readonly string[]): void => {
      for (const text of texts) ctx.addIssue({ code: "custom", path: [field], message: own(text) });
    };
    if (!["public", "admin", "organization"].includes(body.type as string)) {
      add("type", ["must be one of 'public', 'admin', 'organization'"]);
    }
    add("organizations", organizationTexts(body.type, body.organizations));
  })
  .transform(({ type, organizations }) => ({
    type: type as "public" | "admin" | "organization",
    organizations: ((organizations ?? []) as { guid: string }[]).map(({ guid }) => guid),
  }));

function organizationTexts(type: unknown, value: unknown): string[] {
  const isBlank = value === undefined || value === null || (Array.isArray(value) && value.length === 0);
  if (type !== "organization") return isBlank ? [] : ["must be blank"];
  if (!Array.isArray(value))
    return value === undefined || value === null ? ["must be an array", "can't be blank"] : ["must be an array"];
  if (isBlank) return ["can't be blank"];
  const good = (value as unknown[]).every((entry) => typeof (entry as { guid?: unknown } | null)?.guid === "string");
  return good ? [] : [STRUCTURE];
}

/** A mistake in the body is 400 here, unlike elsewhere. */
function parse(body: unknown) {
  const result = VISIBILITY.safeParse(withMissing(body, "type", "organizations"), { reportInput: true });
  if (result.success) return result.data;
  throw new CcError("BadRequest", [validationTexts(result.error)]);
}

type FindPlan = (request: CcRequest) => Promise<ServicePlan>;

/** Registers who may use a plan. CC: controllers/v3/service_plan_visibility_controller.rb */
export function planVisibility(api: CcApi, visiblePlan: FindPlan): void {
  const path = "/v3/service_plans/:guid/visibility";
  api.get(path, async (request) => ok(await present(api, request, await visiblePlan(request), true)));
  api.patch(path, change(api, visiblePlan, false));
  api.post(path, change(api, visiblePlan, true));
  api.delete(`${path}/:organization_guid`, remove(api, visiblePlan));
}

async function changeablePlan(api: CcApi, request: CcRequest, visiblePlan: FindPlan): Promise<ServicePlan> {
  const plan = await visiblePlan(request);
  if (!(await mayChangeCatalogOf(api, request, plan.service_offering_guid))) throw notAuthorized();
  return plan;
}

/** PATCH replaces the organizations, POST adds to them. CC: actions/v3/service_plan_visibility_update.rb */
function change(api: CcApi, visiblePlan: FindPlan, append: boolean): Handler {
  return async (request) => {
    const plan = await changeablePlan(api, request, visiblePlan);
    const wanted = parse(request.body);
    if (plan.visibility_type === "space") throw unprocessable("cannot update plans with visibility type 'space'");
    const changed = await api.transaction(async (trx) => {
      const keep = append && wanted.type === "organization";
      if (!keep) await trx.deleteFrom("service_plan_visibilities").where("service_plan_guid", "=", plan.guid).execute();
      if (wanted.type === "organization") await open(trx, plan.guid, wanted.organizations);
      const set = { visibility_type: wanted.type, updated_at: api.nowMs() };
      await trx.updateTable("service_plans").set(set).where("guid", "=", plan.guid).execute();
      await record(api, trx, "update", plan.guid, actorOf(request.caller), request.body as object, null);
      return { ...plan, ...set };
    });
    return ok(await present(api, request, changed, !append));
  };
}

async function open(trx: Kysely<CcDatabase>, planGuid: string, organizations: readonly string[]): Promise<void> {
  const guids = [...new Set(organizations)];
  const found = await trx.selectFrom("organizations").where("guid", "in", guids).select("guid").execute();
  const missing = guids.find((guid) => !found.some((organization) => organization.guid === guid));
  if (missing !== undefined) throw unprocessable(`Could not find Organization with guid: ${missing}`);
  await trx
    .insertInto("service_plan_visibilities")
    .values(guids.map((guid) => ({ service_plan_guid: planGuid, organization_guid: guid })))
    .onConflict((conflict) => conflict.columns(["service_plan_guid", "organization_guid"]).doNothing())
    .execute();
}

/** One organization less; without any the plan is the operators' alone again. */
function remove(api: CcApi, visiblePlan: FindPlan): Handler {
  return async (request) => {
    const plan = await changeablePlan(api, request, visiblePlan);
    const organization = request.params["organization_guid"]!;
    if (plan.visibility_type !== "organization") {
      throw unprocessable("Cannot delete visibilities from non-org-restricted plans");
    }
    await api.transaction(async (trx) => {
      const row = await trx
        .selectFrom("organizations")
        .where("guid", "=", organization)
        .select("guid")
        .executeTakeFirst();
      if (row === undefined) throw notFound("Organization");
      const ofPlan = trx.deleteFrom("service_plan_visibilities").where("service_plan_guid", "=", plan.guid);
      const { numDeletedRows } = await ofPlan.where("organization_guid", "=", organization).executeTakeFirst();
      if (numDeletedRows === 0n) throw notFound("Service plan visibility");
      const left = await trx
        .selectFrom("service_plan_visibilities")
        .where("service_plan_guid", "=", plan.guid)
        .select("organization_guid")
        .executeTakeFirst();
      if (left === undefined) {
        await trx
          .updateTable("service_plans")
          .set({ visibility_type: "admin" })
          .where("guid", "=", plan.guid)
          .execute();
      }
      await record(api, trx, "delete", plan.guid, actorOf(request.caller), {}, organization);
    });
    return noContent();
  };
}

async function record(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  action: "update" | "delete",
  planGuid: string,
  actor: Actor,
  request: object,
  organizationGuid: string | null,
): Promise<void> {
  await api.event(trx, {
    type: `audit.service_plan_visibility.${action}`,
    actor,
    target: { guid: planGuid, type: "service_plan_visibility", name: "" },
    organizationGuid,
    spaceGuid: null,
    data: { request },
  });
}

/** CC: presenters/v3/service_plan_visibility_presenter.rb */
async function present(
  api: CcApi,
  { access }: CcRequest,
  plan: ServicePlan,
  withOrganizations: boolean,
): Promise<object> {
  const type = plan.visibility_type;
  if (type === "space") {
    const space = await api.db
      .selectFrom("service_offerings as offering")
      .innerJoin("service_brokers as broker", "broker.guid", "offering.service_broker_guid")
      .innerJoin("spaces as space", "space.guid", "broker.space_guid")
      .where("offering.guid", "=", plan.service_offering_guid)
      .select(["space.guid", "space.name"])
      .executeTakeFirstOrThrow();
    return { type, space };
  }
  if (type !== "organization" || !withOrganizations) return { type };
  const rows = await api.db
    .selectFrom("service_plan_visibilities as opened")
    .innerJoin("organizations as organization", "organization.guid", "opened.organization_guid")
    .where("opened.service_plan_guid", "=", plan.guid)
    .orderBy("organization.id")
    .select(["organization.guid", "organization.name"])
    .execute();
  return { type, organizations: rows.filter(({ guid }) => access.canReadOrganization(guid)) };
}
