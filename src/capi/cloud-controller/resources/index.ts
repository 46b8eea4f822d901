import type { Resource } from "../api/api.ts";
import { auditEvents } from "./audit-events/routes.ts";
import { domains } from "./domains/routes.ts";
import { environmentVariableGroups } from "./environment-variable-groups/routes.ts";
import { featureFlags } from "./feature-flags/routes.ts";
import { isolationSegments } from "./isolation-segments/routes.ts";
import { jobs } from "./jobs/routes.ts";
import { organizationQuotas } from "./organization-quotas/routes.ts";
import { organizations } from "./organizations/routes.ts";
import { roles } from "./roles/routes.ts";
import { root } from "./root/routes.ts";
import { routes } from "./routes/routes.ts";
import { securityGroups } from "./security-groups/routes.ts";
import { spaceQuotas } from "./space-quotas/routes.ts";
import { spaces } from "./spaces/routes.ts";
import { stacks } from "./stacks/routes.ts";
import { usageSummary } from "./usage-summary/routes.ts";
import { users } from "./users/routes.ts";

/** Every resource of the API, one line each. */
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
  organizationQuotas,
  spaceQuotas,
  stacks,
  securityGroups,
  isolationSegments,
  featureFlags,
  environmentVariableGroups,
  auditEvents,
];
