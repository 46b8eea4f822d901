import type { Readable } from "node:stream";
import type { Clock } from "../kit/clock.ts";
import type { ConfigFile } from "./config-file.ts";
import { tokenClaims } from "./current-user.ts";
import { CliError } from "./errors.ts";
import type { Http, HttpAnswer } from "./http.ts";
import type { ToOne } from "./resources.ts";
import type { UaaApi } from "./uaa-api.ts";

/** cli: retry_request.go: two more tries for what is no POST */
const TRIES = 3;
/** A token that ends this soon is renewed before the call. */
const RENEW_BEFORE_MS = 60_000;
const PER_PAGE = 5000;
const PAGES_MAX = 1000;
/** Values of a filter in one query; the URL must stay below 8 KB. */
const VALUES_MAX = 100;
/** As Go's http client. */
const REDIRECTS_MAX = 10;
/** Polling starts fast, because Ingot is, and slows down. */
export const POLL_FIRST_MS = 50;
const POLL_MAX_MS = 1000;

interface WireFailure {
  readonly code: number;
  readonly title: string;
  readonly detail: string;
}

interface Job {
  readonly guid: string;
  readonly state: string;
  readonly errors?: readonly WireFailure[];
  readonly warnings?: readonly { readonly detail: string }[];
}

/** Failures of a buildpack's upload, which are told without the job. cli: ccv3/constant/job.go */
const BUILDPACK_FAILURES: ReadonlySet<number> = new Set([290_000, 290_003, 390_011, 390_012, 390_013]);

/** The Cloud Controller said no. */
export class CcFailure extends CliError {
  readonly status: number;
  readonly errors: readonly WireFailure[];
  constructor(status: number, errors: readonly WireFailure[], message: string) {
    super(message);
    this.status = status;
    this.errors = errors;
  }

  /** Whether one of the errors has this code, e.g. 10008 (UnprocessableEntity). */
  has(code: number): boolean {
    return this.errors.some((error) => error.code === code);
  }
}

export interface CallOptions {
  readonly json?: unknown;
  readonly body?: string | Uint8Array | (() => Readable);
  readonly headers?: Readonly<Record<string, string>>;
}

export type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** Resources of all pages, and what came along by `include`. */
export interface Listing<T> {
  readonly resources: T[];
  readonly included: Readonly<Record<string, readonly Record<string, unknown>[]>>;
}

/** The v3 API with the user's token, which it renews when it must. Warnings of the API go to `warn`. */
export class CloudController {
  readonly #http: Http;
  readonly #uaa: UaaApi;
  readonly #config: ConfigFile;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #warn: (line: string) => void;

  constructor(parts: {
    readonly http: Http;
    readonly uaa: UaaApi;
    readonly config: ConfigFile;
    readonly clock: Clock;
    readonly signal: AbortSignal;
    readonly warn: (line: string) => void;
  }) {
    this.#http = parts.http;
    this.#uaa = parts.uaa;
    this.#config = parts.config;
    this.#clock = parts.clock;
    this.#signal = parts.signal;
    this.#warn = parts.warn;
  }

  async get<T>(path: string, query: Query = {}): Promise<T> {
    return JSON.parse((await this.send("GET", path + queryText(query))).body.toString()) as T;
  }

  async post<T>(path: string, json: unknown): Promise<T> {
    return parse<T>(await this.send("POST", path, { json }));
  }

  async patch<T>(path: string, json: unknown): Promise<T> {
    return parse<T>(await this.send("PATCH", path, { json }));
  }

  /** Deletes and waits for the job, if the answer names one. */
  async delete(path: string): Promise<void> {
    await this.waitForJob(await this.send("DELETE", path));
  }

  /** The first of a list; null when it is empty. */
  async first<T>(path: string, query: Query = {}): Promise<T | null> {
    const { resources } = await this.get<{ resources: T[] }>(path, { ...query, per_page: 1, page: 1 });
    return resources[0] ?? null;
  }

  /** Every page. `include` of the query fills `included`. */
  async list<T>(path: string, query: Query = {}): Promise<Listing<T>> {
    const resources: T[] = [];
    const included: Record<string, Record<string, unknown>[]> = {};
    let next: string | null = path + queryText({ per_page: PER_PAGE, ...query });
    for (let page = 0; next !== null && page < PAGES_MAX; page++) {
      const answer: {
        resources: T[];
        included?: Record<string, Record<string, unknown>[]>;
        pagination?: { next: { href: string } | null };
      } = JSON.parse((await this.send("GET", next)).body.toString());
      resources.push(...answer.resources);
      addIncluded(included, answer.included ?? {});
      const href = answer.pagination?.next?.href;
      next = href === undefined ? null : new URL(href).pathname + new URL(href).search;
    }
    return { resources, included };
  }

