import type { Kysely } from "kysely";
import type { Access } from "./access.ts";
import { CcError } from "./errors.ts";
import type { CcDatabase } from "./store/schema.ts";

/** CC: models/runtime/feature_flag.rb */
export const DEFAULT_FLAGS = {
  user_org_creation: false,
  private_domain_creation: true,
  app_bits_upload: true,
  app_scaling: true,
  route_creation: true,
  service_instance_creation: true,
  diego_docker: false,
  diego_cnb: false,
  set_roles_by_username: true,
  unset_roles_by_username: true,
  task_creation: true,
  env_var_visibility: true,
  space_scoped_private_broker_creation: true,
  space_developer_env_var_visibility: true,
  service_instance_sharing: false,
  hide_marketplace_from_unauthenticated_users: false,
  resource_matching: true,
  route_sharing: false,
  hash_based_routing: false,
} as const satisfies Readonly<Record<string, boolean>>;

export type FeatureFlagName = keyof typeof DEFAULT_FLAGS;

/** Flags that do not bind an admin. */
const ADMIN_SKIPS: ReadonlySet<FeatureFlagName> = new Set([
  "app_bits_upload",
  "app_scaling",
  "set_roles_by_username",
  "space_developer_env_var_visibility",
  "task_creation",
  "unset_roles_by_username",
]);

export class FeatureFlags {
  readonly #db: Kysely<CcDatabase>;

  constructor(db: Kysely<CcDatabase>) {
    this.#db = db;
  }

  async enabled(name: FeatureFlagName, access: Access): Promise<boolean> {
    return (await this.#state(name, access)).enabled;
  }

  /** Throws FeatureDisabled with the operator's message, or the flag's name. */
  async require(name: FeatureFlagName, access: Access): Promise<void> {
    const { enabled, message } = await this.#state(name, access);
    if (!enabled) throw new CcError("FeatureDisabled", [message ?? name]);
  }

  async #state(name: FeatureFlagName, access: Access): Promise<{ enabled: boolean; message: string | null }> {
    if (ADMIN_SKIPS.has(name) && access.admin) return { enabled: true, message: null };
    if (name === "space_developer_env_var_visibility" && access.readsAllSecrets)
      return { enabled: true, message: null };
    const row = await this.#db
      .selectFrom("feature_flags")
      .where("name", "=", name)
      .select(["enabled", "custom_error_message"])
      .executeTakeFirst();
    if (row === undefined) return { enabled: DEFAULT_FLAGS[name], message: null };
    return { enabled: row.enabled === 1, message: row.custom_error_message };
  }
}
