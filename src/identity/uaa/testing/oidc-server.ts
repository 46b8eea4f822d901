import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A real OpenID Connect provider, which lets anybody in under the name he types. `claimsOf` says more about him. */
export interface OidcServer extends AsyncDisposable {
  readonly issuer: string;
}

export async function startOidcServer(
  redirectUris: readonly string[],
  claimsOf: (accountId: string) => Readonly<Record<string, unknown>>,
): Promise<OidcServer> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { warn, info } = console;
  console.warn = console.info = () => undefined; // it warns about its development keys
  try {
    const { Provider } = await import("oidc-provider");
    const provider = new Provider(issuer, {
      clients: [
        {
          client_id: "ingot",
          client_secret: "rp-secret-0123456789",
          redirect_uris: redirectUris,
          post_logout_redirect_uris: redirectUris.map((uri) => new URL("/logout.do", uri).toString()),
          grant_types: ["authorization_code"],
          response_types: ["code"],
        },
      ],
      claims: {
        openid: ["sub"],
        profile: ["given_name", "family_name", "groups", "amr_hint"],
        email: ["email", "email_verified"],
      },
      cookies: { keys: ["a key for tests only"] },
      findAccount: (_context: unknown, accountId: string) => ({
        accountId,
        claims: () => ({ sub: accountId, ...claimsOf(accountId) }),
      }),
      features: {
        rpInitiatedLogout: {
          logoutSource: (context: { body: unknown }, form: string) => {
            context.body = form;
          },
        },
      },
      pkce: { required: () => true },
      ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 600, AuthorizationCode: 60, IdToken: 600 },
    });
    server.on("request", provider.callback());
  } finally {
    Object.assign(console, { warn, info });
  }
  return { issuer, [Symbol.asyncDispose]: () => closed(server) };
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
