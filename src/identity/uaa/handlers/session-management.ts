import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { UaaContext } from "../context.ts";
import { originsOfAddress } from "../email-domain.ts";
import { UaaError } from "../errors.ts";
import { escapeHtml } from "./page.ts";
import { parametersOf, requireAuthority } from "./request.ts";

/**
 * Answers "changed" or "unchanged" to a page of the client that frames this one (OpenID Connect Session Management):
 * the message is `<client id> <session state>`. The cookie Current-User is there for this script alone.
 */
const SCRIPT = `
const of = (id) => document.getElementById(id).value;
const cookie = document.cookie.split("; ").find((part) => part.startsWith("Current-User=")) ?? "";
const user = () => { try { return JSON.parse(decodeURIComponent(cookie.slice(13))).userId; } catch { return ""; } };
addEventListener("message", async (event) => {
  if (event.origin !== of("messageOrigin")) return;
  const [clientId, state] = String(event.data).split(" ");
  const [, salt] = (state ?? "").split(".");
  if (clientId !== of("clientId") || salt === undefined) return event.source.postMessage("error", event.origin);
  const text = new TextEncoder().encode([clientId, event.origin, user(), salt].join(" "));
  const digest = [...new Uint8Array(await crypto.subtle.digest("SHA-256", text))];
  const now = digest.map((byte) => byte.toString(16).padStart(2, "0")).join("") + "." + salt;
  event.source.postMessage(now === state ? "unchanged" : "changed", event.origin);
});
`;
const SCRIPT_HASH = createHash("sha256").update(SCRIPT).digest("base64");
/** The one page that others may frame: it shows nothing and takes no clicks. */
const FRAME_POLICY = `default-src 'none'; script-src 'sha256-${SCRIPT_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors *`;

/** UAA: SessionController, and the few addresses that lead to the login page or nowhere */
export function registerSessionManagement(server: FastifyInstance, context: UaaContext): void {
  const frame = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const { clientId, messageOrigin } = parametersOf(request);
    if (clientId === undefined || messageOrigin === undefined) {
      throw new UaaError("invalid_request", "clientId and messageOrigin are required.");
    }
    const input = (id: string, value: string): string =>
      `<input type="hidden" id="${id}" value="${escapeHtml(value)}">`;
    const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Session</title></head><body>
${input("clientId", clientId)}${input("messageOrigin", messageOrigin)}<script>${SCRIPT}</script></body></html>
`;
    return reply
      .header("content-security-policy", FRAME_POLICY)
      .header("x-content-type-options", "nosniff")
      .header("cache-control", "no-store")
      .type("text/html; charset=utf-8")
      .send(html);
  };
  server.get("/session", frame);
  server.get("/session_management", frame);

  // One page asks for name and password here; there is no page before it to choose an account or a provider. UAA: LoginInfoEndpoint
  const toLogin = (reply: FastifyReply, hint: string): FastifyReply =>
    reply.redirect(
      `/login?${new URLSearchParams({ discoveryPerformed: "true", ...(hint === "" ? {} : { login_hint: hint }) })}`,
      302,
    );
  server.post("/origin-chooser", (request, reply) => {
    const { login_hint: origin = "" } = parametersOf(request);
    return toLogin(reply, origin === "" ? "" : JSON.stringify({ origin }));
  });
  server.post("/login/idp_discovery", async (request, reply) => {
    const { email, login_hint: hint = "", skipDiscovery = "" } = parametersOf(request);
    if (email === undefined) throw new UaaError("invalid_request", "Required request parameter 'email' is not present");
    const [origin, ...others] = skipDiscovery === "" ? await originsOfAddress(context, email) : [];
    const links = await context.identities.loginLinks("/");
    const link = others.length === 0 ? links.find((candidate) => candidate.origin === origin) : undefined;
    return link === undefined ? toLogin(reply, hint === "" ? email : hint) : reply.redirect(link.href, 302);
  });

  server.get("/RateLimitingStatus", async (request) => {
    await requireAuthority(context, request, "uaa.admin");
    // UAA: RateLimiterStatus without a configuration
    return { current: { status: "DISABLED" }, fromSource: "uaa.yml" };
  });
}
