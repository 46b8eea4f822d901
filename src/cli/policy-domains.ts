import type { Input } from "./args.ts";
import { flag, value } from "./command.ts";
import { CliError } from "./errors.ts";
import type { Domain } from "./resources.ts";

/** A domain whose routes are open only to those that a route policy names. */
export interface PolicyDomain extends Domain {
  readonly enforce_route_policies?: boolean | null;
  readonly route_policies_scope?: string | null;
}

export function isPolicyDomain(domain: PolicyDomain): boolean {
  return domain.enforce_route_policies === true;
}

export const DOMAIN_POLICY_FLAGS = [
  flag(
    "--enforce-route-policies",
    "Enable platform-enforced access control for routes on this domain (requires mTLS domain configuration in GoRouter)",
  ),
  value(
    "--scope",
    "Operator-level scope boundary for route policies: 'any', 'org', or 'space' (only valid with --enforce-route-policies)",
  ),
];

/** What the flags add to a new domain. Throws for a scope that is none or stands alone. */
export function domainPolicy(input: Input): {
  readonly enforce_route_policies?: true;
  readonly route_policies_scope?: string;
} {
  const scope = input.text("scope") ?? "";
  if (scope !== "" && !input.has("enforce-route-policies")) {
    throw new CliError("--scope can only be used with --enforce-route-policies");
  }
  if (!["", "any", "org", "space"].includes(scope)) throw new CliError("--scope must be one of: any, org, space");
  if (!input.has("enforce-route-policies")) return {};
  return { enforce_route_policies: true, ...(scope === "" ? {} : { route_policies_scope: scope }) };
}

/** The tip after a domain was made. */
export function domainTip(name: string, kind: "private" | "shared", isEnforced: boolean, other: string): string {
  if (!isEnforced) return `TIP: Domain '${name}' is ${other}`;
  return `TIP: Domain '${name}' is a ${kind} identity-aware domain with route policy enforcement enabled. Routes on this domain require route policies to allow traffic.`;
}
