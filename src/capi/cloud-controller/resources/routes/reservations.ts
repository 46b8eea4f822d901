import { ok } from "../../api/answer.ts";
import type { CcApi } from "../../api/api.ts";
import { unprocessable } from "../../errors.ts";
import { visibleDomain } from "../domains/share.ts";

/** Registers `/v3/domains/:guid/route_reservations`: whether a route is taken by anybody. CC: DomainsController#check_routes */
export function routeReservations(api: CcApi): void {
  api.get("/v3/domains/:guid/route_reservations", async ({ params, query, access }) => {
    const domain = await visibleDomain(api, access, params["guid"]!);
    const value = (name: string): string => (typeof query[name] === "string" ? query[name] : "");
    const port = value("port") === "" ? 0 : Number(value("port"));
    if (!Number.isSafeInteger(port)) throw unprocessable("Ports must be integers");
    const route = await api.db
      .selectFrom("routes")
      .where("domain_guid", "=", domain.guid)
      .where("host", "=", value("host"))
      .where("path", "=", value("path"))
      .where("port", "=", port)
      .select("guid")
      .executeTakeFirst();
    return ok({ matching_route: route !== undefined });
  });
}
