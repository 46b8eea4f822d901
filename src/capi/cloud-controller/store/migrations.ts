import type { Migration } from "../../../kit/sqlite.ts";

const RESOURCE = `id INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL`;
const NAME = "name TEXT NOT NULL COLLATE NOCASE";
const QUOTA = `${NAME}, total_memory_in_mb INTEGER NOT NULL, per_process_memory_in_mb INTEGER NOT NULL,
  total_instances INTEGER NOT NULL, per_app_tasks INTEGER NOT NULL, log_rate_limit_in_bytes_per_second INTEGER NOT NULL,
  paid_services_allowed INTEGER NOT NULL, total_service_instances INTEGER NOT NULL, total_service_keys INTEGER NOT NULL,
  total_routes INTEGER NOT NULL, total_reserved_ports INTEGER NOT NULL`;
const METADATA = `resource_type TEXT NOT NULL, resource_guid TEXT NOT NULL, key_prefix TEXT NOT NULL, key_name TEXT NOT NULL,
  value TEXT NOT NULL, PRIMARY KEY (resource_guid, resource_type, key_prefix, key_name)`;
const LAST_OPERATION = "last_operation TEXT NOT NULL DEFAULT '{}'";

/** Organizations, spaces, people and what they may use. */
const TENANTS = `
CREATE TABLE organizations (${RESOURCE}, ${NAME}, status TEXT NOT NULL, quota_guid TEXT NOT NULL,
  default_isolation_segment_guid TEXT, UNIQUE (name)) STRICT;
CREATE INDEX organizations_quota ON organizations (quota_guid);
CREATE TABLE spaces (${RESOURCE}, ${NAME}, organization_guid TEXT NOT NULL REFERENCES organizations (guid),
  space_quota_guid TEXT, isolation_segment_guid TEXT, allow_ssh INTEGER NOT NULL, status TEXT NOT NULL,
  UNIQUE (organization_guid, name)) STRICT;
CREATE INDEX spaces_quota ON spaces (space_quota_guid);
CREATE TABLE users (${RESOURCE}, is_oauth_client INTEGER NOT NULL) STRICT;
CREATE TABLE roles (${RESOURCE}, type TEXT NOT NULL, user_guid TEXT NOT NULL REFERENCES users (guid),
  organization_guid TEXT REFERENCES organizations (guid), space_guid TEXT REFERENCES spaces (guid)) STRICT;
CREATE UNIQUE INDEX roles_of_user ON roles (user_guid, type, coalesce(organization_guid, space_guid));
CREATE INDEX roles_of_organization ON roles (organization_guid);
CREATE INDEX roles_of_space ON roles (space_guid);
CREATE TABLE organization_quotas (${RESOURCE}, ${QUOTA}, total_domains INTEGER NOT NULL, UNIQUE (name)) STRICT;
CREATE TABLE space_quotas (${RESOURCE}, ${QUOTA}, organization_guid TEXT NOT NULL REFERENCES organizations (guid),
  UNIQUE (organization_guid, name)) STRICT;
CREATE TABLE isolation_segments (${RESOURCE}, ${NAME}, UNIQUE (name)) STRICT;
CREATE TABLE isolation_segment_organizations (isolation_segment_guid TEXT NOT NULL REFERENCES isolation_segments (guid),
  organization_guid TEXT NOT NULL REFERENCES organizations (guid), PRIMARY KEY (isolation_segment_guid, organization_guid)) STRICT;
CREATE INDEX isolation_segments_of_organization ON isolation_segment_organizations (organization_guid);
CREATE TABLE environment_variable_groups (name TEXT PRIMARY KEY, variables TEXT NOT NULL, updated_at INTEGER) STRICT;
CREATE TABLE feature_flags (name TEXT PRIMARY KEY, enabled INTEGER NOT NULL, custom_error_message TEXT, updated_at INTEGER NOT NULL) STRICT;
CREATE TABLE stacks (${RESOURCE}, ${NAME}, description TEXT, build_rootfs_image TEXT NOT NULL, run_rootfs_image TEXT NOT NULL,
  is_default INTEGER NOT NULL, state TEXT NOT NULL, state_reason TEXT, UNIQUE (name)) STRICT;
CREATE TABLE security_groups (${RESOURCE}, ${NAME}, rules TEXT NOT NULL, running_default INTEGER NOT NULL,
  staging_default INTEGER NOT NULL, UNIQUE (name)) STRICT;
CREATE TABLE security_group_spaces (security_group_guid TEXT NOT NULL REFERENCES security_groups (guid),
  space_guid TEXT NOT NULL REFERENCES spaces (guid), lifecycle TEXT NOT NULL, PRIMARY KEY (space_guid, lifecycle, security_group_guid)) STRICT;
CREATE INDEX spaces_of_security_group ON security_group_spaces (security_group_guid);
`;

