import { UaaError } from "./errors.ts";
import type { OauthClient } from "./model.ts";

/** Whether a registered scope (`*` stands for one part without dots) covers a wanted one. UAA: UaaStringUtils.matches */
export function coversScope(registered: string, wanted: string): boolean {
  if (!registered.includes("*")) return registered === wanted;
  const pattern = registered
    .split("*")
    .map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"))
    .join("[^.]+");
  return new RegExp(`^${pattern}$`).test(wanted);
}

/**
 * The scopes of a user's token: wanted by the caller (nothing wanted: all that the client may have), allowed to the
 * client, and held by the user. Throws `invalid_scope`. UAA: UaaAuthorizationRequestManager
 */
export function decideUserScopes(
  wanted: readonly string[],
  client: OauthClient,
  groupsOfUser: ReadonlySet<string>,
): string[] {
  const allowed = (scope: string): boolean => client.scope.some((registered) => coversScope(registered, scope));
  for (const scope of wanted) {
    if (!allowed(scope)) {
      throw new UaaError("invalid_scope", `${scope} is invalid. Please use a valid scope name in the request`);
    }
  }
  const granted = [...groupsOfUser].filter(
    (group) => allowed(group) && (wanted.length === 0 || wanted.some((scope) => coversScope(scope, group))),
  );
  if (granted.length === 0 && client.scope.length > 0) {
    throw new UaaError(
      "invalid_scope",
      `[${wanted.join(", ")}] is invalid. This user is not allowed any of the requested scopes`,
    );
  }
  if (!hasRequiredGroups(client, groupsOfUser)) {
    throw new UaaError("invalid_scope", "User does not meet the client's required group criteria.");
  }
  return granted;
}

/** Whether a user is in all the groups that a client insists on. UAA: UaaTokenUtils.hasRequiredUserGroups */
export function hasRequiredGroups(client: OauthClient, groupsOfUser: ReadonlySet<string>): boolean {
  const required = client.additional["required_user_groups"];
  return !Array.isArray(required) || required.every((group) => groupsOfUser.has(String(group)));
}

/** The scopes of a client's own token: wanted (nothing wanted: all) out of its authorities. Throws `invalid_scope`. */
export function decideClientScopes(wanted: readonly string[], client: OauthClient): string[] {
  for (const scope of wanted) {
    if (!client.authorities.includes(scope)) {
      throw new UaaError("invalid_scope", `${scope} is invalid. Please use a valid scope name in the request`);
    }
  }
  return wanted.length === 0 ? [...client.authorities] : [...wanted];
}

/** Resource servers a token is meant for: the client and each scope up to its last dot. UAA: extractScopes, resourceIds */
export function audienceOf(clientId: string, scopes: readonly string[]): string[] {
  const audience = new Set<string>([clientId]);
  for (const scope of scopes) {
    const dot = scope.lastIndexOf(".");
    audience.add(dot > 0 ? scope.slice(0, dot) : scope);
  }
  return [...audience];
}

/** Scopes as they come in a request: separated by spaces, or by commas from old clients. */
export function parseScopes(text: string | undefined): string[] {
  return [...new Set((text ?? "").split(/[\s,]+/).filter((scope) => scope !== ""))];
}
