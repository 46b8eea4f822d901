import type { Command } from "./command.ts";

export interface CommandEntry {
  readonly name: string;
  readonly alias?: string;
  readonly about: string;
  readonly load: () => Promise<Command>;
}

/** Headings, and rows of commands below them. */
export type CommandCategories = readonly (readonly [heading: string, rows: readonly (readonly CommandEntry[])[]])[];

/** A heading and rows of commands, each with its alias and what it is for. */
type Category = readonly [heading: string, rows: readonly (readonly (readonly [names: string, about: string])[])[]];

/**
 * Every command, in the order of `cf help -a`, which sets rows apart by an empty line. A command lives in a file of its
 * name under `commands/`, imported only when it is called. cli: command/common/internal/help_all_display.go
 */
const CATEGORIES: readonly Category[] = [
  [
    "GETTING STARTED:",
    [
      [
        ["help,h", "Show help"],
        ["version", "Print the version"],
        ["login,l", "Log user in"],
        ["logout,lo", "Log user out"],
        ["passwd,pw", "Change user password"],
        ["target,t", "Set or view the targeted org or space"],
        ["switch-space", "Target another space of the targeted org"],
      ],
      [
        ["api", "Set or view target api url"],
        ["auth", "Authenticate non-interactively"],
      ],
    ],
  ],
  [
    "APPS:",
    [
      [
        ["apps,a", "List all apps in the target space"],
        ["app", "Display health and status for an app"],
        ["create-app", "Create an Application in the target space"],
      ],
      [
        ["push,p", "Push a new app or sync changes to an existing app"],
        ["scale", "Change or view the instance count, disk space limit, memory limit, and log rate limit for an app"],
        ["delete,d", "Delete an app"],
        ["rename", "Rename an app"],
      ],
      [
        [
          "cancel-deployment",
          "Cancel the most recent deployment for an app. Resets the current droplet to the previous deployment's droplet.",
        ],
        ["continue-deployment", "Continue the most recent deployment for an app."],
      ],
      [
        ["start,st", "Start an app"],
        ["stop,sp", "Stop an app"],
        ["restart,rs", "Stop all instances of the app, then start them again."],
        ["stage-package,stage", "Stage a package into a droplet"],
        [
          "restage,rg",
          "Stage the app's latest package into a droplet and restart the app with this new droplet and updated configuration (environment variables, service bindings, buildpack, stack, etc.).",
        ],
        ["restart-app-instance", "Stop, then start application instance without updating application environment"],
      ],
      [
        ["run-task,rt", "Run a one-off task on an app"],
        ["task", "Display a task of an app"],
        ["tasks", "List tasks of an app"],
        ["terminate-task", "Terminate a running task of an app"],
      ],
      [
        ["packages", "List packages of an app"],
        ["create-package", "Uploads a Package"],
      ],
      [
        ["revision", "Show details for a specific app revision"],
        ["revisions", "List revisions of an app"],
        ["rollback", "Rollback to the specified revision of an app"],
      ],
      [
        ["droplets", "List droplets of an app"],
        ["set-droplet", "Set the droplet used to run an app"],
        ["download-droplet", "Download an application droplet"],
      ],
      [
        ["events", "Show recent app events"],
        ["logs", "Tail or show recent logs for an app"],
      ],
      [
        ["env,e", "Show all env variables for an app"],
        ["set-env,se", "Set an env variable for an app"],
        ["unset-env,ue", "Remove an env variable from an app"],
      ],
      [
        [
          "stacks",
          "List all stacks (a stack is a pre-built file system, including an operating system, that can run apps) and current state",
        ],
        [
          "stack",
          "Show information for a stack (a stack is a pre-built file system, including an operating system, that can run apps) and current state",
        ],
        ["update-stack", "Transition a stack between the defined states"],
      ],
      [
        [
          "copy-source",
          "Copies the source code of an application to another existing application and restages that application",
        ],
        ["create-app-manifest", "Create an app manifest for an app that has been pushed successfully"],
      ],
      [
        ["get-health-check", "Show the type of health check performed on an app"],
        ["set-health-check", "Change type of health check performed on an app's process"],
        ["get-readiness-health-check", "Show the type of readiness health check performed on an app"],
      ],
      [
        ["enable-ssh", "Enable ssh for the application"],
        ["disable-ssh", "Disable ssh for the application"],
        ["ssh-enabled", "Reports whether SSH is enabled on an application container instance"],
      ],
    ],
  ],
  [
    "SERVICES:",
    [
      [
        ["marketplace,m", "List available offerings in the marketplace"],
        ["services,s", "List all service instances in the target space"],
        ["service", "Show service instance info"],
      ],
      [
        ["create-service,cs", "Create a service instance"],
        ["update-service", "Update a service instance"],
        ["upgrade-service", "Upgrade a service instance to the latest available version of its current service plan"],
        ["delete-service,ds", "Delete a service instance"],
        ["rename-service", "Rename a service instance"],
      ],
      [
        ["create-service-key,csk", "Create key for a service instance"],
        ["service-keys,sk", "List keys for a service instance"],
        ["service-key", "Show service key info"],
        ["delete-service-key,dsk", "Delete a service key"],
      ],
      [
        ["bind-service,bs", "Bind a service instance to an app"],
        ["unbind-service,us", "Unbind a service instance from an app"],
        [
          "cleanup-outdated-service-bindings",
          "Cleans up old service bindings for an app, keeping only the most recent binding for each service instance",
        ],
      ],
      [
        ["bind-route-service,brs", "Bind a service instance to an HTTP route"],
        ["unbind-route-service,urs", "Unbind a service instance from an HTTP route"],
      ],
      [
        ["create-user-provided-service,cups", "Make a user-provided service instance available to CF apps"],
        ["update-user-provided-service,uups", "Update user-provided service instance"],
      ],
      [
        ["share-service", "Share a service instance with another space"],
        ["unshare-service", "Unshare a shared service instance from a space"],
      ],
    ],
  ],
  [
    "ORGS:",
    [
      [
        ["orgs,o", "List all orgs"],
        ["org", "Show org info"],
      ],
      [
        ["create-org,co", "Create an org"],
        ["delete-org", "Delete an org"],
        ["rename-org", "Rename an org"],
      ],
    ],
  ],
  [
    "SPACES:",
    [
      [
        ["spaces", "List all spaces in an org"],
        ["space", "Show space info"],
      ],
      [
        ["create-space,csp", "Create a space"],
        ["delete-space", "Delete a space"],
        ["rename-space", "Rename a space"],
        ["apply-manifest", "Apply manifest properties to a space"],
      ],
      [
        ["allow-space-ssh", "Allow SSH access for the space"],
        ["disallow-space-ssh", "Disallow SSH access for the space"],
        ["space-ssh-allowed", "Reports whether SSH is allowed in a space"],
      ],
    ],
  ],
  [
    "DOMAINS:",
    [
      [["domains", "List domains in the target org"]],
      [
        ["create-private-domain,create-domain", "Create a private domain for a specific org"],
        ["delete-private-domain,delete-domain", "Delete a private domain"],
      ],
      [
        ["create-shared-domain", "Create a domain that can be used by all orgs (admin-only)"],
        ["delete-shared-domain", "Delete a shared domain"],
      ],
      [["router-groups", "List router groups"]],
    ],
  ],
  [
    "ROUTES:",
    [
      [
        ["routes,r", "List all routes in the current space or the current organization"],
        ["route,ro", "Display route details and mapped destinations"],
      ],
      [
        ["create-route", "Create a route for later use"],
        ["update-route", "Update a route by route specific options, e.g. load balancing algorithm"],
        ["check-route", "Perform a check to determine whether a route currently exists or not"],
        ["map-route", "Map a route to an app"],
        ["unmap-route", "Remove a route from an app"],
        ["delete-route", "Delete a route"],
      ],
      [
        [
          "delete-orphaned-routes",
          "Delete all orphaned routes in the currently targeted space (i.e. those that are not mapped to an app or service instance)",
        ],
      ],
      [["update-destination", "Updates the destination protocol for a route"]],
      [
        ["share-route", "Share a route in between spaces"],
        ["unshare-route", "Unshare an existing route from a space"],
      ],
      [["move-route", "Assign a route to a different space"]],
      [
        ["route-policies", "List all route policies in the target space"],
        ["add-route-policy", "Add a route policy to allow specific apps, spaces, or orgs to access a route"],
        ["remove-route-policy", "Remove a route policy from a route"],
      ],
    ],
  ],
  [
    "BUILDPACKS:",
    [
      [
        ["buildpacks", "List all buildpacks"],
        ["create-buildpack", "Create a buildpack"],
        ["update-buildpack", "Update a buildpack"],
        ["delete-buildpack", "Delete a buildpack"],
      ],
    ],
  ],
  [
    "USER ADMIN:",
    [
      [
        ["create-user", "Create a new user"],
        ["delete-user", "Delete a user"],
      ],
      [
        ["org-users", "Show org users by role"],
        ["set-org-role", "Assign an org role to a user"],
        ["unset-org-role", "Remove an org role from a user"],
      ],
      [
        ["space-users", "Show space users by role"],
        ["set-space-role", "Assign a space role to a user"],
        ["unset-space-role", "Remove a space role from a user"],
      ],
    ],
  ],
  [
    "ORG ADMIN:",
    [
      [
        ["org-quotas,quotas", "List available organization quotas"],
        ["org-quota,quota", "Show organization quota"],
        ["set-org-quota,set-quota", "Assign a quota to an organization"],
      ],
      [
        ["create-org-quota,create-quota", "Define a new quota for an organization"],
        ["delete-org-quota,delete-quota", "Delete an organization quota"],
        ["update-org-quota,update-quota", "Update an existing organization quota"],
      ],
      [
        ["share-private-domain", "Share a private domain with a specific org"],
        ["unshare-private-domain", "Unshare a private domain with a specific org"],
      ],
    ],
  ],
  [
    "SPACE ADMIN:",
    [
      [
        ["space-quotas", "List available space quotas"],
        ["space-quota", "Show space quota info"],
      ],
      [
        ["create-space-quota", "Define a new quota for a space"],
        ["update-space-quota", "Update an existing space quota"],
        ["delete-space-quota", "Delete a space quota"],
      ],
      [
        ["set-space-quota", "Assign a quota to a space"],
        ["unset-space-quota", "Unassign a quota from a space"],
      ],
    ],
  ],
  [
    "SERVICE ADMIN:",
    [
      [
        ["service-brokers", "List service brokers"],
        ["create-service-broker,csb", "Create a service broker"],
        ["update-service-broker", "Update a service broker"],
        ["delete-service-broker", "Delete a service broker"],
        ["rename-service-broker", "Rename a service broker"],
      ],
      [
        [
          "purge-service-offering",
          "Recursively remove a service offering and child objects from Cloud Foundry database without making requests to a service broker",
        ],
        [
          "purge-service-instance",
          "Recursively remove a service instance and child objects from Cloud Foundry database without making requests to a service broker",
        ],
      ],
      [
        ["service-access", "List service access settings"],
        ["enable-service-access", "Enable access to a service offering or service plan for one or all orgs"],
        ["disable-service-access", "Disable access to a service offering or service plan for one or all orgs"],
      ],
    ],
  ],
  [
    "SECURITY GROUP:",
    [
      [
        ["security-group", "Show a single security group"],
        ["security-groups", "List all security groups"],
        ["create-security-group", "Create a security group"],
        ["update-security-group", "Update a security group"],
        ["delete-security-group", "Deletes a security group"],
        ["bind-security-group", "Bind a security group to a particular space, or all existing spaces of an org"],
        ["unbind-security-group", "Unbind a security group from a space"],
      ],
      [
        [
          "bind-staging-security-group",
          "Bind a security group to the list of security groups to be used for staging applications globally",
        ],
        ["staging-security-groups", "List security groups globally configured for staging applications"],
        [
          "unbind-staging-security-group",
          "Unbind a security group from the set of security groups for staging applications globally",
        ],
      ],
      [
        [
          "bind-running-security-group",
          "Bind a security group to the list of security groups to be used for running applications",
        ],
        ["running-security-groups", "List security groups globally configured for running applications"],
        [
          "unbind-running-security-group",
          "Unbind a security group from the set of security groups for running applications globally",
        ],
      ],
    ],
  ],
  [
    "ENVIRONMENT VARIABLE GROUPS:",
    [
      [
        ["running-environment-variable-group,revg", "Retrieve the contents of the running environment variable group"],
        ["staging-environment-variable-group,sevg", "Retrieve the contents of the staging environment variable group"],
        [
          "set-staging-environment-variable-group,ssevg",
          "Pass parameters as JSON to create a staging environment variable group",
        ],
        [
          "set-running-environment-variable-group,srevg",
          "Pass parameters as JSON to create a running environment variable group",
        ],
      ],
    ],
  ],
  [
    "ISOLATION SEGMENTS:",
    [
      [
        ["isolation-segments", "List all isolation segments"],
        ["create-isolation-segment", "Create an isolation segment"],
        ["delete-isolation-segment", "Delete an isolation segment"],
        ["enable-org-isolation", "Entitle an organization to an isolation segment"],
        ["disable-org-isolation", "Revoke an organization's entitlement to an isolation segment"],
        ["set-org-default-isolation-segment", "Set the default isolation segment used for apps in spaces in an org"],
        [
          "reset-org-default-isolation-segment",
          "Reset the default isolation segment used for apps in spaces of an org",
        ],
        ["set-space-isolation-segment", "Assign the isolation segment for a space"],
        ["reset-space-isolation-segment", "Reset the space's isolation segment to the org default"],
      ],
    ],
  ],
  [
    "FEATURE FLAGS:",
    [
      [
        ["feature-flags", "Retrieve list of feature flags with status"],
        ["feature-flag", "Retrieve an individual feature flag with status"],
        ["enable-feature-flag", "Allow use of a feature"],
        ["disable-feature-flag", "Prevent use of a feature"],
      ],
    ],
  ],
  [
    "METADATA:",
    [
      [
        ["labels", "List all labels (key-value pairs) for an API resource"],
        ["set-label", "Set a label (key-value pairs) for an API resource"],
        ["unset-label", "Unset a label (key-value pairs) for an API resource"],
      ],
    ],
  ],
  [
    "ADVANCED:",
    [
      [
        ["curl", "Executes a request to the targeted API endpoint"],
        ["config", "Write default values to the config"],
        ["oauth-token", "Display the OAuth token for the current session and refresh the token if necessary"],
        ["ssh-code", "Get a one time password for ssh clients"],
      ],
    ],
  ],
];

export const COMMAND_CATEGORIES: CommandCategories = CATEGORIES.map(([heading, rows]) => [
  heading,
  rows.map((row) => row.map(entryOf)),
]);

export const COMMANDS: readonly CommandEntry[] = COMMAND_CATEGORIES.flatMap(([, rows]) => rows.flat());

/** By name or alias. */
export function findCommand(word: string): CommandEntry | null {
  return COMMANDS.find(({ name, alias }) => name === word || alias === word) ?? null;
}

function entryOf([names, about]: readonly [names: string, about: string]): CommandEntry {
  const [name, alias] = names.split(",");
  const load = async (): Promise<Command> =>
    ((await import(`./commands/${name}.ts`)) as { readonly command: Command }).command;
  return { name: name!, ...(alias === undefined ? {} : { alias }), about, load };
}
