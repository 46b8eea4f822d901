/** Text as HTML; also safe inside double-quoted attributes. */
export function escapeHtml(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replaceAll(/[&<>"']/g, (character) => entities[character]!);
}

/** The policy that the pages below are served with: no scripts, nothing from elsewhere, no frames. */
export const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; form-action *";

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title><style>
body{font:16px/1.5 system-ui,sans-serif;background:#eef1f4;color:#1c2733;display:grid;place-items:center;min-height:100vh;margin:0}
main{background:#fff;padding:2rem;border-radius:.5rem;box-shadow:0 1px 6px #0002;width:min(22rem,85vw)}
h1{font-size:1.3rem;margin-top:0}label{display:block;margin:.8rem 0 .2rem}
input:not([type=checkbox]){width:100%;box-sizing:border-box;padding:.5rem;font:inherit;border:1px solid #9aa7b4;border-radius:.3rem}
button{margin-top:1.2rem;padding:.5rem 1.2rem;font:inherit;border:0;border-radius:.3rem;background:#1565a7;color:#fff}
.error{color:#a11}code{font-size:1.1rem;word-break:break-all}
</style></head><body><main>${body}</main></body></html>
`;
}

export function loginPage(csrf: string, redirectTo: string, failed: boolean): string {
  return page(
    "Sign in",
    `<h1>Welcome!</h1>
${failed ? '<p class="error" role="alert">Provided credentials are invalid. Please try again.</p>' : ""}
<form action="/login.do" method="post">
<input type="hidden" name="X-Uaa-Csrf" value="${escapeHtml(csrf)}">
<input type="hidden" name="form_redirect_uri" value="${escapeHtml(redirectTo)}">
<label for="username">Email</label><input id="username" name="username" autocomplete="username" autofocus required>
<label for="password">Password</label><input id="password" name="password" type="password" autocomplete="current-password" required>
<button type="submit">Sign in</button></form>`,
  );
}

export function homePage(userName: string): string {
  return page(
    "Signed in",
    `<h1>Where to?</h1><p>You are signed in as <b>${escapeHtml(userName)}</b>.</p>
<p><a href="/passcode">Get a temporary authentication code</a></p><p><a href="/logout.do">Sign out</a></p>`,
  );
}

export function passcodePage(passcode: string): string {
  return page(
    "Temporary Authentication Code",
    `<h1>Temporary Authentication Code</h1><p><code>${escapeHtml(passcode)}</code></p>
<p>It can be used once, within five minutes.</p>`,
  );
}

export function approvalPage(csrf: string, clientId: string, scopes: readonly string[], query: string): string {
  const boxes = scopes
    .map((scope) => {
      const name = escapeHtml(scope);
      return `<label><input type="checkbox" name="scope.${name}" value="true" checked> ${name}</label>`;
    })
    .join("\n");
  return page(
    "Application Authorization",
    `<h1>Application Authorization</h1><p><b>${escapeHtml(clientId)}</b> has requested permission to</p>
<form action="/oauth/authorize?${escapeHtml(query)}" method="post">
<input type="hidden" name="X-Uaa-Csrf" value="${escapeHtml(csrf)}">
${boxes}
<button name="user_oauth_approval" value="true">Authorize</button>
<button name="user_oauth_approval" value="false">Deny</button></form>`,
  );
}
