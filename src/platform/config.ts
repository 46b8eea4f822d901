import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { DatabaseUrl } from "./database-url.ts";
import { UsageError } from "./usage-error.ts";

/** The configuration as a whole, validated. Flags > environment (`INGOT_…`) > file > defaults. */
export type IngotConfig = Readonly<z.infer<typeof schema>>;

const port = z.coerce.number().int().min(1).max(65535);

const flag = z.union([z.boolean(), z.stringbool()]);

const databaseUrl = z.string().transform((text, context) => {
  const url = DatabaseUrl.parse(text);
  if (url !== null) return url;
  context.addIssue("is not like postgres://user:password@host:5432/name");
  return z.NEVER;
});

/** Requests of one interval; -1 is any number. */
const requestsMax = z.coerce.number().int().min(-1);

const days = z.coerce.number().int().min(1).max(36_500);

const schema = z.strictObject({
  /** State folder: removing it is a clean uninstall. */
  state: z.string().min(1),
  /** System domain; apps live under `apps.` of it. */
  domain: z.string().regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/, "is not a domain name"),
  /** Null: 80 or 8080 or the next free one. */
  httpPort: port.nullable(),
  /** Null: 443 or 8443 or the next free one. */
  httpsPort: port.nullable(),
  sshPort: port,
  /** Reservable ports of the TCP router, `first-last`. */
  tcpPorts: z.string().regex(/^\d+-\d+$/, "is not a range like 1024-1123"),
  /** Addresses that the router listens on besides the containers' bridge. Loopback until the user says otherwise. */
  bind: z.array(z.string().min(1)).min(1),
  isolation: z.enum(["auto", "container", "sandbox", "process"]),
  /** False: print the packages that are missing and stop, instead of installing them. */
  install: z.boolean(),
  logLevel: z.enum(["debug", "info", "warn", "error"]),
  /** Memory that the cell offers, MB; null: what the machine has, less 2 GB for the platform. */
  cellMemoryMb: z.coerce.number().int().min(256).nullable(),
  /** How long records of the Cloud Controller are kept, days. CC: audit_events.cutoff_age_in_days and others */
  auditEventDays: days,
  usageEventDays: days,
  completedTaskDays: days,
  finishedJobDays: days,
  /** Loopback port with `/metrics` for Prometheus and `/healthz` of the whole platform; null: none. */
  metricsPort: port.nullable(),
  /** Where Cloud Controller and UAA keep their rows; null: SQLite files in the state folder. */
  database: databaseUrl.nullable(),
  /** Requests that a user may make of the Cloud Controller in one interval; null: nobody is limited. CC: rate_limiter.general_limit */
  rateLimit: requestsMax.nullable(),
  /** The same, by address, of those who show no token. CC: rate_limiter.unauthenticated_limit, 1000 */
  rateLimitUnauthenticated: requestsMax,
  /** The same, of an administrator. */
  rateLimitAdmin: requestsMax,
  /** The interval, minutes. CC: rate_limiter.reset_interval_in_minutes, 60 */
  rateLimitMinutes: z.coerce.number().int().min(1).max(1440),
  /** Origins whose pages may call the Cloud Controller; `*` stands for anything in one. CC: allowed_cors_domains */
  corsOrigins: z.array(z.string().regex(/^[\w*.:/[\]-]+$/, "is not an origin like https://*.example.com")),
  /** Managers of an organization may bring people of other origins in by name. CC: allow_user_creation_by_org_manager */
  orgManagersCreateUsers: flag,
});

/** Name in flags → key, environment name, and what is not given as one text: a list (repeated flag, commas), a flag without value. */
const OPTIONS = {
  state: { key: "state", environment: "INGOT_STATE" },
  domain: { key: "domain", environment: "INGOT_DOMAIN" },
  "http-port": { key: "httpPort", environment: "INGOT_HTTP_PORT" },
  "https-port": { key: "httpsPort", environment: "INGOT_HTTPS_PORT" },
  "ssh-port": { key: "sshPort", environment: "INGOT_SSH_PORT" },
  "tcp-ports": { key: "tcpPorts", environment: "INGOT_TCP_PORTS" },
  bind: { key: "bind", environment: "INGOT_BIND", kind: "list" },
  isolation: { key: "isolation", environment: "INGOT_ISOLATION" },
  "log-level": { key: "logLevel", environment: "INGOT_LOG_LEVEL" },
  "cell-memory": { key: "cellMemoryMb", environment: "INGOT_CELL_MEMORY" },
  "metrics-port": { key: "metricsPort", environment: "INGOT_METRICS_PORT" },
  "audit-event-days": { key: "auditEventDays", environment: "INGOT_AUDIT_EVENT_DAYS" },
  "usage-event-days": { key: "usageEventDays", environment: "INGOT_USAGE_EVENT_DAYS" },
  "completed-task-days": { key: "completedTaskDays", environment: "INGOT_COMPLETED_TASK_DAYS" },
  "finished-job-days": { key: "finishedJobDays", environment: "INGOT_FINISHED_JOB_DAYS" },
  database: { key: "database", environment: "INGOT_DATABASE" },
  "rate-limit": { key: "rateLimit", environment: "INGOT_RATE_LIMIT" },
  "rate-limit-unauthenticated": { key: "rateLimitUnauthenticated", environment: "INGOT_RATE_LIMIT_UNAUTHENTICATED" },
  "rate-limit-admin": { key: "rateLimitAdmin", environment: "INGOT_RATE_LIMIT_ADMIN" },
  "rate-limit-minutes": { key: "rateLimitMinutes", environment: "INGOT_RATE_LIMIT_MINUTES" },
  "cors-origin": { key: "corsOrigins", environment: "INGOT_CORS_ORIGINS", kind: "list" },
  "org-managers-create-users": {
    key: "orgManagersCreateUsers",
    environment: "INGOT_ORG_MANAGERS_CREATE_USERS",
    kind: "flag",
  },
} as const satisfies Record<string, Option>;

