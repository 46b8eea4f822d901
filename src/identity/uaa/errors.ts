import { DatabaseUnreachableError } from "../../kit/database-unreachable.ts";

/** UAA error codes that clients look at; the status belongs to the code. UAA: OAuth2Exception and its subclasses, ScimException */
const STATUS = {
  invalid_client: 401,
  unauthorized: 401,
  unauthorized_client: 401,
  invalid_token: 401,
  insufficient_scope: 403,
  access_denied: 403,
  invalid_self_edit: 403,
  internal_user_management_disabled: 403,
  invalid_request: 400,
  invalid_grant: 400,
  invalid_scope: 400,
  unsupported_grant_type: 400,
  unsupported_response_type: 400,
  invalid_scim_resource: 400,
  scim: 400,
  invalid_password: 422,
  invalid_code: 422,
  scim_resource_not_found: 404,
  scim_resource_already_exists: 409,
  scim_resource_conflict: 409,
  not_found: 404,
  client_exists: 409,
  method_not_allowed: 405,
  payload_too_large: 413,
  temporarily_unavailable: 503,
  server_error: 500,
} as const;

export type UaaErrorCode = keyof typeof STATUS;

/** A failure the caller is told about in UAA's words. */
export class UaaError extends Error {
  readonly code: UaaErrorCode;
  readonly status: number;
  /** Further fields of the JSON answer, e.g. `user_id` of a name that is taken. */
  readonly extra: Readonly<Record<string, unknown>>;
  /** How a caller that has proved nothing may do so. */
  readonly scheme: "Basic" | "Bearer";

  constructor(
    code: UaaErrorCode,
    message: string,
    options: {
      readonly status?: number;
      readonly extra?: Readonly<Record<string, unknown>>;
      readonly scheme?: "Basic" | "Bearer";
    } = {},
  ) {
    super(message);
    this.code = code;
    this.status = options.status ?? STATUS[code];
    this.extra = options.extra ?? {};
    this.scheme = options.scheme ?? "Bearer";
  }
}

/** Wrong user name, password or client secret: one text for all, so that nobody learns which. */
export function badCredentials(): UaaError {
  return new UaaError("invalid_client", "Bad credentials");
}

/** Nothing, or nothing that can be read, says who asks: a client with its secret (`Basic`), or somebody with a token. */
export function notAuthenticated(scheme: "Basic" | "Bearer" = "Bearer"): UaaError {
  return new UaaError("unauthorized", "Full authentication is required to access this resource", { scheme });
}

/** Known, but not allowed, and there is no scope that would do. UAA: OAuth2AccessDeniedHandler */
export function accessDenied(): UaaError {
  return new UaaError("access_denied", "Access is denied");
}

export interface WireError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The one place where a failure becomes bytes. Foreign errors lose their text: it may hold secrets. */
export function toWireError(error: unknown): WireError {
  if (error instanceof DatabaseUnreachableError) {
    return toWireError(new UaaError("temporarily_unavailable", "The database does not answer"));
  }
  if (!(error instanceof UaaError)) {
    return {
      status: 500,
      headers: {},
      body: { error: "server_error", error_description: "Internal Server Error" },
    };
  }
  const body: Record<string, unknown> = { error: error.code, error_description: error.message, ...error.extra };
  if (
    error.code.startsWith("scim") ||
    error.code.startsWith("invalid_scim") ||
    error.code === "invalid_password" ||
    error.code === "invalid_code"
  ) {
    body["message"] = error.message;
  }
  const headers: Record<string, string> = { "cache-control": "no-store", pragma: "no-cache" };
  const fields = { error: error.code, error_description: error.message, ...error.extra };
  const summary = Object.entries(fields)
    .map(([name, value]) => `${name}="${String(value).replaceAll(/["\\]|[^ -~]/g, "'")}"`)
    .join(", ");
  if (error.code === "invalid_client") {
    headers["www-authenticate"] = `Basic realm="UAA/client", error="unauthorized", error_description="Bad credentials"`;
  } else if (error.status === 401 || error.code === "insufficient_scope") {
    headers["www-authenticate"] =
      error.scheme === "Basic" ? `Basic realm="UAA/client", ${summary}` : `Bearer realm="UAA/oauth", ${summary}`;
  }
  return { status: error.status, headers, body };
}
