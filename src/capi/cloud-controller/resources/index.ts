import type { Resource } from "../api/api.ts";
import { pruning } from "../pruning.ts";
import { appFeatures } from "./app-features/routes.ts";
import { appManifests } from "./app-manifests/routes.ts";
import { appUsageEvents } from "./app-usage-events/routes.ts";
import { apps } from "./apps/routes.ts";
import { auditEvents } from "./audit-events/routes.ts";
import { blobs } from "./blobs/routes.ts";
import { buildpacks } from "./buildpacks/routes.ts";
import { builds } from "./builds/routes.ts";
import { deployments } from "./deployments/routes.ts";
import { domains } from "./domains/routes.ts";
import { droplets } from "./droplets/routes.ts";
import { environmentVariableGroups } from "./environment-variable-groups/routes.ts";
import { featureFlags } from "./feature-flags/routes.ts";
import { isolationSegments } from "./isolation-segments/routes.ts";
import { jobs } from "./jobs/routes.ts";
import { logAccess } from "./log-access/routes.ts";
import { organizationQuotas } from "./organization-quotas/routes.ts";
import { organizations } from "./organizations/routes.ts";
import { packages } from "./packages/routes.ts";
import { processes } from "./processes/routes.ts";
import { resourceMatches } from "./resource-matches/routes.ts";
import { revisions } from "./revisions/routes.ts";
import { roles } from "./roles/routes.ts";
import { root } from "./root/routes.ts";
import { routePolicies } from "./route-policies/routes.ts";
import { routes } from "./routes/routes.ts";
import { securityGroups } from "./security-groups/routes.ts";
import { serviceBrokers } from "./service-brokers/routes.ts";
import { serviceCredentialBindings } from "./service-credential-bindings/routes.ts";
import { serviceInstances } from "./service-instances/routes.ts";
import { serviceOfferings } from "./service-offerings/routes.ts";
import { servicePlans } from "./service-plans/routes.ts";
import { serviceRouteBindings } from "./service-route-bindings/routes.ts";
import { serviceUsageEvents } from "./service-usage-events/routes.ts";
import { sidecars } from "./sidecars/routes.ts";
import { spaceQuotas } from "./space-quotas/routes.ts";
import { spaces } from "./spaces/routes.ts";
import { stacks } from "./stacks/routes.ts";
import { syslogDrainUrls } from "./syslog-drain-urls/routes.ts";
import { tasks } from "./tasks/routes.ts";
import { usageSummary } from "./usage-summary/routes.ts";
import { users } from "./users/routes.ts";

/** Every resource of the API and its own loops, one line each. */
export const RESOURCES: readonly Resource[] = [
  root,
  jobs,
  organizations,
  spaces,
  users,
  roles,
  usageSummary,
  domains,
  routes,
  routePolicies,
  organizationQuotas,
  spaceQuotas,
  stacks,
  securityGroups,
  isolationSegments,
  featureFlags,
  environmentVariableGroups,
  auditEvents,
  blobs,
  pruning,
  buildpacks,
  tasks,
  processes,
  droplets,
  builds,
  resourceMatches,
  packages,
  appFeatures,
  appManifests,
  deployments,
  revisions,
  sidecars,
  appUsageEvents,
  apps,
  serviceRouteBindings,
  servicePlans,
  serviceOfferings,
  serviceInstances,
  serviceCredentialBindings,
  serviceBrokers,
  serviceUsageEvents,
  logAccess,
  syslogDrainUrls,
];