interface Option {
  readonly key: keyof IngotConfig;
  readonly environment: string;
  readonly kind?: "list" | "flag";
}

export interface CommandLine {
  readonly config: IngotConfig;
  /** Flags that belong to the command itself. */
  readonly flags: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
}

/**
 * Reads flags, environment and file. `own` names the command's own flags, `wordsMax` how many words that are no flags it takes.
 * Throws `UsageError` that names the bad value and where it came from.
 */
export function readCommandLine(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  own: Readonly<Record<string, "string" | "boolean">> = {},
  wordsMax = 0,
): CommandLine {
  const options: Record<string, { type: "string" | "boolean"; multiple?: boolean }> = {
    config: { type: "string" },
    "no-install": { type: "boolean" },
  };
  for (const [name, { kind }] of Object.entries<Option>(OPTIONS)) {
    options[name] = { type: kind === "flag" ? "boolean" : "string", multiple: kind === "list" };
  }
  for (const [name, type] of Object.entries(own)) options[name] = { type };

  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({ args: [...argv], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message.split(". To specify")[0]);
  }
  const given = parsed.values;
  const stray = parsed.positionals[wordsMax];
  if (stray !== undefined) throw new UsageError(`'${stray}' is one word too many`);

  const merged: Record<string, unknown> = {
    state: join(environment["HOME"] || homedir(), ".ingot"),
    domain: "cf.localhost",
    httpPort: null,
    httpsPort: null,
    sshPort: 2222,
    tcpPorts: "1024-1123",
    bind: ["127.0.0.1"],
    isolation: "auto",
    install: true,
    logLevel: "info",
    cellMemoryMb: null,
    metricsPort: null,
    auditEventDays: 31,
    usageEventDays: 31,
    completedTaskDays: 31,
    finishedJobDays: 90,
    database: null,
    rateLimit: null,
    rateLimitUnauthenticated: 1000,
    rateLimitAdmin: -1,
    rateLimitMinutes: 60,
    corsOrigins: [],
    orgManagersCreateUsers: false,
  };
  const origin: Record<string, string> = {};
  const take = (key: string, value: unknown, from: string): void => {
    merged[key] = value;
    origin[key] = from;
  };

  const file = typeof given["config"] === "string" ? given["config"] : environment["INGOT_CONFIG"];
  if (file !== undefined) for (const [key, value] of Object.entries(readFile(file))) take(key, value, file);
  for (const { key, environment: name, kind } of Object.values<Option>(OPTIONS)) {
    const value = environment[name];
    if (value !== undefined && value !== "") take(key, kind === "list" ? value.split(",") : value, name);
  }
  for (const [flag, { key }] of Object.entries(OPTIONS))
    if (given[flag] !== undefined) take(key, given[flag], `--${flag}`);
  if (given["no-install"] === true) take("install", false, "--no-install");

  const checked = schema.safeParse(merged);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    const key = String(issue?.path[0] ?? (issue as { keys?: string[] } | undefined)?.keys?.[0] ?? "");
    throw new UsageError(`${origin[key] ?? key}: ${issue?.message ?? "invalid"}`);
  }
  const { httpPort, httpsPort } = checked.data;
  if (httpPort !== null && httpPort === httpsPort) {
    throw new UsageError(`${origin["httpsPort"]}: ${httpsPort} is the port without TLS already`);
  }
  const config = {
    ...checked.data,
    state: isAbsolute(checked.data.state) ? checked.data.state : resolve(checked.data.state),
  };
  const flags = Object.fromEntries(Object.keys(own).map((name) => [name, given[name] as string | boolean | undefined]));
  return { config, flags, positionals: parsed.positionals };
}

/** YAML would cost its import at each start: the file is JSON. */
function readFile(path: string): Record<string, unknown> {
  if (!existsSync(path)) throw new UsageError(`--config: ${path} does not exist`);
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Told below in the user's words.
  }
  throw new UsageError(`--config: ${path} is not a JSON object`);
}