  /** Every page for every value of a filter (`"guids"`), however many they are; each resource once. */
  async listBy<T extends { readonly guid: string }>(
    path: string,
    filter: string,
    values: readonly string[],
    query: Query = {},
  ): Promise<Listing<T>> {
    const wanted = [...new Set(values)];
    const byGuid = new Map<string, T>();
    const included: Record<string, Record<string, unknown>[]> = {};
    for (let at = 0; at < wanted.length; at += VALUES_MAX) {
      const part = await this.list<T>(path, { ...query, [filter]: wanted.slice(at, at + VALUES_MAX) });
      for (const resource of part.resources) byGuid.set(resource.guid, resource);
      addIncluded(included, part.included);
    }
    return { resources: [...byGuid.values()], included };
  }

  /**
   * Follows the Location of an answer to its job's end: true, also when there is no job. False as soon as a broker works
   * on it, with `until` "POLLING". `looked` is called after each look. Throws the job's error.
   */
  async waitForJob(
    answer: HttpAnswer,
    until: "COMPLETE" | "POLLING" = "COMPLETE",
    looked?: () => void,
  ): Promise<boolean> {
    const location = answer.headers.location;
    if (location === undefined || !location.includes("/v3/jobs/")) return true;
    const path = new URL(location).pathname;
    const minutes = this.#config.values.AsyncTimeout || 20;
    const endMs = this.#clock.steadyMs() + minutes * 60_000;
    let warned = 0;
    for (let pauseMs = POLL_FIRST_MS; ; pauseMs = nextPause(pauseMs)) {
      const job = await this.get<Job>(path);
      for (const { detail } of (job.warnings ?? []).slice(warned)) this.#warn(detail);
      warned = Math.max(warned, job.warnings?.length ?? 0);
      looked?.();
      if (job.state === "COMPLETE") return true;
      if (job.state === "FAILED") throw jobFailure(job);
      if (job.state === until) return false;
      if (this.#clock.steadyMs() > endMs) {
        throw new CliError(
          `Job (${job.guid}) polling timeout has been reached. The operation may still be running on the CF instance. Your CF operator may have more information.`,
        );
      }
      await this.#clock.sleep(pauseMs, this.#signal);
    }
  }

  /** One call; throws `CcFailure` for an answer of 400 and above. */
  async send(method: string, path: string, options: CallOptions = {}): Promise<HttpAnswer> {
    const answer = await this.raw(method, path, options);
    if (answer.status >= 400) throw failureOf(answer);
    return answer;
  }

  /** One call (to another system of the platform when `path` is a whole URL) whatever the answer, with the token renewed once if the API refuses it. */
  async raw(method: string, path: string, options: CallOptions = {}): Promise<HttpAnswer> {
    await this.#renewWhenDue();
    let answer = await this.#withRetries(method, path, options);
    if (answer.status === 401 && this.#config.values.RefreshToken !== "") {
      await this.#uaa.refresh();
      answer = await this.#withRetries(method, path, options);
    }
    const warnings = answer.headers["x-cf-warnings"];
    if (typeof warnings === "string") {
      for (const warning of warnings.split(",")) this.#warn(decodeURIComponent(warning.replaceAll("+", " ")).trim());
    }
    return answer;
  }

