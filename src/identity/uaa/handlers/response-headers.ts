import type { FastifyInstance } from "fastify";

/** Without Spring's security filters in front. UAA: spring-servlet.xml, secFilterOpen… */
const OPEN: ReadonlySet<string> = new Set([
  "/info",
  "/healthz",
  "/email_sent",
  "/accounts/email_sent",
  "/session",
  "/session_management",
  "/.well-known/openid-configuration",
  "/oauth/token/.well-known/openid-configuration",
]);

/** What every answer says to browsers, unless its handler has said more. Spring Security: HeadersConfigurer; UAA: ContentSecurityPolicyFilter */
export function protectAnswers(server: FastifyInstance): void {
  server.addHook("onSend", async (request, reply) => {
    const setDefault = (name: string, value: string): void => {
      if (!reply.hasHeader(name)) reply.header(name, value);
    };
    setDefault("x-content-type-options", "nosniff");
    const isFramed = String(reply.getHeader("content-security-policy") ?? "").includes("frame-ancestors *");
    if (!isFramed) setDefault("x-frame-options", "DENY");
    setDefault("content-security-policy", "script-src 'self'");
    setDefault("x-xss-protection", "1; mode=block");
    if (OPEN.has(request.routeOptions.url ?? "")) return;
    setDefault("cache-control", "no-cache, no-store, max-age=0, must-revalidate");
    setDefault("pragma", "no-cache");
    setDefault("expires", "0");
  });
}