const RECORDS = `
CREATE TABLE audit_events (id INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL, type TEXT NOT NULL,
  actor_guid TEXT NOT NULL, actor_type TEXT NOT NULL, actor_name TEXT NOT NULL, target_guid TEXT NOT NULL, target_type TEXT NOT NULL,
  target_name TEXT NOT NULL, data TEXT NOT NULL, space_guid TEXT, organization_guid TEXT) STRICT;
CREATE INDEX audit_events_target ON audit_events (target_guid, created_at);
CREATE INDEX audit_events_space ON audit_events (space_guid);
CREATE INDEX audit_events_organization ON audit_events (organization_guid);
CREATE INDEX audit_events_time ON audit_events (created_at);
CREATE TABLE jobs (${RESOURCE}, operation TEXT NOT NULL, state TEXT NOT NULL, resource_type TEXT NOT NULL, resource_guid TEXT NOT NULL,
  user_guid TEXT, input TEXT NOT NULL, actor TEXT NOT NULL, errors TEXT NOT NULL, warnings TEXT NOT NULL) STRICT;
CREATE INDEX jobs_open ON jobs (id) WHERE state = 'PROCESSING';
CREATE INDEX jobs_of_resource ON jobs (resource_guid, operation);
CREATE TABLE labels (${METADATA}) STRICT, WITHOUT ROWID;
CREATE INDEX labels_by_value ON labels (resource_type, key_prefix, key_name, value);
CREATE TABLE annotations (${METADATA}) STRICT, WITHOUT ROWID;
`;

const ROUTING = `
CREATE TABLE domains (${RESOURCE}, ${NAME}, owning_organization_guid TEXT REFERENCES organizations (guid), internal INTEGER NOT NULL,
  router_group_guid TEXT, UNIQUE (name)) STRICT;
CREATE INDEX domains_of_organization ON domains (owning_organization_guid);
CREATE TABLE domain_shared_organizations (domain_guid TEXT NOT NULL REFERENCES domains (guid),
  organization_guid TEXT NOT NULL REFERENCES organizations (guid), PRIMARY KEY (domain_guid, organization_guid)) STRICT;
CREATE INDEX domains_shared_with ON domain_shared_organizations (organization_guid);
CREATE TABLE routes (${RESOURCE}, host TEXT NOT NULL COLLATE NOCASE, path TEXT NOT NULL COLLATE NOCASE, port INTEGER NOT NULL,
  domain_guid TEXT NOT NULL REFERENCES domains (guid), space_guid TEXT NOT NULL REFERENCES spaces (guid),
  options TEXT NOT NULL DEFAULT '{}', UNIQUE (domain_guid, host, path, port)) STRICT;
CREATE INDEX routes_of_space ON routes (space_guid);
CREATE TABLE route_destinations (${RESOURCE}, route_guid TEXT NOT NULL REFERENCES routes (guid) ON DELETE CASCADE,
  app_guid TEXT NOT NULL REFERENCES apps (guid) ON DELETE CASCADE, process_type TEXT NOT NULL, app_port INTEGER, weight INTEGER, protocol TEXT) STRICT;
CREATE UNIQUE INDEX route_destinations_once ON route_destinations (route_guid, app_guid, process_type, coalesce(app_port, 0));
CREATE INDEX route_destinations_of_app ON route_destinations (app_guid);
CREATE TABLE route_shares (route_guid TEXT NOT NULL REFERENCES routes (guid) ON DELETE CASCADE,
  space_guid TEXT NOT NULL REFERENCES spaces (guid), PRIMARY KEY (route_guid, space_guid)) STRICT;
CREATE INDEX routes_shared_with ON route_shares (space_guid);
`;