  /** Writes what an answer holds to a file, from wherever the API sends us for it. Throws `CcFailure`, `CliError`. */
  async download(path: string, file: string): Promise<void> {
    await this.#renewWhenDue();
    const home = new URL(this.#config.values.Target).host;
    let url = new URL(path, this.#config.values.Target);
    for (let hop = 0; hop < REDIRECTS_MAX; hop++) {
      // Other hosts get no token.
      const headers: Record<string, string> =
        url.host === home ? { authorization: this.#config.values.AccessToken } : {};
      const answer = await this.#http.download({ method: "GET", url: url.href, headers }, file);
      if (answer.status >= 400) throw failureOf(answer);
      const { location } = answer.headers;
      if (answer.status < 300 || location === undefined) return;
      url = new URL(location, url);
    }
    throw new CliError(`Request error: too many redirects from ${path}`);
  }

  async #withRetries(method: string, path: string, options: CallOptions): Promise<HttpAnswer> {
    for (let tried = 1; ; tried++) {
      const answer = await this.#http.call({
        method,
        url: /^https?:/.test(path) ? path : this.#config.values.Target + path,
        headers: {
          ...(this.#config.values.AccessToken === "" ? {} : { authorization: this.#config.values.AccessToken }),
          ...(options.json === undefined ? {} : { "content-type": "application/json" }),
          ...options.headers,
        },
        ...(options.json === undefined ? {} : { body: JSON.stringify(options.json) }),
        ...(options.body === undefined ? {} : { body: options.body }),
      });
      if (method === "POST" || ![500, 502, 503, 504].includes(answer.status) || tried >= TRIES) return answer;
      await this.#clock.sleep(POLL_FIRST_MS * 4 ** tried, this.#signal);
    }
  }

  async #renewWhenDue(): Promise<void> {
    const { AccessToken, RefreshToken } = this.#config.values;
    if (RefreshToken === "") return;
    const expires = tokenClaims(AccessToken)?.["exp"];
    if (typeof expires === "number" && expires * 1000 < this.#clock.nowMs() + RENEW_BEFORE_MS)
      await this.#uaa.refresh();
  }
}

/** cli: api/cloudcontroller/ccv3/job.go, command/translatableerror/job_failed_error.go */
function jobFailure({ guid, errors = [] }: Job): CliError {
  const [error] = errors;
  if (error === undefined) {
    return new CliError(`Job ${guid} failed with no error. This is unexpected, contact your operator for details.`);
  }
  const isPlain = BUILDPACK_FAILURES.has(error.code);
  return new CcFailure(422, errors, isPlain ? error.detail : `Job (${guid}) failed: ${error.detail}`);
}

function addIncluded(all: Record<string, Record<string, unknown>[]>, more: Listing<never>["included"]): void {
  for (const [kind, items] of Object.entries(more)) all[kind] = [...(all[kind] ?? []), ...items];
}

/** The names of what a listing included: of what a relationship leads to, empty when that is not there. */
export function includedNames(included: Listing<never>["included"], kind: string): (to: ToOne | undefined) => string {
  const names = new Map((included[kind] ?? []).map((item) => [item["guid"], String(item["name"])]));
  return (to) => names.get(to?.data?.guid) ?? "";
}

/** Whether the API does not know what it was asked for. */
export function isMissing(error: unknown): boolean {
  return error instanceof CcFailure && error.status === 404;
}

/** The pause after a pause, for polling. Milliseconds. */
export function nextPause(pauseMs: number): number {
  return Math.min(POLL_MAX_MS, Math.ceil(pauseMs * 1.5));
}

/** `?a=1&b=x,y`; undefined values are left out. */
export function queryText(query: Query): string {
  const parts = Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => {
      const items = Array.isArray(value) ? (value as readonly string[]) : [String(value)];
      // CC splits lists at commas, so a comma inside a value is escaped twice.
      const text = items.map((item) => encodeURIComponent(Array.isArray(value) ? item.replaceAll(",", "%2C") : item));
      return `${name}=${text.join(",")}`;
    });
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}

function parse<T>(answer: HttpAnswer): T {
  return (answer.body.length === 0 ? {} : JSON.parse(answer.body.toString())) as T;
}

/** Some failures are told in words of the command line's own. */
function inOurWords(detail: string): string {
  if (!detail.includes("Assign a droplet before starting this app.")) return detail;
  return "App cannot start without a package to stage or a droplet to run.";
}

/** cli: api/cloudcontroller/ccv3/errors.go */
export function failureOf(answer: HttpAnswer): CcFailure {
  let errors: WireFailure[] = [];
  try {
    const body = JSON.parse(answer.body.toString()) as { errors?: WireFailure[] };
    if (Array.isArray(body.errors)) errors = body.errors;
  } catch {
    // told as it came, below
  }
  const [first] = errors;
  if (first === undefined || answer.status >= 500) {
    const lines = [`Unexpected Response`, `Response Code: ${answer.status}`];
    const requestId = answer.headers["x-vcap-request-id"];
    if (requestId !== undefined) lines.push(`Request ID:    ${String(requestId)}`);
    for (const { code, title, detail } of errors) lines.push(`Code: ${code}, Title: ${title}, Detail: ${detail}`);
    if (errors.length === 0) lines.push(answer.body.toString().slice(0, 2000));
    return new CcFailure(answer.status, errors, lines.join("\n"));
  }
  if (answer.status === 401 && first.code === 1000) {
    const text = "The token expired, was revoked, or the token ID is incorrect. Please log back in to re-authenticate.";
    return new CcFailure(answer.status, errors, text);
  }
  if (errors.length === 1) return new CcFailure(answer.status, errors, inOurWords(first.detail));
  const list = errors.map(({ detail }) => detail).join("\n");
  return new CcFailure(answer.status, errors, `Multiple errors occurred:\n${list}`);
}
