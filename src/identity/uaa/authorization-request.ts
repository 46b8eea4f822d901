import type { UaaContext } from "./context.ts";
import { UaaError } from "./errors.ts";
import type { OauthClient } from "./model.ts";
import { CHALLENGE_METHODS, isPkceText } from "./pkce.ts";
import { isRedirectAllowed } from "./redirect-uri.ts";

/** A request to /oauth/authorize whose client and address of return are in order. */
export interface AuthorizationRequest {
  readonly client: OauthClient;
  readonly parameters: Readonly<Record<string, string>>;
  readonly redirectUri: string;
  readonly responseTypes: ReadonlySet<string>;
  readonly prompt: string | null;
}

const RESPONSE_TYPES: ReadonlySet<string> = new Set(["code", "token", "id_token"]);

/**
 * Reads the request as far as it must be right for anything to be sent back to the client. Throws `invalid_client` and
 * `invalid_grant`: these are for the user's eyes, the address of return cannot be trusted.
 * UAA: UaaAuthorizationEndpoint.authorize, LegacyRedirectResolver
 */
export async function readAuthorization(
  context: UaaContext,
  parameters: Readonly<Record<string, string>>,
): Promise<AuthorizationRequest> {
  const clientId = parameters["client_id"] ?? "";
  const client = await context.clients.find(clientId);
  if (client === null) throw new UaaError("invalid_client", `No client with requested id: ${clientId}`);
  if (!client.grantTypes.includes("authorization_code") && !client.grantTypes.includes("implicit")) {
    throw new UaaError(
      "invalid_grant",
      "A redirect_uri can only be used by implicit or authorization_code grant types.",
    );
  }
  const wanted = parameters["redirect_uri"];
  const redirectUri = wanted ?? onlyAddressOf(client);
  if (redirectUri === null || !isRedirectAllowed(client.redirectUris, redirectUri, context.config.redirectMatching)) {
    const text = `Invalid redirect ${redirectUri} did not match one of the registered values`;
    throw new UaaError("invalid_grant", text);
  }
  const responseTypes = new Set((parameters["response_type"] ?? "").split(" ").filter((type) => type !== ""));
  return { client, parameters, redirectUri, responseTypes, prompt: parameters["prompt"] ?? null };
}

/** Where a client that names no address gets its answer: only if there is no choice. */
function onlyAddressOf({ redirectUris }: OauthClient): string | null {
  const [first, ...others] = redirectUris;
  return first === undefined || others.length > 0 || first.includes("*") ? null : first;
}

/** Throws what is wrong with the rest; the client is told. */
export function checkAuthorization({ client, parameters, responseTypes }: AuthorizationRequest): void {
  if (responseTypes.size === 0) {
    throw new UaaError("invalid_request", "Missing response_type in authorization request");
  }
  for (const type of responseTypes) {
    if (!RESPONSE_TYPES.has(type)) throw new UaaError("unsupported_response_type", "Unsupported response types");
  }
  const needed = responseTypes.has("code") ? ["authorization_code"] : [];
  if (grantTypeOf(responseTypes) === "implicit") needed.push("implicit");
  if (!needed.every((grantType) => client.grantTypes.includes(grantType))) {
    throw new UaaError("unauthorized_client", "Unauthorized grant type");
  }
  const challenge = parameters["code_challenge"];
  if (challenge === undefined) return;
  if (!isPkceText(challenge)) {
    const text = "Code challenge length must between 43 and 128 and use only [A-Z],[a-z],[0-9],_,.,-,~ characters.";
    throw new UaaError("invalid_request", text);
  }
  if (!CHALLENGE_METHODS.includes(parameters["code_challenge_method"] ?? "plain")) {
    const text = `Unsupported code challenge method. Supported: [${CHALLENGE_METHODS.join(", ")}]`;
    throw new UaaError("invalid_request", text);
  }
}

/** UAA: deriveGrantTypeFromResponseType */
export function grantTypeOf(responseTypes: ReadonlySet<string>): "implicit" | "authorization_code" {
  const onlyId = responseTypes.size === 1 && responseTypes.has("id_token");
  return responseTypes.has("token") || onlyId ? "implicit" : "authorization_code";
}

/** Whether the answer goes into the fragment, which stays in the browser: whenever it may hold a token. */
export function answersInFragment(responseTypes: ReadonlySet<string>): boolean {
  return responseTypes.has("token") || responseTypes.has("id_token");
}

/** The address of return with an answer in it. A value that is null is left out. */
export function returnAddress(
  { redirectUri, parameters, responseTypes }: AuthorizationRequest,
  answer: Readonly<Record<string, string | number | null>>,
): string {
  const target = new URL(redirectUri);
  const isFragment = answersInFragment(responseTypes);
  const into = isFragment ? new URLSearchParams(target.hash.slice(1)) : target.searchParams;
  for (const [name, value] of Object.entries(answer)) if (value !== null) into.set(name, String(value));
  if (parameters["state"] !== undefined) into.set("state", parameters["state"]);
  if (isFragment) target.hash = into.toString();
  return target.toString();
}

/** What a client is told of a failure. UAA: getUnsuccessfulRedirect */
export function failureAddress(request: AuthorizationRequest, error: UaaError): string {
  return returnAddress(request, { error: error.code, error_description: error.message });
}
