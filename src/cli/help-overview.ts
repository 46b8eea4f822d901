import type { CommandEntry } from "./command-list.ts";
import { tableLines } from "./table.ts";

/** A heading and rows of command names; an empty name leaves its place free. */
type Category = readonly [heading: string, rows: readonly (readonly string[])[]];

/** cli: command/common/internal/help_common_display_v7.go, without plugins */
const COMMON: readonly Category[] = [
  [
    "Before getting started:",
    [
      ["config", "login", "target"],
      ["help", "logout", "switch-space"],
    ],
  ],
  [
    "Application lifecycle:",
    [
      ["apps", "run-task", "events"],
      ["push", "logs", "set-env"],
      ["start", "ssh", "create-app-manifest"],
      ["stop", "app", "delete"],
      ["restart", "env", "apply-manifest"],
      ["restage", "scale", "revisions"],
    ],
  ],
  [
    "Services integration:",
    [
      ["marketplace", "create-user-provided-service"],
      ["services", "update-user-provided-service"],
      ["create-service", "create-service-key"],
      ["update-service", "delete-service-key"],
      ["delete-service", "service-keys"],
      ["service", "service-key"],
      ["bind-service", "bind-route-service"],
      ["unbind-service", "unbind-route-service"],
    ],
  ],
  [
    "Route and domain management:",
    [
      ["routes", "delete-route", "create-private-domain"],
      ["domains", "map-route", ""],
      ["create-route", "unmap-route", ""],
    ],
  ],
  [
    "Space management:",
    [
      ["spaces", "create-space", "set-space-role"],
      ["space-users", "delete-space", "unset-space-role"],
      ["apply-manifest", "", ""],
    ],
  ],
  [
    "Org management:",
    [
      ["orgs", "set-org-role"],
      ["org-users", "unset-org-role"],
    ],
  ],
];

/** cli: command/common/internal/help_all_display.go, without plugins; rows are set apart by an empty line. */
const ALL: readonly Category[] = [
  [
    "GETTING STARTED:",
    [
      ["help", "version", "login", "logout", "passwd", "target", "switch-space"],
      ["api", "auth"],
    ],
  ],
  [
    "APPS:",
    [
      ["apps", "app", "create-app"],
      ["push", "scale", "delete", "rename"],
      ["cancel-deployment", "continue-deployment"],
      ["start", "stop", "restart", "stage-package", "restage", "restart-app-instance"],
      ["run-task", "task", "tasks", "terminate-task"],
      ["packages", "create-package"],
      ["revision", "revisions", "rollback"],
      ["droplets", "set-droplet", "download-droplet"],
      ["events", "logs"],
      ["env", "set-env", "unset-env"],
      ["stacks", "stack", "update-stack"],
      ["copy-source", "create-app-manifest"],
      ["get-health-check", "set-health-check", "get-readiness-health-check"],
      ["enable-ssh", "disable-ssh", "ssh-enabled", "ssh"],
    ],
  ],
  [
    "SERVICES:",
    [
      ["marketplace", "services", "service"],
      ["create-service", "update-service", "upgrade-service", "delete-service", "rename-service"],
      ["create-service-key", "service-keys", "service-key", "delete-service-key"],
      ["bind-service", "unbind-service", "cleanup-outdated-service-bindings"],
      ["bind-route-service", "unbind-route-service"],
      ["create-user-provided-service", "update-user-provided-service"],
      ["share-service", "unshare-service"],
    ],
  ],
  [
    "ORGS:",
    [
      ["orgs", "org"],
      ["create-org", "delete-org", "rename-org"],
    ],
  ],
  [
    "SPACES:",
    [
      ["spaces", "space"],
      ["create-space", "delete-space", "rename-space", "apply-manifest"],
      ["allow-space-ssh", "disallow-space-ssh", "space-ssh-allowed"],
    ],
  ],
  [
    "DOMAINS:",
    [
      ["domains"],
      ["create-private-domain", "delete-private-domain"],
      ["create-shared-domain", "delete-shared-domain"],
      ["router-groups"],
    ],
  ],
  [
    "ROUTES:",
    [
      ["routes", "route"],
      ["create-route", "update-route", "check-route", "map-route", "unmap-route", "delete-route"],
      ["delete-orphaned-routes"],
      ["update-destination"],
      ["share-route", "unshare-route"],
      ["move-route"],
      ["route-policies", "add-route-policy", "remove-route-policy"],
    ],
  ],
  ["NETWORK POLICIES:", [["network-policies", "add-network-policy", "remove-network-policy"]]],
  ["BUILDPACKS:", [["buildpacks", "create-buildpack", "update-buildpack", "delete-buildpack"]]],
  [
    "USER ADMIN:",
    [
      ["create-user", "delete-user"],
      ["org-users", "set-org-role", "unset-org-role"],
      ["space-users", "set-space-role", "unset-space-role"],
    ],
  ],
  [
    "ORG ADMIN:",
    [
      ["org-quotas", "org-quota", "set-org-quota"],
      ["create-org-quota", "delete-org-quota", "update-org-quota"],
      ["share-private-domain", "unshare-private-domain"],
    ],
  ],
  [
    "SPACE ADMIN:",
    [
      ["space-quotas", "space-quota"],
      ["create-space-quota", "update-space-quota", "delete-space-quota"],
      ["set-space-quota", "unset-space-quota"],
    ],
  ],
  [
    "SERVICE ADMIN:",
    [
      [
        "service-brokers",
        "create-service-broker",
        "update-service-broker",
        "delete-service-broker",
        "rename-service-broker",
      ],
      ["purge-service-offering", "purge-service-instance"],
      ["service-access", "enable-service-access", "disable-service-access"],
    ],
  ],
  [
    "SECURITY GROUP:",
    [
      [
        "security-group",
        "security-groups",
        "create-security-group",
        "update-security-group",
        "delete-security-group",
        "bind-security-group",
        "unbind-security-group",
      ],
      ["bind-staging-security-group", "staging-security-groups", "unbind-staging-security-group"],
      ["bind-running-security-group", "running-security-groups", "unbind-running-security-group"],
    ],
  ],
  [
    "ENVIRONMENT VARIABLE GROUPS:",
    [
      [
        "running-environment-variable-group",
        "staging-environment-variable-group",
        "set-staging-environment-variable-group",
        "set-running-environment-variable-group",
      ],
    ],
  ],
  [
    "ISOLATION SEGMENTS:",
    [
      [
        "isolation-segments",
        "create-isolation-segment",
        "delete-isolation-segment",
        "enable-org-isolation",
        "disable-org-isolation",
        "set-org-default-isolation-segment",
        "reset-org-default-isolation-segment",
        "set-space-isolation-segment",
        "reset-space-isolation-segment",
      ],
    ],
  ],
  ["FEATURE FLAGS:", [["feature-flags", "feature-flag", "enable-feature-flag", "disable-feature-flag"]]],
  ["METADATA:", [["labels", "set-label", "unset-label"]]],
  ["ADVANCED:", [["curl", "config", "oauth-token", "ssh-code"]]],
];