const SERVICES = `
CREATE TABLE service_brokers (${RESOURCE}, ${NAME}, url TEXT NOT NULL, auth_username TEXT NOT NULL, auth_password TEXT NOT NULL,
  space_guid TEXT, state TEXT NOT NULL, UNIQUE (name)) STRICT;
CREATE TABLE service_offerings (${RESOURCE}, ${NAME}, service_broker_guid TEXT NOT NULL REFERENCES service_brokers (guid), description TEXT NOT NULL,
  available INTEGER NOT NULL, bindable INTEGER NOT NULL, tags TEXT NOT NULL DEFAULT '[]', requires TEXT NOT NULL DEFAULT '[]', shareable INTEGER NOT NULL,
  documentation_url TEXT, broker_catalog_id TEXT NOT NULL, broker_catalog_metadata TEXT NOT NULL DEFAULT '{}', plan_updateable INTEGER NOT NULL,
  instances_retrievable INTEGER NOT NULL, bindings_retrievable INTEGER NOT NULL, allow_context_updates INTEGER NOT NULL,
  UNIQUE (service_broker_guid, broker_catalog_id)) STRICT;
CREATE TABLE service_plans (${RESOURCE}, ${NAME}, service_offering_guid TEXT NOT NULL REFERENCES service_offerings (guid), description TEXT NOT NULL,
  visibility_type TEXT NOT NULL, available INTEGER NOT NULL, free INTEGER NOT NULL, costs TEXT NOT NULL DEFAULT '[]',
  maintenance_info TEXT NOT NULL DEFAULT '{}', broker_catalog_id TEXT NOT NULL, broker_catalog_metadata TEXT NOT NULL DEFAULT '{}',
  maximum_polling_duration INTEGER, bindable INTEGER, plan_updateable INTEGER, schemas TEXT NOT NULL DEFAULT '{}',
  UNIQUE (service_offering_guid, name)) STRICT;
CREATE TABLE service_plan_visibilities (service_plan_guid TEXT NOT NULL REFERENCES service_plans (guid) ON DELETE CASCADE,
  organization_guid TEXT NOT NULL REFERENCES organizations (guid), PRIMARY KEY (service_plan_guid, organization_guid)) STRICT;
CREATE TABLE service_instances (${RESOURCE}, ${NAME}, type TEXT NOT NULL, space_guid TEXT NOT NULL REFERENCES spaces (guid), service_plan_guid TEXT,
  tags TEXT NOT NULL DEFAULT '[]', credentials TEXT NOT NULL DEFAULT '{}', syslog_drain_url TEXT, route_service_url TEXT, dashboard_url TEXT,
  maintenance_info TEXT NOT NULL DEFAULT '{}', parameters TEXT NOT NULL DEFAULT '{}', ${LAST_OPERATION}, UNIQUE (space_guid, name)) STRICT;
CREATE TABLE service_instance_shares (service_instance_guid TEXT NOT NULL REFERENCES service_instances (guid) ON DELETE CASCADE,
  space_guid TEXT NOT NULL REFERENCES spaces (guid), PRIMARY KEY (service_instance_guid, space_guid)) STRICT;
CREATE TABLE service_credential_bindings (${RESOURCE}, type TEXT NOT NULL, name TEXT, service_instance_guid TEXT NOT NULL REFERENCES service_instances (guid),
  app_guid TEXT REFERENCES apps (guid), credentials TEXT NOT NULL DEFAULT '{}', parameters TEXT NOT NULL DEFAULT '{}', syslog_drain_url TEXT,
  volume_mounts TEXT NOT NULL DEFAULT '[]', ${LAST_OPERATION}) STRICT;
CREATE INDEX service_bindings_of_app ON service_credential_bindings (app_guid);
CREATE INDEX service_bindings_of_instance ON service_credential_bindings (service_instance_guid);
CREATE TABLE service_route_bindings (${RESOURCE}, service_instance_guid TEXT NOT NULL REFERENCES service_instances (guid),
  route_guid TEXT NOT NULL UNIQUE REFERENCES routes (guid), route_service_url TEXT, ${LAST_OPERATION}) STRICT;
`;

