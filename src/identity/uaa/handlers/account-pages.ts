import { CSRF_COOKIE } from "../cookies.ts";
import type { Approval, User } from "../model.ts";
import { escapeHtml, field, hidden, notice, page } from "./page.ts";

export interface NewPasswordPage {
  readonly title: string;
  readonly action: string;
  readonly hiddenFields: Readonly<Record<string, string>>;
  /** For the password manager. */
  readonly userName: string;
  readonly submit: string;
  readonly error: string | null;
}

/** Password twice; used to reset one, to replace one that has run out, and to accept an invitation. */
export function newPasswordPage({ title, action, hiddenFields, userName, submit, error }: NewPasswordPage): string {
  return page(
    title,
    `<h1>${escapeHtml(title)}</h1><p>${escapeHtml(userName)}</p>
${notice(error)}<form action="${action}" method="post">
${hidden(hiddenFields)}
${field({ name: "password", label: "New password", type: "password", autocomplete: "new-password" }, true)}
${field({ name: "password_confirmation", label: "Confirm new password", type: "password", autocomplete: "new-password" })}
<button type="submit">${escapeHtml(submit)}</button></form>`,
  );
}

export function changePasswordPage(csrf: string, userName: string, error: string | null): string {
  return page(
    "Change Password",
    `<h1>Change Password</h1><p>${escapeHtml(userName)}</p>
${notice(error)}<form action="/change_password.do" method="post">
${hidden({ [CSRF_COOKIE]: csrf })}
${field({ name: "current_password", label: "Current password", type: "password", autocomplete: "current-password" }, true)}
${field({ name: "new_password", label: "New password", type: "password", autocomplete: "new-password" })}
${field({ name: "confirm_password", label: "Confirm new password", type: "password", autocomplete: "new-password" })}
<button type="submit">Change password</button></form>`,
  );
}

/** A form with one address in it. */
export function forgotPasswordPage(csrf: string, parameters: Readonly<Record<string, string>>): string {
  return page(
    "Reset Password",
    `<h1>Reset Password</h1><form action="/forgot_password.do" method="post">
${hidden({ [CSRF_COOKIE]: csrf, ...origins(parameters) })}
${field({ name: "username", label: "Username", autocomplete: "username" }, true)}
<button type="submit">Send reset password link</button></form>`,
  );
}

export function createAccountPage(
  csrf: string,
  parameters: Readonly<Record<string, string>>,
  error: string | null,
): string {
  return page(
    "Create account",
    `<h1>Create your account</h1>
${notice(error)}<form action="/create_account.do" method="post">
${hidden({ [CSRF_COOKIE]: csrf, ...origins(parameters) })}
${field({ name: "email", label: "Email", type: "email", autocomplete: "username", value: parameters["email"] ?? "" }, true)}
${field({ name: "password", label: "Password", type: "password", autocomplete: "new-password" })}
${field({ name: "password_confirmation", label: "Confirm password", type: "password", autocomplete: "new-password" })}
<button type="submit">Send activation link</button></form>`,
  );
}

export function changeEmailPage(
  csrf: string,
  email: string,
  parameters: Readonly<Record<string, string>>,
  error: string | null,
): string {
  return page(
    "Change Email",
    `<h1>Change Email</h1><p>Current: ${escapeHtml(email)}</p>
${notice(error)}<form action="/change_email.do" method="post">
${hidden({ [CSRF_COOKIE]: csrf, ...origins(parameters) })}
${field({ name: "newEmail", label: "New email address", type: "email", autocomplete: "email" }, true)}
<button type="submit">Send verification link</button></form>`,
  );
}

export function checkYourMailPage(): string {
  return page("Email sent", "<h1>Check your email</h1><p>If there is something to do, a letter says what.</p>");
}

/** Which client sent the browser here and wants it back. */
function origins(parameters: Readonly<Record<string, string>>): Record<string, string> {
  const { client_id: clientId, redirect_uri: redirectUri } = parameters;
  return {
    ...(clientId === undefined ? {} : { client_id: clientId }),
    ...(redirectUri === undefined ? {} : { redirect_uri: redirectUri }),
  };
}

export interface ProfilePage {
  readonly csrf: string;
  readonly user: User;
  readonly message: string | null;
  /** By client, with the name that the client goes by. */
  readonly clients: readonly { readonly id: string; readonly name: string; readonly approvals: readonly Approval[] }[];
}

/** The account's settings and what it has allowed to which client. The fields are those of UAA's approvals page. */
export function profilePage({ csrf, user, clients, message }: ProfilePage): string {
  const forms = clients.map(({ id, name, approvals }) => {
    const boxes = approvals.map(({ scope, status }) => {
      const value = escapeHtml(`${id}-${scope}`);
      return `<label><input type="checkbox" name="checkedScopes" value="${value}"${status === "APPROVED" ? " checked" : ""}> ${escapeHtml(scope)}</label>`;
    });
    return `<h2>${escapeHtml(name)}</h2><form action="/profile" method="post">
${hidden({ [CSRF_COOKIE]: csrf, clientId: id })}
${boxes.join("\n")}
<button name="update" value="">Update</button><button name="delete" value="">Revoke access</button></form>`;
  });
  const own =
    user.origin === "uaa"
      ? '<ul><li><a href="/change_password">Change password</a></li><li><a href="/change_email">Change email</a></li></ul>'
      : "";
  return page(
    "Account Settings",
    `<h1>Account Settings</h1>
${notice(message, "status")}<p>${escapeHtml(user.userName)} · ${escapeHtml(user.email)}</p>${own}
<h2>Third party access</h2>
${forms.length === 0 ? "<p>You have not yet authorized any third party applications.</p>" : forms.join("\n")}
<p><a href="/">Home</a> · <a href="/logout.do">Sign out</a></p>`,
  );
}
