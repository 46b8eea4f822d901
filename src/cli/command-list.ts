import type { Command } from "./command.ts";

export interface CommandEntry {
  readonly name: string;
  readonly alias?: string;
  readonly about: string;
  readonly load: () => Promise<Command>;
}

/** Every command: what it is for, and where it lives. Nothing is imported before it is called. */
export const COMMANDS: readonly CommandEntry[] = [
  entry("api", "Set or view target api url", async () => (await import("./commands/api.ts")).command),
  entry("login,l", "Log user in", async () => (await import("./commands/login.ts")).command),
  entry("auth", "Authenticate non-interactively", async () => (await import("./commands/auth.ts")).command),
  entry("logout,lo", "Log user out", async () => (await import("./commands/logout.ts")).command),
  entry(
    "target,t",
    "Set or view the targeted org or space",
    async () => (await import("./commands/target.ts")).command,
  ),
  entry(
    "switch-space",
    "Target another space of the targeted org",
    async () => (await import("./commands/switch-space.ts")).command,
  ),
  entry("passwd,pw", "Change user password", async () => (await import("./commands/passwd.ts")).command),

  entry("apps,a", "List all apps in the target space", async () => (await import("./commands/apps.ts")).command),
  entry("app", "Display health and status for an app", async () => (await import("./commands/app.ts")).command),
  entry(
    "push,p",
    "Push a new app or sync changes to an existing app",
    async () => (await import("./commands/push.ts")).command,
  ),
  entry("start,st", "Start an app", async () => (await import("./commands/start.ts")).command),
  entry("stop,sp", "Stop an app", async () => (await import("./commands/stop.ts")).command),
  entry(
    "restart,rs",
    "Stop all instances of the app, then start them again.",
    async () => (await import("./commands/restart.ts")).command,
  ),
  entry(
    "restage,rg",
    "Stage the app's latest package into a droplet and restart the app with this new droplet and updated configuration (environment variables, service bindings, buildpack, stack, etc.).",
    async () => (await import("./commands/restage.ts")).command,
  ),
  entry(
    "scale",
    "Change or view the instance count, disk space limit, memory limit, and log rate limit for an app",
    async () => (await import("./commands/scale.ts")).command,
  ),
  entry("delete,d", "Delete an app", async () => (await import("./commands/delete.ts")).command),
  entry("env,e", "Show all env variables for an app", async () => (await import("./commands/env.ts")).command),
  entry("set-env,se", "Set an env variable for an app", async () => (await import("./commands/set-env.ts")).command),
  entry(
    "unset-env,ue",
    "Remove an env variable from an app",
    async () => (await import("./commands/unset-env.ts")).command,
  ),
  entry("events", "Show recent app events", async () => (await import("./commands/events.ts")).command),
  entry("logs", "Tail or show recent logs for an app", async () => (await import("./commands/logs.ts")).command),
  entry("run-task,rt", "Run a one-off task on an app", async () => (await import("./commands/run-task.ts")).command),
  entry("tasks", "List tasks of an app", async () => (await import("./commands/tasks.ts")).command),
  entry(
    "terminate-task",
    "Terminate a running task of an app",
    async () => (await import("./commands/terminate-task.ts")).command,
  ),
  entry(
    "ssh-code",
    "Get a one time password for ssh clients",
    async () => (await import("./commands/ssh-code.ts")).command,
  ),
  entry(
    "create-app",
    "Create an Application in the target space",
    async () => (await import("./commands/create-app.ts")).command,
  ),
  entry(
    "create-app-manifest",
    "Create an app manifest for an app that has been pushed successfully",
    async () => (await import("./commands/create-app-manifest.ts")).command,
  ),
  entry("create-package", "Uploads a Package", async () => (await import("./commands/create-package.ts")).command),
  entry("packages", "List packages of an app", async () => (await import("./commands/packages.ts")).command),
  entry("droplets", "List droplets of an app", async () => (await import("./commands/droplets.ts")).command),
  entry(
    "set-droplet",
    "Set the droplet used to run an app",
    async () => (await import("./commands/set-droplet.ts")).command,
  ),
  entry(
    "download-droplet",
    "Download an application droplet",
    async () => (await import("./commands/download-droplet.ts")).command,
  ),
  entry(
    "stage-package,stage",
    "Stage a package into a droplet",
    async () => (await import("./commands/stage-package.ts")).command,
  ),
  entry(
    "copy-source",
    "Copies the source code of an application to another existing application and restages that application",
    async () => (await import("./commands/copy-source.ts")).command,
  ),
  entry("rename", "Rename an app", async () => (await import("./commands/rename.ts")).command),
  entry(
    "cancel-deployment",
    "Cancel the most recent deployment for an app. Resets the current droplet to the previous deployment's droplet.",
    async () => (await import("./commands/cancel-deployment.ts")).command,
  ),
  entry(
    "continue-deployment",
    "Continue the most recent deployment for an app.",
    async () => (await import("./commands/continue-deployment.ts")).command,
  ),
  entry("revisions", "List revisions of an app", async () => (await import("./commands/revisions.ts")).command),
  entry(
    "revision",
    "Show details for a specific app revision",
    async () => (await import("./commands/revision.ts")).command,
  ),
  entry(
    "rollback",
    "Rollback to the specified revision of an app",
    async () => (await import("./commands/rollback.ts")).command,
  ),
  entry(
    "restart-app-instance",
    "Stop, then start application instance without updating application environment",
    async () => (await import("./commands/restart-app-instance.ts")).command,
  ),
  entry("task", "Display a task of an app", async () => (await import("./commands/task.ts")).command),
  entry(
    "get-health-check",
    "Show the type of health check performed on an app",
    async () => (await import("./commands/get-health-check.ts")).command,
  ),
  entry(
    "get-readiness-health-check",
    "Show the type of readiness health check performed on an app",
    async () => (await import("./commands/get-readiness-health-check.ts")).command,
  ),
  entry(
    "set-health-check",
    "Change type of health check performed on an app's process",
    async () => (await import("./commands/set-health-check.ts")).command,
  ),
  entry("enable-ssh", "Enable ssh for the application", async () => (await import("./commands/enable-ssh.ts")).command),
  entry(
    "disable-ssh",
    "Disable ssh for the application",
    async () => (await import("./commands/disable-ssh.ts")).command,
  ),
  entry(
    "ssh-enabled",
    "Reports whether SSH is enabled on an application container instance",
    async () => (await import("./commands/ssh-enabled.ts")).command,
  ),

  entry(
    "services,s",
    "List all service instances in the target space",
    async () => (await import("./commands/services.ts")).command,
  ),
  entry(
    "marketplace,m",
    "List available offerings in the marketplace",
    async () => (await import("./commands/marketplace.ts")).command,
  ),
  entry("service", "Show service instance info", async () => (await import("./commands/service.ts")).command),
  entry(
    "create-service,cs",
    "Create a service instance",
    async () => (await import("./commands/create-service.ts")).command,
  ),
  entry(
    "update-service",
    "Update a service instance",
    async () => (await import("./commands/update-service.ts")).command,
  ),
  entry(
    "delete-service,ds",
    "Delete a service instance",
    async () => (await import("./commands/delete-service.ts")).command,
  ),
  entry(
    "rename-service",
    "Rename a service instance",
    async () => (await import("./commands/rename-service.ts")).command,
  ),
  entry(
    "upgrade-service",
    "Upgrade a service instance to the latest available version of its current service plan",
    async () => (await import("./commands/upgrade-service.ts")).command,
  ),
  entry(
    "create-user-provided-service,cups",
    "Make a user-provided service instance available to CF apps",
    async () => (await import("./commands/create-user-provided-service.ts")).command,
  ),
  entry(
    "update-user-provided-service,uups",
    "Update user-provided service instance",
    async () => (await import("./commands/update-user-provided-service.ts")).command,
  ),
  entry(
    "bind-service,bs",
    "Bind a service instance to an app",
    async () => (await import("./commands/bind-service.ts")).command,
  ),
  entry(
    "unbind-service,us",
    "Unbind a service instance from an app",
    async () => (await import("./commands/unbind-service.ts")).command,
  ),
  entry(
    "cleanup-outdated-service-bindings",
    "Cleans up old service bindings for an app, keeping only the most recent binding for each service instance",
    async () => (await import("./commands/cleanup-outdated-service-bindings.ts")).command,
  ),
  entry(
    "create-service-key,csk",
    "Create key for a service instance",
    async () => (await import("./commands/create-service-key.ts")).command,
  ),
  entry(
    "service-keys,sk",
    "List keys for a service instance",
    async () => (await import("./commands/service-keys.ts")).command,
  ),
  entry("service-key", "Show service key info", async () => (await import("./commands/service-key.ts")).command),
  entry(
    "delete-service-key,dsk",
    "Delete a service key",
    async () => (await import("./commands/delete-service-key.ts")).command,
  ),
  entry(
    "bind-route-service,brs",
    "Bind a service instance to an HTTP route",
    async () => (await import("./commands/bind-route-service.ts")).command,
  ),
  entry(
    "unbind-route-service,urs",
    "Unbind a service instance from an HTTP route",
    async () => (await import("./commands/unbind-route-service.ts")).command,
  ),
  entry(
    "share-service",
    "Share a service instance with another space",
    async () => (await import("./commands/share-service.ts")).command,
  ),
  entry(
    "unshare-service",
    "Unshare a shared service instance from a space",
    async () => (await import("./commands/unshare-service.ts")).command,
  ),
  entry("service-brokers", "List service brokers", async () => (await import("./commands/service-brokers.ts")).command),
  entry(
    "create-service-broker,csb",
    "Create a service broker",
    async () => (await import("./commands/create-service-broker.ts")).command,
  ),
  entry(
    "update-service-broker",
    "Update a service broker",
    async () => (await import("./commands/update-service-broker.ts")).command,
  ),
  entry(
    "rename-service-broker",
    "Rename a service broker",
    async () => (await import("./commands/rename-service-broker.ts")).command,
  ),
  entry(
    "delete-service-broker",
    "Delete a service broker",
    async () => (await import("./commands/delete-service-broker.ts")).command,
  ),
  entry(
    "service-access",
    "List service access settings",
    async () => (await import("./commands/service-access.ts")).command,
  ),
  entry(
    "enable-service-access",
    "Enable access to a service offering or service plan for one or all orgs",
    async () => (await import("./commands/enable-service-access.ts")).command,
  ),
  entry(
    "disable-service-access",
    "Disable access to a service offering or service plan for one or all orgs",
    async () => (await import("./commands/disable-service-access.ts")).command,
  ),
  entry(
    "purge-service-offering",
    "Recursively remove a service offering and child objects from Cloud Foundry database without making requests to a service broker",
    async () => (await import("./commands/purge-service-offering.ts")).command,
  ),
  entry(
    "purge-service-instance",
    "Recursively remove a service instance and child objects from Cloud Foundry database without making requests to a service broker",
    async () => (await import("./commands/purge-service-instance.ts")).command,
  ),

  entry(
    "routes,r",
    "List all routes in the current space or the current organization",
    async () => (await import("./commands/routes.ts")).command,
  ),
  entry(
    "create-route",
    "Create a route for later use",
    async () => (await import("./commands/create-route.ts")).command,
  ),
  entry(
    "check-route",
    "Perform a check to determine whether a route currently exists or not",
    async () => (await import("./commands/check-route.ts")).command,
  ),
  entry(
    "route,ro",
    "Display route details and mapped destinations",
    async () => (await import("./commands/route.ts")).command,
  ),
  entry(
    "update-route",
    "Update a route by route specific options, e.g. load balancing algorithm",
    async () => (await import("./commands/update-route.ts")).command,
  ),
  entry("map-route", "Map a route to an app", async () => (await import("./commands/map-route.ts")).command),
  entry("unmap-route", "Remove a route from an app", async () => (await import("./commands/unmap-route.ts")).command),
  entry("delete-route", "Delete a route", async () => (await import("./commands/delete-route.ts")).command),
  entry(
    "delete-orphaned-routes",
    "Delete all orphaned routes in the currently targeted space (i.e. those that are not mapped to an app or service instance)",
    async () => (await import("./commands/delete-orphaned-routes.ts")).command,
  ),
  entry(
    "update-destination",
    "Updates the destination protocol for a route",
    async () => (await import("./commands/update-destination.ts")).command,
  ),
  entry(
    "move-route",
    "Assign a route to a different space",
    async () => (await import("./commands/move-route.ts")).command,
  ),
  entry(
    "share-route",
    "Share a route in between spaces",
    async () => (await import("./commands/share-route.ts")).command,
  ),
  entry(
    "unshare-route",
    "Unshare an existing route from a space",
    async () => (await import("./commands/unshare-route.ts")).command,
  ),
  entry(
    "add-route-policy",
    "Add a route policy to allow specific apps, spaces, or orgs to access a route",
    async () => (await import("./commands/add-route-policy.ts")).command,
  ),
  entry(
    "route-policies",
    "List all route policies in the target space",
    async () => (await import("./commands/route-policies.ts")).command,
  ),
  entry(
    "remove-route-policy",
    "Remove a route policy from a route",
    async () => (await import("./commands/remove-route-policy.ts")).command,
  ),
  entry("domains", "List domains in the target org", async () => (await import("./commands/domains.ts")).command),
  entry(
    "create-private-domain,create-domain",
    "Create a private domain for a specific org",
    async () => (await import("./commands/create-private-domain.ts")).command,
  ),
  entry(
    "delete-private-domain,delete-domain",
    "Delete a private domain",
    async () => (await import("./commands/delete-private-domain.ts")).command,
  ),
  entry(
    "share-private-domain",
    "Share a private domain with a specific org",
    async () => (await import("./commands/share-private-domain.ts")).command,
  ),
  entry(
    "unshare-private-domain",
    "Unshare a private domain with a specific org",
    async () => (await import("./commands/unshare-private-domain.ts")).command,
  ),
  entry(
    "create-shared-domain",
    "Create a domain that can be used by all orgs (admin-only)",
    async () => (await import("./commands/create-shared-domain.ts")).command,
  ),
  entry(
    "delete-shared-domain",
    "Delete a shared domain",
    async () => (await import("./commands/delete-shared-domain.ts")).command,
  ),
  entry("router-groups", "List router groups", async () => (await import("./commands/router-groups.ts")).command),

  entry("spaces", "List all spaces in an org", async () => (await import("./commands/spaces.ts")).command),
  entry("space", "Show space info", async () => (await import("./commands/space.ts")).command),
  entry("create-space,csp", "Create a space", async () => (await import("./commands/create-space.ts")).command),
  entry("delete-space", "Delete a space", async () => (await import("./commands/delete-space.ts")).command),
  entry("space-users", "Show space users by role", async () => (await import("./commands/space-users.ts")).command),
  entry(
    "set-space-role",
    "Assign a space role to a user",
    async () => (await import("./commands/set-space-role.ts")).command,
  ),
  entry(
    "unset-space-role",
    "Remove a space role from a user",
    async () => (await import("./commands/unset-space-role.ts")).command,
  ),
  entry("rename-space", "Rename a space", async () => (await import("./commands/rename-space.ts")).command),
  entry(
    "apply-manifest",
    "Apply manifest properties to a space",
    async () => (await import("./commands/apply-manifest.ts")).command,
  ),
  entry(
    "allow-space-ssh",
    "Allow SSH access for the space",
    async () => (await import("./commands/allow-space-ssh.ts")).command,
  ),
  entry(
    "disallow-space-ssh",
    "Disallow SSH access for the space",
    async () => (await import("./commands/disallow-space-ssh.ts")).command,
  ),
  entry(
    "space-ssh-allowed",
    "Reports whether SSH is allowed in a space",
    async () => (await import("./commands/space-ssh-allowed.ts")).command,
  ),
  entry(
    "space-quotas",
    "List available space quotas",
    async () => (await import("./commands/space-quotas.ts")).command,
  ),
  entry("space-quota", "Show space quota info", async () => (await import("./commands/space-quota.ts")).command),
  entry(
    "create-space-quota",
    "Define a new quota for a space",
    async () => (await import("./commands/create-space-quota.ts")).command,
  ),
  entry(
    "update-space-quota",
    "Update an existing space quota",
    async () => (await import("./commands/update-space-quota.ts")).command,
  ),
  entry(
    "delete-space-quota",
    "Delete a space quota",
    async () => (await import("./commands/delete-space-quota.ts")).command,
  ),
  entry(
    "set-space-quota",
    "Assign a quota to a space",
    async () => (await import("./commands/set-space-quota.ts")).command,
  ),
  entry(
    "unset-space-quota",
    "Unassign a quota from a space",
    async () => (await import("./commands/unset-space-quota.ts")).command,
  ),
  entry(
    "set-space-isolation-segment",
    "Assign the isolation segment for a space",
    async () => (await import("./commands/set-space-isolation-segment.ts")).command,
  ),
  entry(
    "reset-space-isolation-segment",
    "Reset the space's isolation segment to the org default",
    async () => (await import("./commands/reset-space-isolation-segment.ts")).command,
  ),

  entry("orgs,o", "List all orgs", async () => (await import("./commands/orgs.ts")).command),
  entry("org", "Show org info", async () => (await import("./commands/org.ts")).command),
  entry("create-org,co", "Create an org", async () => (await import("./commands/create-org.ts")).command),
  entry("delete-org", "Delete an org", async () => (await import("./commands/delete-org.ts")).command),
  entry("org-users", "Show org users by role", async () => (await import("./commands/org-users.ts")).command),
  entry(
    "set-org-role",
    "Assign an org role to a user",
    async () => (await import("./commands/set-org-role.ts")).command,
  ),
  entry(
    "unset-org-role",
    "Remove an org role from a user",
    async () => (await import("./commands/unset-org-role.ts")).command,
  ),
  entry(
    "org-quotas,quotas",
    "List available organization quotas",
    async () => (await import("./commands/org-quotas.ts")).command,
  ),
  entry("rename-org", "Rename an org", async () => (await import("./commands/rename-org.ts")).command),
  entry("org-quota,quota", "Show organization quota", async () => (await import("./commands/org-quota.ts")).command),
  entry(
    "set-org-quota,set-quota",
    "Assign a quota to an organization",
    async () => (await import("./commands/set-org-quota.ts")).command,
  ),
  entry(
    "create-org-quota,create-quota",
    "Define a new quota for an organization",
    async () => (await import("./commands/create-org-quota.ts")).command,
  ),
  entry(
    "update-org-quota,update-quota",
    "Update an existing organization quota",
    async () => (await import("./commands/update-org-quota.ts")).command,
  ),
  entry(
    "delete-org-quota,delete-quota",
    "Delete an organization quota",
    async () => (await import("./commands/delete-org-quota.ts")).command,
  ),
  entry(
    "enable-org-isolation",
    "Entitle an organization to an isolation segment",
    async () => (await import("./commands/enable-org-isolation.ts")).command,
  ),
  entry(
    "disable-org-isolation",
    "Revoke an organization's entitlement to an isolation segment",
    async () => (await import("./commands/disable-org-isolation.ts")).command,
  ),
  entry(
    "set-org-default-isolation-segment",
    "Set the default isolation segment used for apps in spaces in an org",
    async () => (await import("./commands/set-org-default-isolation-segment.ts")).command,
  ),
  entry(
    "reset-org-default-isolation-segment",
    "Reset the default isolation segment used for apps in spaces of an org",
    async () => (await import("./commands/reset-org-default-isolation-segment.ts")).command,
  ),

  entry("create-user", "Create a new user", async () => (await import("./commands/create-user.ts")).command),
  entry("delete-user", "Delete a user", async () => (await import("./commands/delete-user.ts")).command),

  entry("buildpacks", "List all buildpacks", async () => (await import("./commands/buildpacks.ts")).command),
  entry("create-buildpack", "Create a buildpack", async () => (await import("./commands/create-buildpack.ts")).command),
  entry("update-buildpack", "Update a buildpack", async () => (await import("./commands/update-buildpack.ts")).command),
  entry("delete-buildpack", "Delete a buildpack", async () => (await import("./commands/delete-buildpack.ts")).command),
  entry(
    "stacks",
    "List all stacks (a stack is a pre-built file system, including an operating system, that can run apps) and current state",
    async () => (await import("./commands/stacks.ts")).command,
  ),
  entry(
    "stack",
    "Show information for a stack (a stack is a pre-built file system, including an operating system, that can run apps) and current state",
    async () => (await import("./commands/stack.ts")).command,
  ),
  entry(
    "update-stack",
    "Transition a stack between the defined states",
    async () => (await import("./commands/update-stack.ts")).command,
  ),
  entry(
    "labels",
    "List all labels (key-value pairs) for an API resource",
    async () => (await import("./commands/labels.ts")).command,
  ),
  entry(
    "set-label",
    "Set a label (key-value pairs) for an API resource",
    async () => (await import("./commands/set-label.ts")).command,
  ),
  entry(
    "unset-label",
    "Unset a label (key-value pairs) for an API resource",
    async () => (await import("./commands/unset-label.ts")).command,
  ),
  entry(
    "curl",
    "Executes a request to the targeted API endpoint",
    async () => (await import("./commands/curl.ts")).command,
  ),
  entry(
    "oauth-token",
    "Display the OAuth token for the current session and refresh the token if necessary",
    async () => (await import("./commands/oauth-token.ts")).command,
  ),
  entry("version", "Print the version", async () => (await import("./commands/version.ts")).command),
  entry(
    "security-group",
    "Show a single security group",
    async () => (await import("./commands/security-group.ts")).command,
  ),
  entry(
    "security-groups",
    "List all security groups",
    async () => (await import("./commands/security-groups.ts")).command,
  ),
  entry(
    "create-security-group",
    "Create a security group",
    async () => (await import("./commands/create-security-group.ts")).command,
  ),
  entry(
    "update-security-group",
    "Update a security group",
    async () => (await import("./commands/update-security-group.ts")).command,
  ),
  entry(
    "delete-security-group",
    "Deletes a security group",
    async () => (await import("./commands/delete-security-group.ts")).command,
  ),
  entry(
    "bind-security-group",
    "Bind a security group to a particular space, or all existing spaces of an org",
    async () => (await import("./commands/bind-security-group.ts")).command,
  ),
  entry(
    "unbind-security-group",
    "Unbind a security group from a space",
    async () => (await import("./commands/unbind-security-group.ts")).command,
  ),
  entry(
    "bind-running-security-group",
    "Bind a security group to the list of security groups to be used for running applications",
    async () => (await import("./commands/bind-running-security-group.ts")).command,
  ),
  entry(
    "bind-staging-security-group",
    "Bind a security group to the list of security groups to be used for staging applications globally",
    async () => (await import("./commands/bind-staging-security-group.ts")).command,
  ),
  entry(
    "running-security-groups",
    "List security groups globally configured for running applications",
    async () => (await import("./commands/running-security-groups.ts")).command,
  ),
  entry(
    "staging-security-groups",
    "List security groups globally configured for staging applications",
    async () => (await import("./commands/staging-security-groups.ts")).command,
  ),
  entry(
    "unbind-running-security-group",
    "Unbind a security group from the set of security groups for running applications globally",
    async () => (await import("./commands/unbind-running-security-group.ts")).command,
  ),
  entry(
    "unbind-staging-security-group",
    "Unbind a security group from the set of security groups for staging applications globally",
    async () => (await import("./commands/unbind-staging-security-group.ts")).command,
  ),
  entry(
    "feature-flags",
    "Retrieve list of feature flags with status",
    async () => (await import("./commands/feature-flags.ts")).command,
  ),
  entry(
    "feature-flag",
    "Retrieve an individual feature flag with status",
    async () => (await import("./commands/feature-flag.ts")).command,
  ),
  entry(
    "enable-feature-flag",
    "Allow use of a feature",
    async () => (await import("./commands/enable-feature-flag.ts")).command,
  ),
  entry(
    "disable-feature-flag",
    "Prevent use of a feature",
    async () => (await import("./commands/disable-feature-flag.ts")).command,
  ),
  entry(
    "running-environment-variable-group,revg",
    "Retrieve the contents of the running environment variable group",
    async () => (await import("./commands/running-environment-variable-group.ts")).command,
  ),
  entry(
    "staging-environment-variable-group,sevg",
    "Retrieve the contents of the staging environment variable group",
    async () => (await import("./commands/staging-environment-variable-group.ts")).command,
  ),
  entry(
    "set-running-environment-variable-group,srevg",
    "Pass parameters as JSON to create a running environment variable group",
    async () => (await import("./commands/set-running-environment-variable-group.ts")).command,
  ),
  entry(
    "set-staging-environment-variable-group,ssevg",
    "Pass parameters as JSON to create a staging environment variable group",
    async () => (await import("./commands/set-staging-environment-variable-group.ts")).command,
  ),
  entry(
    "isolation-segments",
    "List all isolation segments",
    async () => (await import("./commands/isolation-segments.ts")).command,
  ),
  entry(
    "create-isolation-segment",
    "Create an isolation segment",
    async () => (await import("./commands/create-isolation-segment.ts")).command,
  ),
  entry(
    "delete-isolation-segment",
    "Delete an isolation segment",
    async () => (await import("./commands/delete-isolation-segment.ts")).command,
  ),
  entry("help,h", "Show help", async () => (await import("./commands/help.ts")).command),
  entry("config", "Write default values to the config", async () => (await import("./commands/config.ts")).command),
];

/** By name or alias. */
export function findCommand(word: string): CommandEntry | null {
  return COMMANDS.find(({ name, alias }) => name === word || alias === word) ?? null;
}

function entry(names: string, about: string, load: () => Promise<Command>): CommandEntry {
  const [name, alias] = names.split(",");
  return { name: name!, ...(alias === undefined ? {} : { alias }), about, load };
}
