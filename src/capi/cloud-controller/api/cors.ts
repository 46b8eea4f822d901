import type { IncomingHttpHeaders } from "node:http";

const METHODS = "GET,PUT,POST,DELETE";
const EXPOSED = "x-cf-warnings,x-app-staging-log,x-vcap-request-id,location,range";

/** What a page of another origin is told; null: nothing, the origin is not allowed. */
export interface CorsAnswer {
  /** The answer is only these headers: the browser asked whether it may ask. */
  readonly preflight: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

/** `allowed` holds origins, `*` stands for anything in them. CC: middleware/cors.rb */
export function corsAnswer(
  allowed: readonly string[],
  method: string,
  headers: IncomingHttpHeaders,
): CorsAnswer | null {
  const { origin } = headers;
  if (origin === undefined || !allowed.some((pattern) => matches(pattern, origin))) return null;
  const shared = {
    "access-control-allow-origin": origin,
    "access-control-allow-credentials": "true",
    "access-control-expose-headers": EXPOSED,
    vary: "Origin",
  };
  if (method !== "OPTIONS") return { preflight: false, headers: shared };
  const wanted = headers["access-control-request-method"] ?? "";
  if (!METHODS.split(",").includes(wanted.toUpperCase())) return null;
  const asked = (headers["access-control-request-headers"] ?? "").split(",").map((name) => name.trim().toLowerCase());
  const names = new Set(["origin", "content-type", "authorization", ...asked.filter((name) => /^[\w-]+$/.test(name))]);
  return {
    preflight: true,
    headers: {
      ...shared,
      "content-type": "text/plain",
      "access-control-allow-methods": METHODS,
      "access-control-max-age": "900",
      "access-control-allow-headers": [...names].join(","),
    },
  };
}

function matches(pattern: string, origin: string): boolean {
  const text = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${text.join(".*?")}$`).test(origin);
}
