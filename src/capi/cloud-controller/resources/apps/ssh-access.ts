import { ok } from "../../api/answer.ts";
import type { CcApi } from "../../api/api.ts";
import type { Caller } from "../../api/request.ts";
import { actorOf } from "../../audit-events.ts";
import { CcError, notAuthorized } from "../../errors.ts";
import type { Process } from "../processes/model.ts";
import { type AppPlace, appEvent, findAppPlace } from "./place.ts";

/**
 * Registers what the SSH proxy asks with the user's own token: may he enter this instance? Every answer is an audit event.
 * CC: GET /internal/apps/:guid/ssh_access/:index, controllers/runtime/apps_ssh_controller.rb
 */
export function sshAccess(api: CcApi): void {
  api.internal.get(
    "/internal/apps/:guid/ssh_access/:index",
    async ({ params, access, callerOrNull }) => {
      const process = await api.db
        .selectFrom("processes")
        .where("guid", "=", params["guid"]!)
        .selectAll()
        .executeTakeFirst();
      const place = process === undefined ? null : await findAppPlace(api.db, process.app_guid);
      if (process === undefined || place === null) {
        if (callerOrNull === null) throw new CcError("NotAuthenticated");
        throw new CcError("AppNotFound", [params["guid"]!]);
      }
      const refusal =
        callerOrNull === null
          ? new CcError("NotAuthenticated")
          : access.canWriteSpace(place.space)
            ? isEnabled(place)
              ? null
              : new CcError("InvalidRequest")
            : notAuthorized();
      await record(api, place, callerOrNull, params["index"]!, refusal === null);
      if (refusal !== null) throw refusal;
      return ok({ process_guid: lrpGuid(process) });
    },
    { token: "optional" },
  );
}

function isEnabled({ app, space }: AppPlace): boolean {
  return app.enable_ssh === 1 && space.allow_ssh === 1;
}

function lrpGuid(process: Pick<Process, "guid" | "version">): string {
  return `${process.guid}-${process.version}`;
}

async function record(
  api: CcApi,
  place: AppPlace,
  caller: Caller | null,
  index: string,
  authorized: boolean,
): Promise<void> {
  const actor =
    caller === null
      ? ({ guid: "unknown-user-guid", type: "user", name: "unknown-user-email" } as const)
      : actorOf(caller);
  const type = authorized ? "audit.app.ssh-authorized" : "audit.app.ssh-unauthorized";
  await api.transaction((trx) => api.event(trx, appEvent(type, place, actor, { index })));
  await api.durable();
}
