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
];

/** By name or alias. */
export function findCommand(word: string): CommandEntry | null {
  return COMMANDS.find(({ name, alias }) => name === word || alias === word) ?? null;
}

function entry(names: string, group: string, about: string, load: () => Promise<Command>): CommandEntry {
  const [name, alias] = names.split(",");
  return { name: name!, ...(alias === undefined ? {} : { alias }), group, about, load };
}
