import type { Generated } from "kysely";

/**
 * Every table of the Cloud Controller. Times are milliseconds since the epoch, booleans 0 or 1, `Json` columns JSON text. Resources point at
 * each other by guid; `id` only gives the order of creation, which is the default order of every list.
 */
export interface CcDatabase {
  organizations: OrganizationsTable;
  spaces: SpacesTable;
  users: UsersTable;
  roles: RolesTable;
  organization_quotas: OrganizationQuotasTable;
  space_quotas: SpaceQuotasTable;
  domains: DomainsTable;
  domain_shared_organizations: { domain_guid: string; organization_guid: string };
  routes: RoutesTable;
  route_policies: RoutePoliciesTable;
  route_destinations: RouteDestinationsTable;
  route_shares: { route_guid: string; space_guid: string };
  isolation_segments: NamedTable;
  isolation_segment_organizations: { isolation_segment_guid: string; organization_guid: string };
  environment_variable_groups: { name: "running" | "staging"; variables: Json; updated_at: number | null };
  feature_flags: { name: string; enabled: Flag; custom_error_message: string | null; updated_at: number };
  stacks: StacksTable;
  security_groups: SecurityGroupsTable;
  security_group_spaces: { security_group_guid: string; space_guid: string; lifecycle: "running" | "staging" };
  audit_events: AuditEventsTable;
  jobs: JobsTable;
  labels: MetadataTable;
  annotations: MetadataTable;
  service_brokers: ServiceBrokersTable;
  service_offerings: ServiceOfferingsTable;
  service_plans: ServicePlansTable;
  service_plan_visibilities: { service_plan_guid: string; organization_guid: string };
  service_dashboard_clients: { client_id: string; service_broker_guid: string };
  service_instances: ServiceInstancesTable;
  service_instance_shares: { service_instance_guid: string; space_guid: string };
  service_credential_bindings: ServiceCredentialBindingsTable;
  service_route_bindings: ServiceRouteBindingsTable;
  apps: AppsTable;
  processes: ProcessesTable;
  packages: PackagesTable;
  builds: BuildsTable;
  droplets: DropletsTable;
  tasks: TasksTable;
  buildpacks: BuildpacksTable;
  deployments: DeploymentsTable;
  revisions: RevisionsTable;
  sidecars: SidecarsTable;
  app_usage_events: AppUsageEventsTable;
  service_usage_events: ServiceUsageEventsTable;
}

export type Flag = 0 | 1;
export type Json = string;

/** What every resource has. */
export interface ResourceTable {
  id: Generated<number>;
  guid: string;
  created_at: number;
  updated_at: number;
}

export interface NamedTable extends ResourceTable {
  /** Compares without case. */
  name: string;
}

export interface OrganizationsTable extends NamedTable {
  status: "active" | "suspended" | "deleting";
  quota_guid: string;
  default_isolation_segment_guid: string | null;
}

export interface SpacesTable extends NamedTable {
  organization_guid: string;
  space_quota_guid: string | null;
  isolation_segment_guid: string | null;
  allow_ssh: Flag;
  status: "active" | "suspended" | "deleting";
}

/** Users (and UAA clients) that CC has met; names and origins are the UAA's. */
export interface UsersTable extends ResourceTable {
  is_oauth_client: Flag;
}

export type OrganizationRole =
  | "organization_user"
  | "organization_manager"
  | "organization_billing_manager"
  | "organization_auditor";
export type SpaceRole = "space_developer" | "space_manager" | "space_auditor" | "space_supporter";
export type RoleType = OrganizationRole | SpaceRole;

export interface RolesTable extends ResourceTable {
  type: RoleType;
  user_guid: string;
  /** Of an organization role; null for a space role. */
  organization_guid: string | null;
  space_guid: string | null;
}

/** Limits; -1 is unlimited. */
export interface QuotaColumns extends NamedTable {
  total_memory_in_mb: number;
  per_process_memory_in_mb: number;
  total_instances: number;
  per_app_tasks: number;
  log_rate_limit_in_bytes_per_second: number;
  paid_services_allowed: Flag;
  total_service_instances: number;
  total_service_keys: number;
  total_routes: number;
  total_reserved_ports: number;
}
export interface OrganizationQuotasTable extends QuotaColumns {
  total_domains: number;
}
export interface SpaceQuotasTable extends QuotaColumns {
  organization_guid: string;
}

export interface DomainsTable extends NamedTable {
  /** Null: shared by all organizations. */
  owning_organization_guid: string | null;
  internal: Flag;
  router_group_guid: string | null;
  enforce_route_policies: Generated<Flag>;
  route_policies_scope: string | null;
}

export interface RoutesTable extends ResourceTable {
  /** Empty for a route without host. Compares without case. */
  host: string;
  path: string;
  /** 0: an HTTP route. */
  port: number;
  domain_guid: string;
  space_guid: string;
  options: Json;
}

export interface RoutePoliciesTable extends ResourceTable {
  route_guid: string;
  source_type: "app" | "space" | "org" | "any";
  /** "" for `any`. */
  source_guid: string;
}