const APPS = `
CREATE TABLE apps (${RESOURCE}, ${NAME}, space_guid TEXT NOT NULL REFERENCES spaces (guid), desired_state TEXT NOT NULL, lifecycle_type TEXT NOT NULL,
  lifecycle_data TEXT NOT NULL, environment_variables TEXT NOT NULL DEFAULT '{}', droplet_guid TEXT, enable_ssh INTEGER NOT NULL,
  revisions_enabled INTEGER NOT NULL, service_binding_k8s_enabled INTEGER NOT NULL DEFAULT 0,
  file_based_vcap_services_enabled INTEGER NOT NULL DEFAULT 0, UNIQUE (space_guid, name)) STRICT;
CREATE TABLE processes (${RESOURCE}, app_guid TEXT NOT NULL REFERENCES apps (guid), type TEXT NOT NULL, command TEXT, "user" TEXT,
  instances INTEGER NOT NULL, memory_in_mb INTEGER NOT NULL, disk_in_mb INTEGER NOT NULL, log_rate_limit_in_bytes_per_second INTEGER NOT NULL,
  health_check_type TEXT NOT NULL, health_check_timeout INTEGER, health_check_invocation_timeout INTEGER, health_check_interval INTEGER,
  health_check_http_endpoint TEXT, readiness_health_check_type TEXT NOT NULL DEFAULT 'process', readiness_health_check_invocation_timeout INTEGER,
  readiness_health_check_interval INTEGER, readiness_health_check_http_endpoint TEXT, state TEXT NOT NULL, version TEXT NOT NULL,
  revision_guid TEXT, metadata TEXT NOT NULL DEFAULT '{}') STRICT;
CREATE INDEX processes_of_app ON processes (app_guid, type);
CREATE TABLE packages (${RESOURCE}, app_guid TEXT NOT NULL REFERENCES apps (guid), type TEXT NOT NULL, state TEXT NOT NULL, error TEXT, sha1 TEXT, sha256 TEXT,
  docker_image TEXT, docker_username TEXT, docker_password TEXT) STRICT;
CREATE INDEX packages_of_app ON packages (app_guid);
CREATE TABLE builds (${RESOURCE}, app_guid TEXT NOT NULL REFERENCES apps (guid), package_guid TEXT NOT NULL, droplet_guid TEXT, state TEXT NOT NULL,
  error_id TEXT, error_description TEXT, lifecycle_type TEXT NOT NULL, lifecycle_data TEXT NOT NULL, staging_memory_in_mb INTEGER NOT NULL,
  staging_disk_in_mb INTEGER NOT NULL, staging_log_rate_limit_bytes_per_second INTEGER NOT NULL, created_by_user_guid TEXT,
  created_by_user_name TEXT, created_by_user_email TEXT) STRICT;
CREATE INDEX builds_of_app ON builds (app_guid, state);
CREATE INDEX builds_open ON builds (id) WHERE state = 'STAGING';
CREATE TABLE droplets (${RESOURCE}, app_guid TEXT NOT NULL REFERENCES apps (guid), package_guid TEXT, build_guid TEXT, state TEXT NOT NULL, error_id TEXT,
  error_description TEXT, lifecycle_type TEXT NOT NULL, buildpacks TEXT NOT NULL DEFAULT '[]', stack TEXT, image TEXT, docker_username TEXT,
  docker_password TEXT, process_types TEXT NOT NULL DEFAULT '{}', execution_metadata TEXT NOT NULL DEFAULT '', sidecars TEXT NOT NULL DEFAULT '[]',
  sha1 TEXT, sha256 TEXT) STRICT;
CREATE INDEX droplets_of_app ON droplets (app_guid);
CREATE INDEX droplets_of_package ON droplets (package_guid);
CREATE TABLE tasks (${RESOURCE}, app_guid TEXT NOT NULL REFERENCES apps (guid), droplet_guid TEXT NOT NULL, sequence_id INTEGER NOT NULL, name TEXT NOT NULL,
  command TEXT NOT NULL, "user" TEXT, state TEXT NOT NULL, failure_reason TEXT, memory_in_mb INTEGER NOT NULL, disk_in_mb INTEGER NOT NULL,
  log_rate_limit_in_bytes_per_second INTEGER NOT NULL, UNIQUE (app_guid, sequence_id)) STRICT;
CREATE INDEX tasks_open ON tasks (state) WHERE state IN ('PENDING', 'RUNNING', 'CANCELING');
CREATE TABLE buildpacks (${RESOURCE}, ${NAME}, stack TEXT, lifecycle TEXT NOT NULL, position INTEGER NOT NULL, enabled INTEGER NOT NULL,
  locked INTEGER NOT NULL, state TEXT NOT NULL, filename TEXT, sha256 TEXT) STRICT;
CREATE TABLE deployments (${RESOURCE}, app_guid TEXT NOT NULL REFERENCES apps (guid), state TEXT NOT NULL, status_value TEXT NOT NULL, status_reason TEXT,
  status_updated_at INTEGER NOT NULL, last_healthy_at INTEGER, strategy TEXT NOT NULL, options TEXT NOT NULL DEFAULT '{}',
  canary_current_step INTEGER NOT NULL DEFAULT 1, droplet_guid TEXT, previous_droplet_guid TEXT, deploying_web_process_guid TEXT,
  original_web_process_instance_count INTEGER NOT NULL, revision_guid TEXT, revision_version INTEGER, error TEXT) STRICT;
CREATE INDEX deployments_of_app ON deployments (app_guid, status_value);
CREATE INDEX deployments_active ON deployments (id) WHERE status_value = 'ACTIVE';
CREATE TABLE revisions (${RESOURCE}, app_guid TEXT NOT NULL REFERENCES apps (guid), version INTEGER NOT NULL, droplet_guid TEXT, description TEXT NOT NULL,
  environment_variables TEXT NOT NULL, process_commands TEXT NOT NULL, sidecars TEXT NOT NULL, UNIQUE (app_guid, version)) STRICT;
CREATE TABLE sidecars (${RESOURCE}, app_guid TEXT NOT NULL REFERENCES apps (guid), name TEXT NOT NULL, command TEXT NOT NULL, memory_in_mb INTEGER,
  process_types TEXT NOT NULL, origin TEXT NOT NULL, UNIQUE (app_guid, name)) STRICT;
CREATE TABLE app_usage_events (${RESOURCE}, state TEXT NOT NULL, previous_state TEXT, app_guid TEXT NOT NULL, app_name TEXT NOT NULL,
  process_guid TEXT NOT NULL, process_type TEXT NOT NULL, space_guid TEXT NOT NULL, space_name TEXT NOT NULL, organization_guid TEXT NOT NULL,
  buildpack_guid TEXT, buildpack_name TEXT, task_guid TEXT, task_name TEXT, memory_in_mb_per_instance INTEGER NOT NULL,
  previous_memory_in_mb_per_instance INTEGER, instance_count INTEGER NOT NULL, previous_instance_count INTEGER) STRICT;
`;

