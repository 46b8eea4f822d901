import type { Command } from "./command.ts";

export interface CommandEntry {
  readonly name: string;
  readonly alias?: string;
  readonly group: string;
  readonly about: string;
  readonly load: () => Promise<Command>;
}

const START = "Before getting started";
const APPS = "Application lifecycle";
const SERVICES = "Services integration";
const SERVICE_ADMIN = "Service administration";
const ROUTES = "Route and domain management";
const SPACES = "Space management";
const ORGS = "Org management";
const USERS = "User administration";
const ADMIN = "Platform";

/** Every command: what `cf help` shows, and where it lives. Nothing is imported before it is called. */
export const COMMANDS: readonly CommandEntry[] = [
  entry("api", START, "Set or view target api url", async () => (await import("./commands/api.ts")).command),
  entry("login,l", START, "Log user in", async () => (await import("./commands/login.ts")).command),
  entry("auth", START, "Authenticate non-interactively", async () => (await import("./commands/auth.ts")).command),
  entry("logout,lo", START, "Log user out", async () => (await import("./commands/logout.ts")).command),
  entry(
    "target,t",
    START,
    "Set or view the targeted org or space",
    async () => (await import("./commands/target.ts")).command,
  ),
  entry(
    "switch-space",
    START,
    "Target another space of the targeted org",
    async () => (await import("./commands/switch-space.ts")).command,
  ),
  entry("passwd,pw", START, "Change user password", async () => (await import("./commands/passwd.ts")).command),

  entry("apps,a", APPS, "List all apps in the target space", async () => (await import("./commands/apps.ts")).command),
  entry("app", APPS, "Display health and status for an app", async () => (await import("./commands/app.ts")).command),
  entry(
    "push,p",
    APPS,
    "Push a new app or sync changes to an existing app",
    async () => (await import("./commands/push.ts")).command,
  ),
  entry("start,st", APPS, "Start an app", async () => (await import("./commands/start.ts")).command),
  entry("stop,sp", APPS, "Stop an app", async () => (await import("./commands/stop.ts")).command),
  entry(
    "restart,rs",
    APPS,
    "Stop all instances of the app, then start them again.",
    async () => (await import("./commands/restart.ts")).command,
  ),
  entry(
    "restage,rg",
    APPS,
    "Stage the app's latest package into a droplet and restart the app with this new droplet and updated configuration (environment variables, service bindings, buildpack, stack, etc.).",
    async () => (await import("./commands/restage.ts")).command,
  ),
  entry(
    "scale",
    APPS,
    "Change or view the instance count, disk space limit, memory limit, and log rate limit for an app",
    async () => (await import("./commands/scale.ts")).command,
  ),
  entry("delete,d", APPS, "Delete an app", async () => (await import("./commands/delete.ts")).command),
  entry("env,e", APPS, "Show all env variables for an app", async () => (await import("./commands/env.ts")).command),
  entry(
    "set-env,se",
    APPS,
    "Set an env variable for an app",
    async () => (await import("./commands/set-env.ts")).command,
  ),
  entry(
    "unset-env,ue",
    APPS,
    "Remove an env variable from an app",
    async () => (await import("./commands/unset-env.ts")).command,
  ),
  entry("events", APPS, "Show recent app events", async () => (await import("./commands/events.ts")).command),
  entry("logs", APPS, "Tail or show recent logs for an app", async () => (await import("./commands/logs.ts")).command),
  entry(
    "run-task,rt",
    APPS,
    "Run a one-off task on an app",
    async () => (await import("./commands/run-task.ts")).command,
  ),
  entry("tasks", APPS, "List tasks of an app", async () => (await import("./commands/tasks.ts")).command),
  entry(
    "terminate-task,tt",
    APPS,
    "Terminate a running task of an app",
    async () => (await import("./commands/terminate-task.ts")).command,
  ),
  entry(
    "ssh-code",
    APPS,
    "Get a one time password for ssh clients",
    async () => (await import("./commands/ssh-code.ts")).command,
  ),
  entry(
    "create-app",
    APPS,
    "Create an Application in the target space",
    async () => (await import("./commands/create-app.ts")).command,
  ),
  entry(
    "create-app-manifest",
    APPS,
    "Create an app manifest for an app that has been pushed successfully",
    async () => (await import("./commands/create-app-manifest.ts")).command,
  ),
  entry(
    "create-package",
    APPS,
    "Uploads a Package",
    async () => (await import("./commands/create-package.ts")).command,
  ),
  entry("packages", APPS, "List packages of an app", async () => (await import("./commands/packages.ts")).command),
  entry("droplets", APPS, "List droplets of an app", async () => (await import("./commands/droplets.ts")).command),
  entry(
    "set-droplet",
    APPS,
    "Set the droplet used to run an app",
    async () => (await import("./commands/set-droplet.ts")).command,
  ),
  entry(
    "download-droplet",
    APPS,
    "Download an application droplet",
    async () => (await import("./commands/download-droplet.ts")).command,
  ),
  entry(
    "stage-package,stage",
    APPS,
    "Stage a package into a droplet",
    async () => (await import("./commands/stage-package.ts")).command,
  ),
  entry(
    "copy-source",
    APPS,
    "Copies the source code of an application to another existing application and restages that application",
    async () => (await import("./commands/copy-source.ts")).command,
  ),
  entry("rename", APPS, "Rename an app", async () => (await import("./commands/rename.ts")).command),
  entry(
    "cancel-deployment",
    APPS,
    "Cancel the most recent deployment for an app. Resets the current droplet to the previous deployment's droplet.",
    async () => (await import("./commands/cancel-deployment.ts")).command,
  ),
  entry(
    "continue-deployment",
    APPS,
    "Continue the most recent deployment for an app.",
    async () => (await import("./commands/continue-deployment.ts")).command,
  ),
  entry("revisions", APPS, "List revisions of an app", async () => (await import("./commands/revisions.ts")).command),
  entry(
    "revision",
    APPS,
    "Show details for a specific app revision",
    async () => (await import("./commands/revision.ts")).command,
  ),
  entry(
    "rollback",
    APPS,
    "Rollback to the specified revision of an app",
    async () => (await import("./commands/rollback.ts")).command,
  ),
  entry(
    "restart-app-instance",
    APPS,
    "Stop, then start application instance without updating application environment",
    async () => (await import("./commands/restart-app-instance.ts")).command,
  ),
  entry("task", APPS, "Display a task of an app", async () => (await import("./commands/task.ts")).command),
  entry(
    "get-health-check",
    APPS,
    "Show the type of health check performed on an app",
    async () => (await import("./commands/get-health-check.ts")).command,
  ),
  entry(
    "get-readiness-health-check",
    APPS,
    "Show the type of readiness health check performed on an app",
    async () => (await import("./commands/get-readiness-health-check.ts")).command,
  ),
  entry(
    "set-health-check",
    APPS,
    "Change type of health check performed on an app's process",
    async () => (await import("./commands/set-health-check.ts")).command,
  ),
  entry(
    "enable-ssh",
    APPS,
    "Enable ssh for the application",
    async () => (await import("./commands/enable-ssh.ts")).command,
  ),
  entry(
    "disable-ssh",
    APPS,
    "Disable ssh for the application",
    async () => (await import("./commands/disable-ssh.ts")).command,
  ),
  entry(
    "ssh-enabled",
    APPS,
    "Reports whether SSH is enabled on an application container instance",
    async () => (await import("./commands/ssh-enabled.ts")).command,
  ),

  entry(
    "services,s",
    SERVICES,
    "List all service instances in the target space",
    async () => (await import("./commands/services.ts")).command,
  ),
  entry(
    "marketplace,m",
    SERVICES,
    "List available offerings in the marketplace",
    async () => (await import("./commands/marketplace.ts")).command,
  ),
  entry("service", SERVICES, "Show service instance info", async () => (await import("./commands/service.ts")).command),
  entry(
    "create-service,cs",
    SERVICES,
    "Create a service instance",
    async () => (await import("./commands/create-service.ts")).command,
  ),
  entry(
    "update-service",
    SERVICES,
    "Update a service instance",
    async () => (await import("./commands/update-service.ts")).command,
  ),
  entry(
    "delete-service,ds",
    SERVICES,
    "Delete a service instance",
    async () => (await import("./commands/delete-service.ts")).command,
  ),
  entry(
    "rename-service",
    SERVICES,
    "Rename a service instance",
    async () => (await import("./commands/rename-service.ts")).command,
  ),
  entry(
    "upgrade-service",
    SERVICES,
    "Upgrade a service instance to the latest available version of its current service plan",
    async () => (await import("./commands/upgrade-service.ts")).command,
  ),
  entry(
    "create-user-provided-service,cups",
    SERVICES,
    "Make a user-provided service instance available to CF apps",
    async () => (await import("./commands/create-user-provided-service.ts")).command,
  ),
  entry(
    "update-user-provided-service,uups",
    SERVICES,
    "Update user-provided service instance",
    async () => (await import("./commands/update-user-provided-service.ts")).command,
  ),
  entry(
    "bind-service,bs",
    SERVICES,
    "Bind a service instance to an app",
    async () => (await import("./commands/bind-service.ts")).command,
  ),
  entry(
    "unbind-service,us",
    SERVICES,
    "Unbind a service instance from an app",
    async () => (await import("./commands/unbind-service.ts")).command,
  ),
  entry(
    "cleanup-outdated-service-bindings",
    SERVICES,
    "Cleans up old service bindings for an app, keeping only the most recent binding for each service instance",
    async () => (await import("./commands/cleanup-outdated-service-bindings.ts")).command,
  ),
  entry(
    "create-service-key,csk",
    SERVICES,
    "Create key for a service instance",
    async () => (await import("./commands/create-service-key.ts")).command,
  ),
  entry(
    "service-keys,sk",
    SERVICES,
    "List keys for a service instance",
    async () => (await import("./commands/service-keys.ts")).command,
  ),
  entry(
    "service-key",
    SERVICES,
    "Show service key info",
    async () => (await import("./commands/service-key.ts")).command,
  ),
  entry(
    "delete-service-key,dsk",
    SERVICES,
    "Delete a service key",
    async () => (await import("./commands/delete-service-key.ts")).command,
  ),
  entry(
    "bind-route-service,brs",
    SERVICES,
    "Bind a service instance to an HTTP route",
    async () => (await import("./commands/bind-route-service.ts")).command,
  ),
  entry(
    "unbind-route-service,urs",
    SERVICES,
    "Unbind a service instance from an HTTP route",
    async () => (await import("./commands/unbind-route-service.ts")).command,
  ),
  entry(
    "share-service",
    SERVICES,
    "Share a service instance with another space",
    async () => (await import("./commands/share-service.ts")).command,
  ),
  entry(
    "unshare-service",
    SERVICES,
    "Unshare a shared service instance from a space",
    async () => (await import("./commands/unshare-service.ts")).command,
  ),
  entry(
    "service-brokers",
    SERVICE_ADMIN,
    "List service brokers",
    async () => (await import("./commands/service-brokers.ts")).command,
  ),
  entry(
    "create-service-broker,csb",
    SERVICE_ADMIN,
    "Create a service broker",
    async () => (await import("./commands/create-service-broker.ts")).command,
  ),
  entry(
    "update-service-broker",
    SERVICE_ADMIN,
    "Update a service broker",
    async () => (await import("./commands/update-service-broker.ts")).command,
  ),
  entry(
    "rename-service-broker",
    SERVICE_ADMIN,
    "Rename a service broker",
    async () => (await import("./commands/rename-service-broker.ts")).command,
  ),
  entry(
    "delete-service-broker",
    SERVICE_ADMIN,
    "Delete a service broker",
    async () => (await import("./commands/delete-service-broker.ts")).command,
  ),
  entry(
    "service-access",
    SERVICE_ADMIN,
    "List service access settings",
    async () => (await import("./commands/service-access.ts")).command,
  ),
  entry(
    "enable-service-access",
    SERVICE_ADMIN,
    "Enable access to a service offering or service plan for one or all orgs",
    async () => (await import("./commands/enable-service-access.ts")).command,
  ),
  entry(
    "disable-service-access",
    SERVICE_ADMIN,
    "Disable access to a service offering or service plan for one or all orgs",
    async () => (await import("./commands/disable-service-access.ts")).command,
  ),
  entry(
    "purge-service-offering",
    SERVICE_ADMIN,
    "Recursively remove a service offering and child objects from Cloud Foundry database without making requests to a service broker",
    async () => (await import("./commands/purge-service-offering.ts")).command,
  ),
  entry(
    "purge-service-instance",
    SERVICE_ADMIN,
    "Recursively remove a service instance and child objects from Cloud Foundry database without making requests to a service broker",
    async () => (await import("./commands/purge-service-instance.ts")).command,
  ),

  entry(
    "routes,r",
    ROUTES,
    "List all routes in the current space or the current organization",
    async () => (await import("./commands/routes.ts")).command,
  ),
  entry(
    "create-route",
    ROUTES,
    "Create a route for later use",
    async () => (await import("./commands/create-route.ts")).command,
  ),
  entry("map-route", ROUTES, "Map a route to an app", async () => (await import("./commands/map-route.ts")).command),
  entry(
    "unmap-route",
    ROUTES,
    "Remove a route from an app",
    async () => (await import("./commands/unmap-route.ts")).command,
  ),
  entry("delete-route", ROUTES, "Delete a route", async () => (await import("./commands/delete-route.ts")).command),
  entry(
    "domains",
    ROUTES,
    "List domains in the target org",
    async () => (await import("./commands/domains.ts")).command,
  ),

  entry("spaces", SPACES, "List all spaces in an org", async () => (await import("./commands/spaces.ts")).command),
  entry("space", SPACES, "Show space info", async () => (await import("./commands/space.ts")).command),
  entry("create-space,csp", SPACES, "Create a space", async () => (await import("./commands/create-space.ts")).command),
  entry("delete-space", SPACES, "Delete a space", async () => (await import("./commands/delete-space.ts")).command),
  entry(
    "space-users",
    SPACES,
    "Show space users by role",
    async () => (await import("./commands/space-users.ts")).command,
  ),
  entry(
    "set-space-role",
    SPACES,
    "Assign a space role to a user",
    async () => (await import("./commands/set-space-role.ts")).command,
  ),
  entry(
    "unset-space-role",
    SPACES,
    "Remove a space role from a user",
    async () => (await import("./commands/unset-space-role.ts")).command,
  ),
  entry("rename-space", SPACES, "Rename a space", async () => (await import("./commands/rename-space.ts")).command),
  entry(
    "apply-manifest",
    SPACES,
    "Apply manifest properties to a space",
    async () => (await import("./commands/apply-manifest.ts")).command,
  ),
  entry(
    "allow-space-ssh",
    SPACES,
    "Allow SSH access for the space",
    async () => (await import("./commands/allow-space-ssh.ts")).command,
  ),
  entry(
    "disallow-space-ssh",
    SPACES,
    "Disallow SSH access for the space",
    async () => (await import("./commands/disallow-space-ssh.ts")).command,
  ),
  entry(
    "space-ssh-allowed",
    SPACES,
    "Reports whether SSH is allowed in a space",
    async () => (await import("./commands/space-ssh-allowed.ts")).command,
  ),
  entry(
    "space-quotas",
    SPACES,
    "List available space quotas",
    async () => (await import("./commands/space-quotas.ts")).command,
  ),
  entry(
    "space-quota",
    SPACES,
    "Show space quota info",
    async () => (await import("./commands/space-quota.ts")).command,
  ),
  entry(
    "create-space-quota",
    SPACES,
    "Define a new quota for a space",
    async () => (await import("./commands/create-space-quota.ts")).command,
  ),
  entry(
    "update-space-quota",
    SPACES,
    "Update an existing space quota",
    async () => (await import("./commands/update-space-quota.ts")).command,
  ),
  entry(
    "delete-space-quota",
    SPACES,
    "Delete a space quota",
    async () => (await import("./commands/delete-space-quota.ts")).command,
  ),
  entry(
    "set-space-quota",
    SPACES,
    "Assign a quota to a space",
    async () => (await import("./commands/set-space-quota.ts")).command,
  ),
  entry(
    "unset-space-quota",
    SPACES,
    "Unassign a quota from a space",
    async () => (await import("./commands/unset-space-quota.ts")).command,
  ),
  entry(
    "set-space-isolation-segment",
    SPACES,
    "Assign the isolation segment for a space",
    async () => (await import("./commands/set-space-isolation-segment.ts")).command,
  ),
  entry(
    "reset-space-isolation-segment",
    SPACES,
    "Reset the space's isolation segment to the org default",
    async () => (await import("./commands/reset-space-isolation-segment.ts")).command,
  ),

  entry("orgs,o", ORGS, "List all orgs", async () => (await import("./commands/orgs.ts")).command),
  entry("org", ORGS, "Show org info", async () => (await import("./commands/org.ts")).command),
  entry("create-org,co", ORGS, "Create an org", async () => (await import("./commands/create-org.ts")).command),
  entry("delete-org", ORGS, "Delete an org", async () => (await import("./commands/delete-org.ts")).command),
  entry("org-users", ORGS, "Show org users by role", async () => (await import("./commands/org-users.ts")).command),
  entry(
    "set-org-role",
    ORGS,
    "Assign an org role to a user",
    async () => (await import("./commands/set-org-role.ts")).command,
  ),
  entry(
    "unset-org-role",
    ORGS,
    "Remove an org role from a user",
    async () => (await import("./commands/unset-org-role.ts")).command,
  ),
  entry(
    "org-quotas,quotas",
    ORGS,
    "List available organization quotas",
    async () => (await import("./commands/org-quotas.ts")).command,
  ),
  entry("rename-org", ORGS, "Rename an org", async () => (await import("./commands/rename-org.ts")).command),
  entry(
    "org-quota,quota",
    ORGS,
    "Show organization quota",
    async () => (await import("./commands/org-quota.ts")).command,
  ),
  entry(
    "set-org-quota,set-quota",
    ORGS,
    "Assign a quota to an organization",
    async () => (await import("./commands/set-org-quota.ts")).command,
  ),
  entry(
    "create-org-quota,create-quota",
    ORGS,
    "Define a new quota for an organization",
    async () => (await import("./commands/create-org-quota.ts")).command,
  ),
  entry(
    "update-org-quota,update-quota",
    ORGS,
    "Update an existing organization quota",
    async () => (await import("./commands/update-org-quota.ts")).command,
  ),
  entry(
    "delete-org-quota,delete-quota",
    ORGS,
    "Delete an organization quota",
    async () => (await import("./commands/delete-org-quota.ts")).command,
  ),
  entry(
    "enable-org-isolation",
    ORGS,
    "Entitle an organization to an isolation segment",
    async () => (await import("./commands/enable-org-isolation.ts")).command,
  ),
  entry(
    "disable-org-isolation",
    ORGS,
    "Revoke an organization's entitlement to an isolation segment",
    async () => (await import("./commands/disable-org-isolation.ts")).command,
  ),
  entry(
    "set-org-default-isolation-segment",
    ORGS,
    "Set the default isolation segment used for apps in spaces in an org",
    async () => (await import("./commands/set-org-default-isolation-segment.ts")).command,
  ),
  entry(
    "reset-org-default-isolation-segment",
    ORGS,
    "Reset the default isolation segment used for apps in spaces of an org",
    async () => (await import("./commands/reset-org-default-isolation-segment.ts")).command,
  ),

  entry("create-user", USERS, "Create a new user", async () => (await import("./commands/create-user.ts")).command),
  entry("delete-user", USERS, "Delete a user", async () => (await import("./commands/delete-user.ts")).command),

  entry("buildpacks", ADMIN, "List all buildpacks", async () => (await import("./commands/buildpacks.ts")).command),
  entry(
    "stacks",
    ADMIN,
    "List all stacks (a stack is a pre-built file system, including an operating system, that can run apps)",
    async () => (await import("./commands/stacks.ts")).command,
  ),
  entry(
    "curl",
    ADMIN,
    "Executes a request to the targeted API endpoint",
    async () => (await import("./commands/curl.ts")).command,
  ),
  entry(
    "oauth-token",
    ADMIN,
    "Display the OAuth token for the current session",
    async () => (await import("./commands/oauth-token.ts")).command,
  ),
  entry("version", ADMIN, "Print the version", async () => (await import("./commands/version.ts")).command),
  entry(
    "security-group",
    ADMIN,
    "Show a single security group",
    async () => (await import("./commands/security-group.ts")).command,
  ),
  entry(
    "security-groups",
    ADMIN,
    "List all security groups",
    async () => (await import("./commands/security-groups.ts")).command,
  ),
  entry(
    "create-security-group",
    ADMIN,
    "Create a security group",
    async () => (await import("./commands/create-security-group.ts")).command,
  ),
  entry(
    "update-security-group",
    ADMIN,
    "Update a security group",
    async () => (await import("./commands/update-security-group.ts")).command,
  ),
  entry(
    "delete-security-group",
    ADMIN,
    "Deletes a security group",
    async () => (await import("./commands/delete-security-group.ts")).command,
  ),
  entry(
    "bind-security-group",
    ADMIN,
    "Bind a security group to a particular space, or all existing spaces of an org",
    async () => (await import("./commands/bind-security-group.ts")).command,
  ),
  entry(
    "unbind-security-group",
    ADMIN,
    "Unbind a security group from a space",
    async () => (await import("./commands/unbind-security-group.ts")).command,
  ),
  entry(
    "bind-running-security-group",
    ADMIN,
    "Bind a security group to the list of security groups to be used for running applications",
    async () => (await import("./commands/bind-running-security-group.ts")).command,
  ),
  entry(
    "bind-staging-security-group",
    ADMIN,
    "Bind a security group to the list of security groups to be used for staging applications globally",
    async () => (await import("./commands/bind-staging-security-group.ts")).command,
  ),
  entry(
    "running-security-groups",
    ADMIN,
    "List security groups globally configured for running applications",
    async () => (await import("./commands/running-security-groups.ts")).command,
  ),
  entry(
    "staging-security-groups",
    ADMIN,
    "List security groups globally configured for staging applications",
    async () => (await import("./commands/staging-security-groups.ts")).command,
  ),
  entry(
    "unbind-running-security-group",
    ADMIN,
    "Unbind a security group from the set of security groups for running applications globally",
    async () => (await import("./commands/unbind-running-security-group.ts")).command,
  ),
  entry(
    "unbind-staging-security-group",
    ADMIN,
    "Unbind a security group from the set of security groups for staging applications globally",
    async () => (await import("./commands/unbind-staging-security-group.ts")).command,
  ),
  entry(
    "feature-flags",
    ADMIN,
    "Retrieve list of feature flags with status",
    async () => (await import("./commands/feature-flags.ts")).command,
  ),
  entry(
    "feature-flag",
    ADMIN,
    "Retrieve an individual feature flag with status",
    async () => (await import("./commands/feature-flag.ts")).command,
  ),
  entry(
    "enable-feature-flag",
    ADMIN,
    "Allow use of a feature",
    async () => (await import("./commands/enable-feature-flag.ts")).command,
  ),
  entry(
    "disable-feature-flag",
    ADMIN,
    "Prevent use of a feature",
    async () => (await import("./commands/disable-feature-flag.ts")).command,
  ),
  entry(
    "running-environment-variable-group,revg",
    ADMIN,
    "Retrieve the contents of the running environment variable group",
    async () => (await import("./commands/running-environment-variable-group.ts")).command,
  ),
  entry(
    "staging-environment-variable-group,sevg",
    ADMIN,
    "Retrieve the contents of the staging environment variable group",
    async () => (await import("./commands/staging-environment-variable-group.ts")).command,
  ),
  entry(
    "set-running-environment-variable-group,srevg",
    ADMIN,
    "Pass parameters as JSON to create a running environment variable group",
    async () => (await import("./commands/set-running-environment-variable-group.ts")).command,
  ),
  entry(
    "set-staging-environment-variable-group,ssevg",
    ADMIN,
    "Pass parameters as JSON to create a staging environment variable group",
    async () => (await import("./commands/set-staging-environment-variable-group.ts")).command,
  ),
  entry(
    "isolation-segments",
    ADMIN,
    "List all isolation segments",
    async () => (await import("./commands/isolation-segments.ts")).command,
  ),
  entry(
    "create-isolation-segment",
    ADMIN,
    "Create an isolation segment",
    async () => (await import("./commands/create-isolation-segment.ts")).command,
  ),
  entry(
    "delete-isolation-segment",
    ADMIN,
    "Delete an isolation segment",
    async () => (await import("./commands/delete-isolation-segment.ts")).command,
  ),
  entry("help,h", ADMIN, "Show help", async () => (await import("./commands/help.ts")).command),
  entry(
    "config",
    ADMIN,
    "Write default values to the config",
    async () => (await import("./commands/config.ts")).command,
  ),
];

/** By name or alias. */
export function findCommand(word: string): CommandEntry | null {
  return COMMANDS.find(({ name, alias }) => name === word || alias === word) ?? null;
}

function entry(names: string, group: string, about: string, load: () => Promise<Command>): CommandEntry {
  const [name, alias] = names.split(",");
  return { name: name!, ...(alias === undefined ? {} : { alias }), group, about, load };
}
