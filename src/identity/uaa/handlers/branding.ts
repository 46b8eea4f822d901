import type { FastifyInstance } from "fastify";
import type { Branding } from "../config.ts";
import { isHttpUrl } from "../provider-http.ts";
import { escapeHtml } from "./page.ts";

/** Puts the name of the company and the foot of the configuration on each page. UAA: layouts/main.html */
export function brandPages(server: FastifyInstance, branding: Branding | undefined): void {
  if (branding === undefined) return;
  const { companyName, footerText, footerLinks = {} } = branding;
  const links = Object.entries(footerLinks)
    .filter(([, url]) => isHttpUrl(url)) // no link that runs a script
    .map(([text, url]) => `<a href="${escapeHtml(url)}">${escapeHtml(text)}</a>`);
  const foot = [...(footerText === undefined ? [] : [escapeHtml(footerText)]), ...links].join(" · ");
  if (companyName === undefined && foot === "") return;
  const name = companyName === undefined ? null : escapeHtml(companyName);
  server.addHook("onSend", async (_request, reply, payload) => {
    const isPage = String(reply.getHeader("content-type") ?? "").startsWith("text/html");
    if (!isPage || typeof payload !== "string") return payload;
    // Replaced by functions: `$&` in a name is a name.
    const named =
      name === null
        ? payload
        : payload.replace("</title>", () => ` · ${name}</title>`).replace("<main>", () => `<main><p>${name}</p>`);
    return foot === "" ? named : named.replace("</main>", () => `<footer>${foot}</footer></main>`);
  });
}