/** Managed service instances: jobs that poll brokers in lanes of their own, usage events, names of keys. */
const BROKER_WORK = `
ALTER TABLE jobs ADD COLUMN lane TEXT NOT NULL DEFAULT '';
ALTER TABLE jobs ADD COLUMN root_guid TEXT;
ALTER TABLE jobs ADD COLUMN run_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN runs INTEGER NOT NULL DEFAULT 0;
DROP INDEX jobs_open;
CREATE INDEX jobs_open ON jobs (run_at, lane) WHERE state IN ('PROCESSING', 'POLLING');
CREATE INDEX jobs_of_root ON jobs (root_guid) WHERE root_guid IS NOT NULL;
ALTER TABLE service_instances ADD COLUMN broker_provided_metadata TEXT;
CREATE INDEX service_instances_of_plan ON service_instances (service_plan_guid);
CREATE INDEX service_instances_shared_with ON service_instance_shares (space_guid);
CREATE INDEX service_route_bindings_of_instance ON service_route_bindings (service_instance_guid);
CREATE UNIQUE INDEX service_key_names ON service_credential_bindings (service_instance_guid, name) WHERE type = 'key';
CREATE TABLE service_usage_events (${RESOURCE}, state TEXT NOT NULL, organization_guid TEXT NOT NULL, space_guid TEXT NOT NULL, space_name TEXT NOT NULL,
  service_instance_guid TEXT NOT NULL, service_instance_name TEXT NOT NULL, service_instance_type TEXT NOT NULL, service_plan_guid TEXT,
  service_plan_name TEXT, service_offering_guid TEXT, service_offering_name TEXT, service_broker_guid TEXT, service_broker_name TEXT) STRICT;
`;

