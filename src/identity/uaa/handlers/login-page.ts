import { CSRF_COOKIE } from "../cookies.ts";
import type { LoginLink } from "../identity-source.ts";
import { escapeHtml, field, hidden, notice, page } from "./page.ts";

/** UAA: UaaAuthenticationFailureHandler and messages.properties; other values of `error` get the first text. */
const FAILURES: Readonly<Record<string, string>> = {
  login_failure: "Provided credentials are invalid. Please try again.",
  account_locked: "Your account has been locked because of too many failed attempts to login.",
  account_not_verified: "Your account has not been verified yet. Please verify it first.",
  invalid_login_request: "Invalid login attempt, request does not meet our security standards, please try again.",
};

/** UAA: messages.properties, login.success.* */
const SUCCESSES: Readonly<Record<string, string>> = {
  invite_accepted: "Invitation accepted. Please sign in.",
  verify_success: "Verification successful. Login to access your account.",
  password_reset: "Password reset successful.",
  change_email_success: "Email address successfully verified.",
};

export interface LoginPage {
  readonly csrf: string;
  readonly redirectTo: string;
  readonly userName: string;
  readonly error: string | null;
  readonly success: string | null;
  readonly links: readonly LoginLink[];
  readonly selfService: boolean;
}

export function loginPage({ csrf, redirectTo, userName, error, success, links, selfService }: LoginPage): string {
  const others = links
    .map(({ text, href }) => `<li><a href="${escapeHtml(href)}">${escapeHtml(text)}</a></li>`)
    .join("\n");
  return page(
    "Sign in",
    `<h1>Welcome!</h1>
${error === null ? "" : notice(FAILURES[error] ?? FAILURES["login_failure"]!)}${success === null ? "" : notice(SUCCESSES[success] ?? null, "status")}<form action="/login.do" method="post">
${hidden({ [CSRF_COOKIE]: csrf, form_redirect_uri: redirectTo })}
${field({ name: "username", label: "Email", autocomplete: "username", value: userName }, userName === "")}
${field({ name: "password", label: "Password", type: "password", autocomplete: "current-password" }, userName !== "")}
<button type="submit">Sign in</button></form>
${others === "" ? "" : `<h2>Sign in with</h2><ul>\n${others}\n</ul>\n`}${selfService ? '<p><a href="/create_account">Create account</a> · <a href="/forgot_password">Reset password</a></p>' : ""}`,
  );
}

/** `tiles`: clients that want to be seen here. UAA: HomeController */
export function homePage(userName: string, tiles: readonly { readonly name: string; readonly url: string }[]): string {
  const links = tiles.map(({ name, url }) => `<li><a href="${escapeHtml(url)}">${escapeHtml(name)}</a></li>\n`);
  return page(
    "Signed in",
    `<h1>Where to?</h1><p>You are signed in as <b>${escapeHtml(userName)}</b>.</p>
<ul>${links.join("")}<li><a href="/passcode">Get a temporary authentication code</a></li>
<li><a href="/profile">Account settings</a></li><li><a href="/logout.do">Sign out</a></li></ul>`,
  );
}

export function passcodePage(passcode: string): string {
  return page(
    "Temporary Authentication Code",
    `<h1>Temporary Authentication Code</h1><p><code>${escapeHtml(passcode)}</code></p>
<p>It can be used once, within five minutes.</p>`,
  );
}
