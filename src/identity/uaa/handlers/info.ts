import type { FastifyInstance } from "fastify";
import type { UaaContext } from "../context.ts";
import { accessDenied } from "../errors.ts";
import { requireScope } from "./request.ts";

/** What clients show and ask for at sign-in. UAA: LoginInfoEndpoint */
export function registerInfo(server: FastifyInstance, context: UaaContext): void {
  const { uaaUrl, issuerUrl } = context.config;
  server.get("/info", () => infoOf(context, false));
  server.get("/healthz", (_request, reply) => reply.type("text/plain;charset=utf-8").send("ok\n"));

  const openId = {
    issuer: issuerUrl,
    authorization_endpoint: `${uaaUrl}/oauth/authorize`,
    token_endpoint: `${uaaUrl}/oauth/token`,
    token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post", "private_key_jwt"],
    token_endpoint_auth_signing_alg_values_supported: ["RS256"],
    userinfo_endpoint: `${uaaUrl}/userinfo`,
    jwks_uri: `${uaaUrl}/token_keys`,
    end_session_endpoint: `${uaaUrl}/logout.do`,
    scopes_supported: ["openid", "profile", "email", "phone", "roles", "user_attributes"],
    response_types_supported: ["code", "code id_token", "id_token", "token id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
    id_token_encryption_alg_values_supported: ["none"],
    claim_types_supported: ["normal"],
    claims_supported: [
      "sub",
      "user_name",
      "origin",
      "iss",
      "auth_time",
      "amr",
      "acr",
      "client_id",
      "aud",
      "zid",
      "grant_type",
      "user_id",
      "azp",
      "scope",
      "exp",
      "iat",
      "jti",
      "rev_sig",
      "cid",
      "given_name",
      "family_name",
      "phone_number",
      "email",
    ],
    claims_parameter_supported: false,
    service_documentation: "http://docs.cloudfoundry.org/api/uaa/",
    ui_locales_supported: ["en-US"],
    code_challenge_methods_supported: ["S256", "plain"],
  };
  server.get("/.well-known/openid-configuration", () => openId);
  server.get("/oauth/token/.well-known/openid-configuration", () => openId);

  server.route({
    method: ["GET", "POST"],
    url: "/userinfo",
    handler: async (request) => {
      const { user, scopes } = await requireScope(context, request, "openid");
      if (user === null) throw accessDenied();
      return {
        user_id: user.id,
        user_name: user.userName,
        ...(user.givenName === null ? {} : { given_name: user.givenName }),
        ...(user.familyName === null ? {} : { family_name: user.familyName }),
        name: [user.givenName, user.familyName].filter((part) => part !== null).join(" "),
        ...(user.phoneNumber === null ? {} : { phone_number: user.phoneNumber }),
        email: user.email,
        email_verified: user.verified,
        previous_logon_time: user.previousLogonMs,
        ...(scopes.has("roles") && user.info !== null ? { roles: user.info.roles } : {}),
        ...(scopes.has("user_attributes") && user.info !== null ? { user_attributes: user.info.userAttributes } : {}),
        sub: user.id,
      };
    },
  });
}

/** The JSON of /info; that of /login also offers the one-time passcode. */
export function infoOf(context: UaaContext, withPasscode: boolean): Record<string, unknown> {
  const { uaaUrl, loginUrl, domain, prompts, selfService = true } = context.config;
  return {
    app: { version: UAA_VERSION },
    links: {
      uaa: uaaUrl,
      login: loginUrl,
      ...(withPasscode && selfService ? { passwd: "/forgot_password", register: "/create_account" } : {}),
    },
    zone_name: context.zoneName,
    entityID: `uaa.${domain}`,
    commit_id: "ingot",
    timestamp: `${new Date(context.clock.nowMs()).toISOString().slice(0, 19)}+0000`,
    idpDefinitions: {},
    prompts: Object.fromEntries(
      Object.entries(prompts ?? defaultPrompts(loginUrl)).filter(([name]) => withPasscode || name !== "passcode"),
    ),
  };
}

/** UAA: spring-servlet.xml, prompts */
function defaultPrompts(loginUrl: string): Readonly<Record<string, readonly [kind: string, label: string]>> {
  return {
    username: ["text", "Email"],
    password: ["password", "Password"],
    passcode: ["password", `Temporary Authentication Code ( Get one at ${loginUrl}/passcode )`],
  };
}

/** The release whose behaviour this one follows; clients compare it with what they need. */
const UAA_VERSION = "77.20.0";
