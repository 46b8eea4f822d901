import type { FastifyInstance } from "fastify";
import type { UaaContext } from "../context.ts";
import { sendPage } from "./browser.ts";
import { errorPage } from "./page.ts";

/**
 * SAML is not spoken here, so an assertion is never taken. Its addresses answer as those of a UAA that knows no SAML provider; there
 * is no metadata (404). UAA: saml-providers.xml, HomeController.error401
 */
export function registerSaml(server: FastifyInstance, _context: UaaContext): void {
  server.route({
    method: ["GET", "POST"],
    url: "/saml/SSO/alias/:entityId",
    handler: (_request, reply) => reply.redirect("/saml_error", 302),
  });
  const failures: Readonly<Record<string, string>> = {
    "/saml_error": "Incoming SAML message is invalid",
    "/oauth_error": "There was an error when authenticating against the external identity provider.",
  };
  for (const [url, text] of Object.entries(failures)) {
    server.get(url, (_request, reply) => sendPage(reply, errorPage(text)));
  }
}
