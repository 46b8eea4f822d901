import type { CommandCategories } from "./command-list.ts";

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
export function commonHelp(categories: CommandCategories, version: string): string {
  const commands = categories.flatMap(([, rows]) => rows.flat());
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
export function fullHelp(categories: CommandCategories, version: string): string {
  const commands = categories.flatMap(([, rows]) => rows.flat());
  const width = Math.max(...commands.map(({ name }) => name.length)) + 1;
  const lines = ["NAME:", "   cf - A command line tool to interact with Cloud Foundry", ""];
  lines.push("USAGE:", `   cf ${USAGE}`, "", "VERSION:", `   ${version}`, "");
  for (const [heading, rows] of categories) {
    lines.push(heading);
    for (const row of rows) {
      for (const { name, about } of row) lines.push(`   ${name.padEnd(width)}${about}`);
      lines.push("");
    }
  }
  lines.push("ENVIRONMENT VARIABLES:");
  for (const [setting, text] of ENVIRONMENT) lines.push(`   ${setting.padEnd(OPTION_WIDTH)}${text}`);
  lines.push("", "GLOBAL OPTIONS:");
  for (const [names, text] of GLOBAL_OPTIONS) lines.push(`   ${names.padEnd(OPTION_WIDTH)}${text}`);
  return `${lines.join("\n")}\n\n`;
}
