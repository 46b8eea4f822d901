import { createHash } from "node:crypto";
import { page } from "./page.ts";

/** What a provider has put behind the # of the address is sent to us as a form: only the browser sees it. UAA: login_implicit */
const SCRIPT = `
const form = document.querySelector("form");
for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
  form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
}
if (location.hash.length > 1) form.submit();
`;
const SCRIPT_HASH = createHash("sha256").update(SCRIPT).digest("base64");

export const IMPLICIT_POLICY = `default-src 'none'; script-src 'sha256-${SCRIPT_HASH}'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'`;

export const IMPLICIT_PAGE = page(
  "One more step",
  `<h1>One more step!</h1><form id="formAuthenticate" method="post"><button type="submit">Sign in</button></form><script>${SCRIPT}</script>`,
);