export interface RouteDestinationsTable extends ResourceTable {
  route_guid: string;
  app_guid: string;
  process_type: string;
  /** Null: the default of the app's lifecycle (8080, or the image's exposed port). */
  app_port: number | null;
  weight: number | null;
  protocol: "http1" | "http2" | "tcp" | null;
}

export interface StacksTable extends NamedTable {
  description: string | null;
  build_rootfs_image: string;
  run_rootfs_image: string;
  is_default: Flag;
  state: "ACTIVE" | "RESTRICTED" | "DEPRECATED" | "DISABLED";
  state_reason: string | null;
}

export interface SecurityGroupsTable extends NamedTable {
  rules: Json;
  running_default: Flag;
  staging_default: Flag;
}

export interface AuditEventsTable {
  id: Generated<number>;
  guid: string;
  created_at: number;
  type: string;
  actor_guid: string;
  actor_type: string;
  actor_name: string;
  target_guid: string;
  target_type: string;
  target_name: string;
  data: Json;
  space_guid: string | null;
  organization_guid: string | null;
}

export interface JobsTable extends ResourceTable {
  operation: string;
  state: "PROCESSING" | "POLLING" | "COMPLETE" | "FAILED";
  resource_type: string;
  resource_guid: string;
  user_guid: string | null;
  /** Of the operation's own making; with `actor` enough to run it again after a restart. */
  input: Json;
  actor: Json;
  errors: Json;
  warnings: Json;
  /** Who shares places with whom; see `JobRequest`. */
  lane: string;
  root_guid: string | null;
  /** Not before. */
  run_at: number;
  runs: number;
}

/** Labels and annotations of every resource. `key_prefix` is "" when the key has none. */
export interface MetadataTable {
  resource_type: string;
  resource_guid: string;
  key_prefix: string;
  key_name: string;
  value: string;
}

export interface ServiceBrokersTable extends NamedTable {
  url: string;
  auth_username: string;
  auth_password: string;
  /** Null: global. */
  space_guid: string | null;
  state: string;
}

export interface ServiceOfferingsTable extends NamedTable {
  service_broker_guid: string;
  description: string;
  available: Flag;
  bindable: Flag;
  tags: Json;
  requires: Json;
  shareable: Flag;
  documentation_url: string | null;
  broker_catalog_id: string;
  broker_catalog_metadata: Json;
  plan_updateable: Flag;
  instances_retrievable: Flag;
  bindings_retrievable: Flag;
  allow_context_updates: Flag;
}

export interface ServicePlansTable extends NamedTable {
  service_offering_guid: string;
  description: string;
  visibility_type: "public" | "admin" | "organization" | "space";
  available: Flag;
  free: Flag;
  costs: Json;
  maintenance_info: Json;
  broker_catalog_id: string;
  broker_catalog_metadata: Json;
  maximum_polling_duration: number | null;
  bindable: Flag | null;
  plan_updateable: Flag | null;
  schemas: Json;
}

export interface ServiceInstancesTable extends NamedTable {
  type: "managed" | "user-provided";
  space_guid: string;
  service_plan_guid: string | null;
  tags: Json;
  /** User-provided credentials. */
  credentials: Json;
  syslog_drain_url: string | null;
  route_service_url: string | null;
  dashboard_url: string | null;
  maintenance_info: Json;
  /** `metadata` of the broker's answer; null without. */
  broker_provided_metadata: Json | null;
  parameters: Json;
  last_operation: Json;
}

export interface ServiceCredentialBindingsTable extends ResourceTable {
  type: "app" | "key";
  name: string | null;
  service_instance_guid: string;
  app_guid: string | null;
  credentials: Json;
  parameters: Json;
  syslog_drain_url: string | null;
  volume_mounts: Json;
  last_operation: Json;
}

export interface ServiceRouteBindingsTable extends ResourceTable {
  service_instance_guid: string;
  route_guid: string;
  route_service_url: string | null;
  last_operation: Json;
}

export interface AppsTable extends NamedTable {
  space_guid: string;
  desired_state: "STOPPED" | "STARTED";
  lifecycle_type: "buildpack" | "docker" | "cnb";
  /** `{ buildpacks, stack }` of the buildpack lifecycles, `{}` of docker. */
  lifecycle_data: Json;
  environment_variables: Json;
  droplet_guid: string | null;
  enable_ssh: Flag;
  revisions_enabled: Flag;
  service_binding_k8s_enabled: Flag;
  file_based_vcap_services_enabled: Flag;
}

export interface ProcessesTable extends ResourceTable {
  app_guid: string;
  type: string;
  command: string | null;
  user: string | null;
  instances: number;
  memory_in_mb: number;
  disk_in_mb: number;
  log_rate_limit_in_bytes_per_second: number;
  health_check_type: "port" | "process" | "http";
  health_check_timeout: number | null;
  health_check_invocation_timeout: number | null;
  health_check_interval: number | null;
  health_check_http_endpoint: string | null;
  readiness_health_check_type: "process" | "port" | "http";
  readiness_health_check_invocation_timeout: number | null;
  readiness_health_check_interval: number | null;
  readiness_health_check_http_endpoint: string | null;
  state: "STOPPED" | "STARTED";
  /** Changes with everything that needs new containers; the LRP is `guid-version`. */
  version: string;
  revision_guid: string | null;
  metadata: Json;
}

