import type { Access } from "../../access.ts";
import { accepted, ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import { actorOf } from "../../audit-events.ts";
import { notFound, unprocessable } from "../../errors.ts";
import type { JobWork } from "../../jobs.ts";
import { presentPage, readPage } from "../../list-page.ts";
import { type ListSpec, parseListQuery } from "../../list-query.ts";
import { changeMetadata, deleteMetadata } from "../../metadata.ts";
import { parseBody } from "../../validation.ts";
import { visibleOrganization } from "../../visible.ts";
import { deleteRoutes } from "../routes/delete.ts";
import { announceDomains } from "./announce.ts";
import { DOMAIN_UPDATE } from "./body.ts";
import { createDomain } from "./create.ts";
import { presentDomains } from "./present.ts";
import { requireDomainWrite, shareDomain, unshareDomain, visibleDomain } from "./share.ts";
import { type Domain, defaultDomain, readableDomains } from "./store.ts";

/** CC: messages/domains_list_message.rb */
const DOMAINS_LIST: ListSpec = { filters: { names: "list", organization_guids: "list" }, labelSelector: true };

/** Registers `/v3/domains` and the domains of an organization. CC: controllers/v3/domains_controller.rb */
export function domains(api: CcApi): void {
  api.prepare(() => announceDomains(api));
  api.get("/v3/domains", async ({ query, access, path }) =>
    ok(await list(api, access, path, query, readableDomains(api, access))),
  );
  api.post("/v3/domains", createDomain(api));
  api.get("/v3/domains/:guid", async ({ params, access }) =>
    ok(await present(api, access, await visibleDomain(api, access, params["guid"]!))),
  );
  api.patch("/v3/domains/:guid", async ({ params, body, access }) => {
    const wanted = parseBody(DOMAIN_UPDATE, body);
    const domain = await visibleDomain(api, access, params["guid"]!);
    await requireDomainWrite(api, access, domain);
    await api.transaction((trx) => changeMetadata(trx, "domain", domain.guid, wanted.metadata, api.config.limits));
    return ok(await present(api, access, domain));
  });
  api.delete("/v3/domains/:guid", destroy(api));
  api.job("domain.delete", deleteDomain(api));
  api.post("/v3/domains/:guid/relationships/shared_organizations", shareDomain(api));
  api.delete("/v3/domains/:guid/relationships/shared_organizations/:org_guid", unshareDomain(api));
  api.get("/v3/organizations/:guid/domains", async ({ params, query, access, path }) => {
    const { guid } = await visibleOrganization(api, access, params["guid"]!);
    const usable = readableDomains(api, access).where((eb) =>
      eb.or([
        eb("domains.owning_organization_guid", "is", null),
        eb("domains.owning_organization_guid", "=", guid),
        eb(
          "domains.guid",
          "in",
          eb
            .selectFrom("domain_shared_organizations")
            .where("domain_shared_organizations.organization_guid", "=", guid)
            .select("domain_shared_organizations.domain_guid"),
        ),
      ]),
    );
    return ok(await list(api, access, path, query, usable));
  });
  api.get("/v3/organizations/:guid/domains/default", async ({ params, access }) => {
    const organization = await visibleOrganization(api, access, params["guid"]!);
    const domain = await defaultDomain(api.db, organization.guid);
    if (domain === null) throw notFound("Domain");
    return ok(await present(api, access, await visibleDomain(api, access, domain.guid)));
  });
}

async function list(
  api: CcApi,
  access: Access,
  path: string,
  query: Parameters<typeof parseListQuery>[1],
  readable: ReturnType<typeof readableDomains>,
): Promise<object> {
  const wanted = parseListQuery(DOMAINS_LIST, query);
  let rows = readable;
  const names = wanted.list("names");
  if (names !== null) rows = rows.where("domains.name", "in", names);
  const organizationGuids = wanted.list("organization_guids");
  if (organizationGuids !== null) rows = rows.where("domains.owning_organization_guid", "in", organizationGuids);
  const page = await readPage(rows, "domains", wanted, { owner: "domain" });
  return presentPage(api.links, path, wanted, page.total, await presentDomains(api, access, page.rows));
}

async function present(api: CcApi, access: Access, domain: Domain): Promise<object> {
  const [document] = await presentDomains(api, access, [domain]);
  return document!;
}

function destroy(api: CcApi): Handler {
  return async ({ params, access, caller }) => {
    const domain = await visibleDomain(api, access, params["guid"]!);
    await requireDomainWrite(api, access, domain);
    const shared = await api.db
      .selectFrom("domain_shared_organizations")
      .where("domain_guid", "=", domain.guid)
      .select("domain_guid")
      .executeTakeFirst();
    if (shared !== undefined) {
      throw unprocessable("This domain is shared with other organizations. Unshare before deleting.");
    }
    const job = await api.enqueue({
      operation: "domain.delete",
      resourceType: "domain",
      resourceGuid: domain.guid,
      actor: actorOf(caller),
    });
    return accepted(job);
  };
}

/** With all its routes. */
function deleteDomain(api: CcApi): JobWork {
  return async ({ resourceGuid, actor }) => {
    const processes = await api.transaction(async (trx) => {
      const routes = await trx.selectFrom("routes").where("domain_guid", "=", resourceGuid).select("guid").execute();
      const touched = await deleteRoutes(
        api,
        trx,
        routes.map(({ guid }) => guid),
        actor,
      );
      await deleteMetadata(trx, "domain", [resourceGuid]);
      await trx.deleteFrom("domain_shared_organizations").where("domain_guid", "=", resourceGuid).execute();
      await trx.deleteFrom("domains").where("guid", "=", resourceGuid).execute();
      return touched;
    });
    await announceDomains(api);
    api.hooks.processRoutingChanged(processes);
    return undefined;
  };
}
