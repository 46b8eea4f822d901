import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import type { Actor } from "../../audit-events.ts";
import { CcError, unprocessable } from "../../errors.ts";
import type { SubJobs } from "../../jobs.ts";
import type { CcDatabase } from "../../store/schema.ts";
import type { AppPlace } from "../apps/place.ts";
import { enqueueBind } from "../service-credential-bindings/binding-jobs.ts";
import { bindUserProvided, insertAppBinding } from "../service-credential-bindings/create.ts";
import type { CredentialBinding } from "../service-credential-bindings/present.ts";
import {
  isBeingCreated,
  isCreated,
  isCreateFailed,
  isInProgress,
  isOperation,
  lastOperation,
} from "../service-instances/last-operation.ts";
import type { ServiceInstance } from "../service-instances/readable.ts";
import type { ManifestService } from "./model.ts";

/** Whoever applies: his job, which waits for the bindings that brokers make. */
export interface ManifestJob {
  readonly guid: string;
  readonly actor: Actor;
}

/**
 * Binds what is not bound yet, inside a transaction: user-provided instances at once, others by jobs that the manifest's job waits for.
 * Gives how many it waits for. CC: actions/app_apply_manifest.rb, create_service_bindings
 */
export async function applyServices(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  { app, space }: AppPlace,
  services: readonly ManifestService[],
  job: ManifestJob,
): Promise<number> {
  let waiting = 0;
  for (const { name, bindingName, parameters } of services) {
    const instance = await findInstance(trx, space.guid, name);
    if (instance === undefined) throw new CcError("ResourceNotFound", [`Service instance '${name}' not found`]);
    const bound = await trx
      .selectFrom("service_credential_bindings")
      .where("app_guid", "=", app.guid)
      .where("service_instance_guid", "=", instance.guid)
      .selectAll()
      .executeTakeFirst();
    if (bound !== undefined && isCreated(bound)) continue;
    try {
      if (bound !== undefined && (await isOurs(trx, bound, job))) {
        waiting += 1;
        continue;
      }
      if (bound !== undefined) refuseUnfinished(bound);
      const request = requestOf(instance, app, bindingName, parameters);
      const wanted = { instance, app, name: bindingName, strategy: "single" } as const;
      if (instance.type === "user-provided") {
        await bindUserProvided(api, trx, wanted, job.actor, request, { manifest_triggered: true });
        continue;
      }
      const binding = await insertAppBinding(api, trx, wanted);
      const asked = { parameters, request, manifestTriggered: true, rootGuid: job.guid };
      await enqueueBind(api, trx, binding, job.actor, asked);
      waiting += 1;
    } catch (error) {
      throw error instanceof CcError ? unprocessable(`For service '${name}': ${error.message}`) : error;
    }
  }
  return waiting;
}

/** The first binding that a broker did not make, in CC's words; null when all were made. */
export async function manifestBindingFailure(api: CcApi, { failures }: SubJobs): Promise<CcError | null> {
  const [first] = failures;
  if (first === undefined) return null;
  const binding = await api.db
    .selectFrom("service_credential_bindings as binding")
    .innerJoin("service_instances as instance", "instance.guid", "binding.service_instance_guid")
    .innerJoin("apps as app", "app.guid", "binding.app_guid")
    .where("binding.guid", "=", first.resourceGuid)
    .select(["app.name as app", "instance.name as instance", "binding.last_operation"])
    .executeTakeFirst();
  if (binding === undefined) return first.error;
  const said = isCreateFailed(binding) ? lastOperation(binding)?.description : null;
  const text = said ?? first.error.message;
  return unprocessable(`For application '${binding.app}': For service '${binding.instance}': ${text}`);
}

async function findInstance(trx: Kysely<CcDatabase>, spaceGuid: string, name: string) {
  const shared = trx
    .selectFrom("service_instance_shares")
    .where("space_guid", "=", spaceGuid)
    .select("service_instance_guid");
  return trx
    .selectFrom("service_instances")
    .where("name", "=", name)
    .where((eb) => eb.or([eb("space_guid", "=", spaceGuid), eb("guid", "in", shared)]))
    .selectAll()
    .executeTakeFirst();
}

/** Whether this very job asked for the binding, before a crash. */
async function isOurs(trx: Kysely<CcDatabase>, binding: CredentialBinding, { guid }: ManifestJob): Promise<boolean> {
  if (!isBeingCreated(binding)) return false;
  const ours = await trx
    .selectFrom("jobs")
    .where("root_guid", "=", guid)
    .where("resource_guid", "=", binding.guid)
    .select("guid")
    .executeTakeFirst();
  return ours !== undefined;
}

function refuseUnfinished(binding: CredentialBinding): void {
  if (isInProgress(binding)) {
    throw unprocessable(`A binding is being ${lastOperation(binding)?.type}d. Retry this operation later.`);
  }
  if (isOperation(binding, "delete", "failed")) {
    throw unprocessable(
      "A binding failed to be deleted. Resolve the issue with this binding before retrying this operation.",
    );
  }
}

function requestOf(
  instance: ServiceInstance,
  app: { readonly guid: string },
  name: string | null,
  parameters: Readonly<Record<string, unknown>>,
): object {
  return {
    type: "app",
    name,
    ...(Object.keys(parameters).length === 0 ? {} : { parameters }),
    relationships: { service_instance: { data: { guid: instance.guid } }, app: { data: { guid: app.guid } } },
  };
}
