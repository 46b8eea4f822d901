import fc from "fast-check";
import {
  type Change,
  changed,
  hostileChangeOf,
  hostileRawOf,
  hostileTextOf,
  hostileValueOf,
} from "../../../kit/testing/hostile.ts";
import type { Call } from "./world.ts";

// Requests as nobody should send them, each made from one that works.

const hostileText = hostileTextOf([
  "'; DROP TABLE users; --",
  "%' UNION SELECT * FROM clients --",
  '{"origin":{}}',
  "javascript:alert(1)",
  "//evil.example",
  "http://169.254.169.254/latest/meta-data",
  'userName eq "x" and (',
  'id pr or id co "',
  "a.b.c",
  "e30.e30.e30",
  "eyJhbGciOiJub25lIn0.e30.",
]);

/** Fields that some handler reads, to be added where they do not belong. */
const FIELDS = [
  "id",
  "userName",
  "emails",
  "members",
  "meta",
  "groups",
  "client_id",
  "scope",
  "authorities",
  "redirect_uri",
  "autoapprove",
  "jwks",
  "jwks_uri",
  "config",
  "type",
  "version",
  "grant_type",
  "code",
  "code_verifier",
  "refresh_token",
  "assertion",
  "client_assertion",
  "token_format",
  "login_hint",
  "prompt",
  "max_age",
  "state",
  "filter",
  "sortBy",
  "sortOrder",
  "startIndex",
  "count",
  "attributes",
  "X-Uaa-Csrf",
  "form_redirect_uri",
] as const;

export interface Spoiling {
  readonly part: "body" | "query" | "path" | "raw" | "header";
  readonly change: Change;
  readonly raw: string;
  readonly contentType: string | null;
}

const anyChange = hostileChangeOf(FIELDS, hostileText, hostileValueOf(hostileText, [{ value: {} }, { value: null }]));

const rawBody = hostileRawOf([
  "a=b&a=c",
  "%=%",
  "&&&",
  "a[]=1&a[b]=2",
  "grant_type=password&grant_type=refresh_token",
  "=".repeat(5_000),
]);

const CONTENT_TYPES = [
  null,
  "application/json",
  "application/x-www-form-urlencoded",
  "text/plain",
  "application/xml",
  "multipart/form-data; boundary=x",
  "application/json; charset=utf-16",
  "x",
] as const;

export const anySpoiling: fc.Arbitrary<Spoiling> = fc.record({
  part: fc.constantFrom("body", "body", "body", "query", "query", "path", "raw", "header"),
  change: anyChange,
  raw: rawBody,
  contentType: fc.constantFrom(...CONTENT_TYPES),
});

/** The call with one thing wrong in it. */
export function spoiled(call: Call, { part, change, raw, contentType }: Spoiling): Call {
  switch (part) {
    case "body":
      if (call.form !== undefined) return { ...call, form: asTexts(changed(call.form, change)) };
      if (call.text !== undefined) return { ...call, text: textOf(change.value) };
      return { ...call, json: changed(call.json ?? {}, change) ?? null };
    case "query":
      return { ...call, query: asTexts(changed(call.query ?? {}, change)) };
    case "path": {
      const names = Object.keys(call.params ?? {});
      const name = names[change.at % Math.max(1, names.length)];
      const text = (typeof change.value === "string" ? change.value : change.name).toWellFormed().slice(0, 1_500);
      return name === undefined || text === "" ? call : { ...call, params: { ...call.params, [name]: text } };
    }
    case "raw": {
      const { json: _, form: __, ...rest } = call;
      const headers = { ...call.headers, ...(contentType === null ? {} : { "content-type": contentType }) };
      return { ...rest, text: raw.toWellFormed(), headers };
    }
    case "header":
      return { ...call, headers: { ...call.headers, ...headersOf(change) } };
  }
}

/** Headers that some handler reads. */
function headersOf({ at, value }: Change): Record<string, string> {
  const names = [
    "if-match",
    "if-none-match",
    "accept",
    "origin",
    "cookie",
    "x-identity-zone-id",
    "x-identity-zone-subdomain",
    "x-csrf-token",
    "x-forwarded-proto",
    "x-requested-with",
  ] as const;
  const name = names[at % names.length]!;
  const text = textOf(value)
    .replaceAll(/[^ -~]/g, "?")
    .slice(0, 2_000);
  return { [name]: name === "cookie" ? `JSESSIONID=${text}; X-Uaa-Csrf=${text}` : text };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

function asTexts(value: unknown): Record<string, string> {
  if (typeof value !== "object" || value === null) return { x: textOf(value) };
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name.toWellFormed().slice(0, 1_000),
      textOf(item).toWellFormed().slice(0, 6_000),
    ]),
  );
}
