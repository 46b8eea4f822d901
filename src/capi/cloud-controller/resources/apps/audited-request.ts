import { HIDDEN } from "../../audit-events.ts";

const CENSORED = ["environment_variables", "environment_json", "command", "docker_credentials"];

/** A request body for the audit log, without secrets. CC: app_event_repository.rb, app_audit_hash */
export function auditedRequest(body: unknown): object {
  const shown: Record<string, unknown> = { ...(body as object) };
  for (const field of CENSORED) if (shown[field] !== undefined) shown[field] = HIDDEN;
  return withoutUrlSecrets(shown) as object;
}

/** `https://user:password@host/…` → `https://***:***@host/…`. CC: url_secret_obfuscator.rb */
export function obfuscateUrl(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@\s]*@/i, "$1***:***@");
}

function withoutUrlSecrets(value: unknown): unknown {
  if (typeof value === "string") return obfuscateUrl(value);
  if (Array.isArray(value)) return value.map(withoutUrlSecrets);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutUrlSecrets(inner)]));
}