export interface PackagesTable extends ResourceTable {
  app_guid: string;
  type: "bits" | "docker";
  state: "AWAITING_UPLOAD" | "PROCESSING_UPLOAD" | "READY" | "FAILED" | "EXPIRED" | "COPYING";
  error: string | null;
  sha1: string | null;
  sha256: string | null;
  docker_image: string | null;
  docker_username: string | null;
  docker_password: string | null;
}

export interface BuildsTable extends ResourceTable {
  app_guid: string;
  package_guid: string;
  droplet_guid: string | null;
  state: "STAGING" | "STAGED" | "FAILED";
  error_id: string | null;
  error_description: string | null;
  lifecycle_type: "buildpack" | "docker" | "cnb";
  lifecycle_data: Json;
  staging_memory_in_mb: number;
  staging_disk_in_mb: number;
  staging_log_rate_limit_bytes_per_second: number;
  created_by_user_guid: string | null;
  created_by_user_name: string | null;
  created_by_user_email: string | null;
}

export interface DropletsTable extends ResourceTable {
  app_guid: string;
  package_guid: string | null;
  build_guid: string | null;
  state: "AWAITING_UPLOAD" | "PROCESSING_UPLOAD" | "COPYING" | "STAGED" | "FAILED" | "EXPIRED";
  error_id: string | null;
  error_description: string | null;
  lifecycle_type: "buildpack" | "docker" | "cnb";
  /** `[{ name, detect_output, buildpack_name, version }]` */
  buildpacks: Json;
  stack: string | null;
  image: string | null;
  docker_username: string | null;
  docker_password: string | null;
  process_types: Json;
  execution_metadata: string;
  sidecars: Json;
  sha1: string | null;
  sha256: string | null;
}

export interface TasksTable extends ResourceTable {
  app_guid: string;
  droplet_guid: string;
  sequence_id: number;
  name: string;
  command: string;
  user: string | null;
  state: "PENDING" | "RUNNING" | "CANCELING" | "SUCCEEDED" | "FAILED";
  failure_reason: string | null;
  memory_in_mb: number;
  disk_in_mb: number;
  log_rate_limit_in_bytes_per_second: number;
}

export interface BuildpacksTable extends NamedTable {
  stack: string | null;
  lifecycle: "buildpack" | "cnb";
  /** From 1 without gaps within a lifecycle. */
  position: number;
  enabled: Flag;
  locked: Flag;
  state: "AWAITING_UPLOAD" | "READY";
  filename: string | null;
  sha256: string | null;
}

export interface DeploymentsTable extends ResourceTable {
  app_guid: string;
  state: "PREPAUSED" | "PAUSED" | "DEPLOYING" | "DEPLOYED" | "CANCELING" | "CANCELED";
  status_value: "ACTIVE" | "FINALIZED";
  status_reason: string | null;
  status_updated_at: number;
  last_healthy_at: number | null;
  strategy: "rolling" | "canary" | "recreate";
  /** `{ max_in_flight, canary … }` as asked for. */
  options: Json;
  canary_current_step: number;
  droplet_guid: string | null;
  previous_droplet_guid: string | null;
  deploying_web_process_guid: string | null;
  original_web_process_instance_count: number;
  revision_guid: string | null;
  revision_version: number | null;
  error: string | null;
}

export interface RevisionsTable extends ResourceTable {
  app_guid: string;
  version: number;
  droplet_guid: string | null;
  description: string;
  environment_variables: Json;
  /** `{ [type]: command | null }` */
  process_commands: Json;
  sidecars: Json;
}

export interface SidecarsTable extends ResourceTable {
  app_guid: string;
  name: string;
  command: string;
  memory_in_mb: number | null;
  process_types: Json;
  origin: "user" | "buildpack";
}

export interface AppUsageEventsTable extends ResourceTable {
  state: string;
  previous_state: string | null;
  app_guid: string;
  app_name: string;
  process_guid: string;
  process_type: string;
  space_guid: string;
  space_name: string;
  organization_guid: string;
  buildpack_guid: string | null;
  buildpack_name: string | null;
  task_guid: string | null;
  task_name: string | null;
  memory_in_mb_per_instance: number;
  previous_memory_in_mb_per_instance: number | null;
  instance_count: number;
  previous_instance_count: number | null;
}

export interface ServiceUsageEventsTable extends ResourceTable {
  state: "CREATED" | "UPDATED" | "DELETED";
  organization_guid: string;
  space_guid: string;
  space_name: string;
  service_instance_guid: string;
  service_instance_name: string;
  service_instance_type: "managed_service_instance" | "user_provided_service_instance";
  service_plan_guid: string | null;
  service_plan_name: string | null;
  service_offering_guid: string | null;
  service_offering_name: string | null;
  service_broker_guid: string | null;
  service_broker_name: string | null;
}