const GLOBAL_OPTIONS = [
  ["--help, -h", "Show help"],
  ["-v", "Print API request diagnostics to stdout"],
] as const;
const ENVIRONMENT = [
  ["CF_COLOR=false", "Do not colorize output"],
  ["CF_DIAL_TIMEOUT=6", "Max wait time to establish a connection, including name resolution, in seconds"],
  ["CF_HOME=path/to/dir/", "Override path to default config directory"],
  ["CF_TRACE=true", "Print API request diagnostics to stdout"],
  ["CF_TRACE=path/to/trace.log", "Append API request diagnostics to a log file"],
  ["https_proxy=proxy.example.com:8080", "Enable proxying for HTTP requests"],
] as const;

const USAGE = "[global options] command [arguments...] [command options]";
/** Columns of option names, as the official help has them. */
const OPTION_WIDTH = 35;

/** What `cf help` shows: the commands of every day with their aliases. */
export function commonHelp(commands: readonly CommandEntry[], version: string): string {
  const shown = new Map(commands.map(({ name, alias }) => [name, alias === undefined ? name : `${name},${alias}`]));
  const lines = [`cf version ${version}, Cloud Foundry command line tool`, `Usage: cf ${USAGE}`, ""];
  for (const [heading, rows] of COMMON) {
    const cells = rows.map((row) => row.map((name) => shown.get(name) ?? ""));
    const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)) + 4);
    lines.push(heading);
    for (const row of cells) {
      const padded = row.map((cell, column) => (column + 1 === row.length ? cell : cell.padEnd(widths[column]!)));
      lines.push(`  ${padded.join("")}`);
    }
    lines.push("");
  }
  lines.push("Global options:");
  for (const [names, about] of GLOBAL_OPTIONS) lines.push(`  ${names.padEnd(OPTION_WIDTH)}${about}`);
  lines.push("", "TIP: Use 'cf help -a' to see all commands.");
  return `${lines.join("\n")}\n`;
}

/** What `cf help -a` shows: every command with what it does. */
export function fullHelp(commands: readonly CommandEntry[], version: string): string {
  const about = new Map(commands.map((entry) => [entry.name, entry.about]));
  const width = Math.max(...[...about.keys()].map((name) => name.length)) + 1;
  const lines = ["NAME:", "   cf - A command line tool to interact with Cloud Foundry", ""];
  lines.push("USAGE:", `   cf ${USAGE}`, "", "VERSION:", `   ${version}`, "");
  for (const [heading, rows] of ALL) {
    const known = rows.map((row) => row.filter((name) => about.has(name))).filter((row) => row.length > 0);
    if (known.length === 0) continue;
    lines.push(heading);
    for (const row of known) {
      for (const name of row) lines.push(`   ${name.padEnd(width)}${about.get(name)!}`);
      lines.push("");
    }
  }
  lines.push("ENVIRONMENT VARIABLES:", ...tableLines(ENVIRONMENT).map((line) => `   ${line}`), "");
  lines.push("GLOBAL OPTIONS:");
  for (const [names, text] of GLOBAL_OPTIONS) lines.push(`   ${names.padEnd(OPTION_WIDTH)}${text}`);
  return `${lines.join("\n")}\n\n`;
}