/** Who may call a route. */
const ROUTE_POLICIES = `
ALTER TABLE domains ADD COLUMN enforce_route_policies INTEGER NOT NULL DEFAULT 0;
ALTER TABLE domains ADD COLUMN route_policies_scope TEXT;
CREATE TABLE route_policies (${RESOURCE}, route_guid TEXT NOT NULL REFERENCES routes (guid) ON DELETE CASCADE,
  source_type TEXT NOT NULL, source_guid TEXT NOT NULL, UNIQUE (route_guid, source_type, source_guid)) STRICT;
`;

/** Which broker's catalog asked for a client of the UAA. */
const DASHBOARD_CLIENTS = `
CREATE TABLE service_dashboard_clients (client_id TEXT NOT NULL PRIMARY KEY,
  service_broker_guid TEXT NOT NULL REFERENCES service_brokers (guid)) STRICT;
CREATE INDEX service_dashboard_clients_of_broker ON service_dashboard_clients (service_broker_guid);
`;

/**
 * Pages of long lists in the orders that clients ask for, flat however long the list is; numbers of what is in somebody's spaces from an index
 * alone. Each ends with what breaks ties, so that nothing is sorted.
 */
const ORDERED_LISTS = `
CREATE INDEX apps_by_name ON apps (name, id);
CREATE INDEX apps_by_creation ON apps (created_at, id);
CREATE INDEX apps_by_update ON apps (updated_at, id);
CREATE INDEX spaces_by_name ON spaces (name, id);
CREATE INDEX spaces_by_creation ON spaces (created_at, id);
CREATE INDEX organizations_by_creation ON organizations (created_at, id);
CREATE INDEX users_by_creation ON users (created_at, id);
CREATE INDEX roles_by_creation ON roles (created_at, id);
CREATE INDEX routes_by_creation ON routes (created_at, id);
CREATE INDEX service_instances_by_name ON service_instances (name, id);
CREATE INDEX service_instances_by_creation ON service_instances (created_at, id);
CREATE INDEX processes_by_creation ON processes (created_at, id);
DROP INDEX audit_events_target;
CREATE INDEX audit_events_target ON audit_events (target_guid, created_at, id);
DROP INDEX audit_events_space;
CREATE INDEX audit_events_space ON audit_events (space_guid, created_at, id);
DROP INDEX audit_events_organization;
CREATE INDEX audit_events_organization ON audit_events (organization_guid, created_at, id);
DROP INDEX audit_events_time;
CREATE INDEX audit_events_time ON audit_events (created_at, id);
`;

/** Far pages of the longest lists pass over ids alone, not over whole rows; PostgreSQL's primary keys do that anyway (postgres-schema.ts). */
const FAR_PAGES = `
CREATE INDEX apps_by_id ON apps (id);
CREATE INDEX processes_by_id ON processes (id);
CREATE INDEX routes_by_id ON routes (id);
CREATE INDEX service_instances_by_id ON service_instances (id);
CREATE INDEX service_credential_bindings_by_id ON service_credential_bindings (id);
CREATE INDEX audit_events_by_id ON audit_events (id);
`;

/** Numbered for ever: once a version is out, change the schema with a new entry. */
export const CC_MIGRATIONS: readonly Migration[] = [
  { version: 1, sql: [TENANTS, RECORDS, APPS, ROUTING, SERVICES].join("\n") },
  { version: 2, sql: BROKER_WORK },
  { version: 3, sql: ROUTE_POLICIES },
  { version: 4, sql: DASHBOARD_CLIENTS },
  { version: 5, sql: ORDERED_LISTS },
  { version: 6, sql: FAR_PAGES },
];
