import { CSRF_COOKIE } from "../cookies.ts";
import { escapeHtml, hidden, page } from "./page.ts";

export interface ApprovalQuestion {
  readonly csrf: string;
  readonly clientName: string;
  readonly userName: string;
  /** The address of the authorization request itself, as in the real form. */
  readonly action: string;
  readonly scopes: readonly { readonly scope: string; readonly text: string; readonly checked: boolean }[];
}

/** Asks the user which scopes a client may have. The fields are those of UAA's access_confirmation page. */
export function approvalPage({ csrf, clientName, userName, action, scopes }: ApprovalQuestion): string {
  const boxes = scopes
    .map(({ scope, text, checked }, index) => {
      const name = `scope.${index}`;
      return `<label for="${name}"><input type="checkbox" id="${name}" name="${name}" value="scope.${escapeHtml(scope)}"${checked ? " checked" : ""}> ${escapeHtml(text)}</label>`;
    })
    .join("\n");
  const client = escapeHtml(clientName);
  return page(
    "Application Authorization",
    `<h1>Application Authorization</h1>
<p><b>${client}</b> has requested permission to access your account <b>${escapeHtml(userName)}</b>:</p>
<form id="application_authorization" action="${escapeHtml(action)}" method="post">
${hidden({ [CSRF_COOKIE]: csrf })}
${boxes}
<p>You can change your approval of permissions, or revoke access for this application, at any time on your <a href="/profile">account page</a>.</p>
<button id="authorize" name="user_oauth_approval" value="true">Authorize</button>
<button id="deny" name="user_oauth_approval" value="false">Deny</button></form>`,
  );
}
