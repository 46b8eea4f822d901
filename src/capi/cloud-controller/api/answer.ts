import type { Readable } from "node:stream";
import type { CcJob } from "../jobs.ts";

/** What a handler gives back. An object body is sent as JSON, a stream as it comes. */
export interface CcAnswer {
  readonly status: number;
  readonly body?: object | string | Readable;
  readonly headers?: Readonly<Record<string, string>>;
}

export function ok(body: object): CcAnswer {
  return { status: 200, body };
}

export function created(body: object): CcAnswer {
  return { status: 201, body };
}

/** 202 and where to poll. Give a body when the resource itself answers (scale, task create). */
export function accepted(job: CcJob, body?: object): CcAnswer {
  const headers = { location: job.href };
  return body === undefined ? { status: 202, headers } : { status: 202, headers, body };
}

/** The client finds what it asked for there. */
export function redirected(href: string): CcAnswer {
  return { status: 302, headers: { location: href } };
}

export function noContent(): CcAnswer {
  return { status: 204 };
}

/** Adds texts that the cf CLI shows. CC: add_warning_headers */
export function withWarnings(answer: CcAnswer, warnings: readonly string[]): CcAnswer {
  if (warnings.length === 0) return answer;
  const text = warnings.map((warning) => encodeURIComponent(warning).replaceAll("%20", "+")).join(",");
  return { ...answer, headers: { ...answer.headers, "x-cf-warnings": text } };
}
