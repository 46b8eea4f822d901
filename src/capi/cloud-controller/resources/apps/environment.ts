import type { EnvironmentVariable } from "../../../../protocol/action.ts";
import { environmentText } from "./environment-variables.ts";

/** One service binding as an app sees it. */
export interface BoundService {
  readonly bindingGuid: string;
  readonly bindingName: string | null;
  readonly instanceGuid: string;
  readonly instanceName: string;
  readonly userProvided: boolean;
  /** Offering and plan of a managed instance. */
  readonly offering: string | null;
  readonly plan: string | null;
  readonly tags: readonly string[];
  readonly credentials: Readonly<Record<string, unknown>>;
  readonly syslogDrainUrl: string | null;
  readonly volumeMounts: readonly Readonly<Record<string, unknown>>[];
}

/** What VCAP_APPLICATION tells. CC: lib/vcap/vars_builder.rb */
export interface ApplicationFacts {
  readonly apiUrl: string;
  readonly appGuid: string;
  readonly appName: string;
  readonly spaceGuid: string;
  readonly spaceName: string;
  readonly organizationGuid: string;
  readonly organizationName: string;
  readonly uris: readonly string[];
  readonly limits: { readonly fds?: number; readonly mem?: number; readonly disk?: number };
  readonly version?: string;
  readonly process?: { readonly guid: string; readonly type: string };
}

export function vcapApplication(facts: ApplicationFacts): Record<string, unknown> {
  return {
    cf_api: facts.apiUrl,
    limits: facts.limits,
    application_name: facts.appName,
    application_uris: facts.uris,
    name: facts.appName,
    space_name: facts.spaceName,
    space_id: facts.spaceGuid,
    organization_id: facts.organizationGuid,
    organization_name: facts.organizationName,
    uris: facts.uris,
    ...(facts.process === undefined
      ? { users: null }
      : { process_id: facts.process.guid, process_type: facts.process.type }),
    application_id: facts.appGuid,
    ...(facts.version === undefined ? {} : { version: facts.version, application_version: facts.version }),
  };
}

const SHOWN_OF_MOUNTS = ["container_dir", "mode", "device_type"];

/** Label → bindings. CC: presenters/system_environment/system_env_presenter.rb */
export function vcapServices(services: readonly BoundService[]): Record<string, object[]> {
  const byLabel: Record<string, object[]> = {};
  for (const service of services) {
    const label = service.userProvided ? "user-provided" : (service.offering ?? "");
    byLabel[label] ??= [];
    byLabel[label].push({
      label,
      ...(service.userProvided ? {} : { provider: null, plan: service.plan }),
      name: service.bindingName || service.instanceName,
      tags: service.tags,
      instance_guid: service.instanceGuid,
      instance_name: service.instanceName,
      binding_guid: service.bindingGuid,
      binding_name: service.bindingName,
      credentials: service.credentials,
      syslog_drain_url: service.syslogDrainUrl,
      volume_mounts: service.volumeMounts.map((mount) =>
        Object.fromEntries(Object.entries(mount).filter(([key]) => SHOWN_OF_MOUNTS.includes(key))),
      ),
    });
  }
  return byLabel;
}

const DATABASE_SCHEMES: Readonly<Record<string, string>> = {
  "mysql:": "mysql2:",
  "mysql2:": "mysql2:",
  "postgres:": "postgres:",
  "postgresql:": "postgres:",
};

/** DATABASE_URL of the first relational service; null when there is none. CC: database_uri_generator.rb */
export function databaseUrl(services: readonly BoundService[]): string | null {
  for (const { credentials } of services) {
    const { uri } = credentials;
    if (typeof uri !== "string" || !URL.canParse(uri)) continue;
    const scheme = new URL(uri).protocol;
    const adapter = DATABASE_SCHEMES[scheme];
    if (adapter !== undefined) return `${adapter}${uri.slice(scheme.length)}`;
  }
  return null;
}

export type EnvironmentValues = Readonly<Record<string, unknown>>;

/** Later sources win, as in CC: diego/environment.rb. */
export function processEnvironment(
  group: EnvironmentValues,
  app: EnvironmentValues,
  application: Record<string, unknown>,
  memoryMb: number,
  services: readonly BoundService[],
): EnvironmentVariable[] {
  return asVariables({
    ...group,
    ...app,
    VCAP_APPLICATION: application,
    MEMORY_LIMIT: `${memoryMb}m`,
    VCAP_SERVICES: vcapServices(services),
    ...databaseUrlOf(services),
  });
}

/** CC: diego/task_environment.rb */
export function taskEnvironment(
  group: EnvironmentValues,
  app: EnvironmentValues,
  application: Record<string, unknown>,
  memoryMb: number,
  services: readonly BoundService[],
): EnvironmentVariable[] {
  return asVariables({
    ...group,
    ...app,
    VCAP_APPLICATION: application,
    MEMORY_LIMIT: `${memoryMb}m`,
    VCAP_SERVICES: vcapServices(services),
    LANG: "en_US.UTF-8",
    ...databaseUrlOf(services),
  });
}

/** CC: backends/staging_environment_builder.rb */
export function stagingEnvironment(
  group: EnvironmentValues,
  app: EnvironmentValues,
  build: EnvironmentValues,
  stack: string,
  application: Record<string, unknown>,
  memoryMb: number,
  services: readonly BoundService[],
): EnvironmentVariable[] {
  return asVariables({
    ...group,
    ...app,
    ...build,
    CF_STACK: stack,
    VCAP_APPLICATION: application,
    MEMORY_LIMIT: `${memoryMb}m`,
    VCAP_SERVICES: vcapServices(services),
  });
}

function databaseUrlOf(services: readonly BoundService[]): EnvironmentValues {
  const url = databaseUrl(services);
  return url === null ? {} : { DATABASE_URL: url };
}

function asVariables(values: EnvironmentValues): EnvironmentVariable[] {
  return Object.entries(values).map(([name, value]) => ({ name, value: environmentText(value) }));
}
