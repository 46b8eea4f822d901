import type { Kysely } from "kysely";
import type { Durable } from "../../../kit/database.ts";
import type { AuditEvent } from "../audit-events.ts";
import type { BlobLinks } from "../blob-links.ts";
import type { CcConfig } from "../config.ts";
import type { CcDeps } from "../deps.ts";
import type { FeatureFlags } from "../feature-flags.ts";
import type { Hooks } from "../hooks.ts";
import type { CcJob, JobRequest, Jobs, JobWork } from "../jobs.ts";
import type { CcDatabase } from "../store/schema.ts";
import type { CcAnswer } from "./answer.ts";
import type { Links } from "./links.ts";
import type { CcRequest } from "./request.ts";
import type { UserRegister } from "./user-register.ts";

export type Handler = (request: CcRequest) => Promise<CcAnswer>;

export interface RouteOptions {
  /** `required` (default): 401 without a valid token. `optional`: callers without a token come through as nobody. `none`: not even looked at. */
  readonly token?: "required" | "optional" | "none";
  /** How the body is read. `json` (default, whatever its content type says), `text`, or `stream`: the handler reads `request.stream`. */
  readonly body?: "json" | "text" | "stream";
  /** Bytes of a `json` or `text` body; default `limits.bodyBytesMax`. */
  readonly bodyBytesMax?: number;
  /** False: the scopes cloud_controller.read/write are not asked for. */
  readonly scoped?: boolean;
}

export type Register = (path: string, handler: Handler, options?: RouteOptions) => void;

/** Where routes are added. */
export interface RouteTable {
  readonly get: Register;
  readonly post: Register;
  readonly put: Register;
  readonly patch: Register;
  readonly delete: Register;
}

/**
 * What a resource registers with and works on. Kept for the life of the Cloud Controller. Every answer to anything but GET waits until
 * all commits before it are on disk.
 */
export interface CcApi extends RouteTable, Durable {
  readonly config: CcConfig;
  readonly deps: CcDeps;
  readonly db: Kysely<CcDatabase>;
  readonly links: Links;
  /** What downloads are redirected to. */
  readonly blobLinks: BlobLinks;
  readonly jobs: Jobs;
  readonly users: UserRegister;
  /** News between the network side and the apps side. */
  readonly hooks: Hooks;
  readonly featureFlags: FeatureFlags;
  /** Endpoints for Diego and cells on the unix socket; no token. */
  readonly internal: RouteTable;
  /** `guid`, `created_at` and `updated_at` of a new row. */
  stamp(): { guid: string; created_at: number; updated_at: number };
  nowMs(): number;
  /** All or nothing. Inside, use only `trx` and await nothing but its queries. */
  transaction<T>(work: (trx: Kysely<CcDatabase>) => Promise<T>): Promise<T>;
  /** Writes an audit event inside the transaction of the change. */
  event(trx: Kysely<CcDatabase>, event: AuditEvent): Promise<void>;
  /** Registers the work of an operation; see `JobWork`. */
  job(operation: string, work: JobWork): void;
  enqueue(request: JobRequest, trx?: Kysely<CcDatabase>): Promise<CcJob>;
  /** Work before the first request is served; a failure stops the start. */
  prepare(work: (signal: AbortSignal) => Promise<void>): void;
  /** Runs when everything is registered and the store is ready; a loop that lives until the signal aborts. A loop that throws is started again. */
  background(name: string, loop: (signal: AbortSignal) => Promise<void>): void;
}

export type Resource = (api: CcApi) => void;
