import type { Kysely } from "kysely";
import type { Clock } from "../../../kit/clock.ts";
import type { Random } from "../../../kit/random.ts";
import type { CcConfig } from "../config.ts";
import { DEFAULT_TCP_ROUTER_GROUP } from "../router-groups.ts";
import type { CcDatabase } from "./schema.ts";

/** The isolation segment that every cell without one of its own belongs to; its guid is fixed. CC: IsolationSegmentModel::SHARED */
export const SHARED_SEGMENT = { guid: "933b4c58-120b-499a-b85d-4b6fc9e2903b", name: "shared" } as const;

interface SeedDeps {
  readonly clock: Clock;
  readonly random: Random;
}

/** Puts down what every foundation starts with. Runs at each start: what an operator changed or deleted later stays so. */
export async function seed(db: Kysely<CcDatabase>, config: CcConfig, deps: SeedDeps): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const stamp = (guid = deps.random.guid()) => ({
      guid,
      created_at: deps.clock.nowMs(),
      updated_at: deps.clock.nowMs(),
    });
    const first =
      (await trx.selectFrom("organization_quotas").select("guid").limit(1).executeTakeFirst()) === undefined;
    await seedDomains(trx, config, stamp);
    if (!first) return;
    await trx
      .insertInto("isolation_segments")
      .values({ ...stamp(SHARED_SEGMENT.guid), name: SHARED_SEGMENT.name })
      .execute();
    await trx
      .insertInto("organization_quotas")
      .values({
        ...stamp(),
        name: "default",
        total_memory_in_mb: 102_400,
        per_process_memory_in_mb: -1,
        total_instances: -1,
        per_app_tasks: -1,
        log_rate_limit_in_bytes_per_second: -1,
        paid_services_allowed: 1,
        total_service_instances: 100,
        total_service_keys: -1,
        total_routes: 1000,
        total_reserved_ports: 100,
        total_domains: -1,
      })
      .execute();
    await trx
      .insertInto("stacks")
      .values({
        ...stamp(),
        name: "cflinuxfs4",
        description: "Cloud Foundry Linux-based filesystem (Ubuntu 22.04)",
        build_rootfs_image: "cflinuxfs4",
        run_rootfs_image: "cflinuxfs4",
        is_default: 1,
        state: "ACTIVE",
        state_reason: null,
      })
      .execute();
    await trx
      .insertInto("environment_variable_groups")
      .values([
        { name: "running", variables: "{}", updated_at: null },
        { name: "staging", variables: "{}", updated_at: null },
      ])
      .execute();
    await trx
      .insertInto("security_groups")
      .values(
        Object.entries(DEFAULT_SECURITY_GROUPS).map(([name, rules]) => ({
          ...stamp(),
          name,
          rules: JSON.stringify(rules),
          running_default: 1 as const,
          staging_default: 1 as const,
        })),
      )
      .execute();
  });
}

async function seedDomains(
  trx: Kysely<CcDatabase>,
  config: CcConfig,
  stamp: () => { guid: string; created_at: number; updated_at: number },
): Promise<void> {
  const domains = [
    ...config.appDomains.map((name) => ({ name, internal: 0 as const, router_group_guid: null })),
    { name: "apps.internal", internal: 1 as const, router_group_guid: null },
    ...(config.tcpPorts === null
      ? []
      : [{ name: `tcp.${config.externalDomain}`, internal: 0 as const, router_group_guid: DEFAULT_TCP_ROUTER_GROUP }]),
  ];
  for (const domain of domains) {
    await trx
      .insertInto("domains")
      .values({ ...stamp(), ...domain, owning_organization_guid: null })
      .onConflict((conflict) => conflict.column("name").doNothing())
      .execute();
  }
}

/** cf-deployment: the job cloud_controller_ng, security_group_definitions. Private ranges stay closed. */
const DEFAULT_SECURITY_GROUPS = {
  public_networks: [
    { protocol: "all", destination: "0.0.0.0-9.255.255.255" },
    { protocol: "all", destination: "11.0.0.0-169.253.255.255" },
    { protocol: "all", destination: "169.255.0.0-172.15.255.255" },
    { protocol: "all", destination: "172.32.0.0-192.167.255.255" },
    { protocol: "all", destination: "192.169.0.0-255.255.255.255" },
  ],
  dns: [
    { protocol: "tcp", destination: "0.0.0.0/0", ports: "53" },
    { protocol: "udp", destination: "0.0.0.0/0", ports: "53" },
  ],
} as const;
