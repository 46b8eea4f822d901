import type { AccountCodeData } from "./account-code.ts";
import type { UaaContext } from "./context.ts";
import { isAddressAllowed } from "./redirect-uri.ts";

/** Where a client wants people to go after a link has done its work; null unless it is registered for the client. */
export async function accountRedirect(
  context: UaaContext,
  { client_id: clientId, redirect_uri: redirectUri }: Pick<AccountCodeData, "client_id" | "redirect_uri">,
): Promise<string | null> {
  if (clientId === undefined || redirectUri === undefined) return null;
  const client = await context.clients.find(clientId);
  if (client === null || !isAddressAllowed(client.redirectUris, redirectUri)) return null;
  return new URL(redirectUri).toString(); // as a header can carry it
}
