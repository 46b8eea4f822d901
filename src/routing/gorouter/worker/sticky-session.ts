/** Gorouter: handlers/helpers.go, round_tripper/proxy_round_tripper.go */
const INSTANCE_COOKIE = "__VCAP_ID__";

/**
 * The instance that a client belongs to: its `__VCAP_ID__` cookie, which counts only beside the app's own session cookie.
 * @param cookies value of the Cookie header. @param names of session cookies. @returns empty: none.
 */
export function stickyInstance(cookies: string, names: readonly string[]): string {
  if (!cookies.includes(INSTANCE_COOKIE)) return "";
  let instance = "";
  let session = false;
  for (const part of cookies.split(";")) {
    const equals = part.indexOf("=");
    if (equals < 0) continue;
    const name = part.slice(0, equals).trim();
    if (name === INSTANCE_COOKIE && instance === "")
      instance = part
        .slice(equals + 1)
        .trim()
        .replace(/^"(.*)"$/, "$1");
    else if (names.includes(name)) session = true;
  }
  return session ? instance : "";
}

/**
 * The `Set-Cookie` value that binds the client to the instance that answered; null: none needed.
 * @param setCookies the response's own. @param asked instance that the request asked for, or empty.
 */
export function stickyCookie(
  setCookies: readonly string[],
  names: readonly string[],
  instanceId: string,
  asked: string,
  path: string,
  secureAlways: boolean,
): string | null {
  if (instanceId === "" || setCookies.some((cookie) => cookieName(cookie) === INSTANCE_COOKIE)) return null;
  const session = setCookies.find((cookie) => names.includes(cookieName(cookie)));
  if (session === undefined && (asked === "" || asked === instanceId)) return null;
  const attributes = session === undefined ? new Map<string, string>() : cookieAttributes(session);
  let cookie = `${INSTANCE_COOKIE}=${instanceId}; Path=${path}`;
  const expires = attributes.get("expires");
  if (expires !== undefined) cookie += `; Expires=${expires}`;
  // Only a cookie that is being deleted takes ours with it; one that lives longer does not lengthen ours.
  if (Number(attributes.get("max-age") ?? 1) <= 0) cookie += "; Max-Age=0";
  cookie += "; HttpOnly";
  if (secureAlways || attributes.has("secure")) cookie += "; Secure";
  const sameSite = attributes.get("samesite");
  if (sameSite !== undefined && /^(lax|strict|none)$/i.test(sameSite)) {
    cookie += `; SameSite=${sameSite[0]!.toUpperCase()}${sameSite.slice(1).toLowerCase()}`;
  }
  if (attributes.has("partitioned")) cookie += "; Partitioned";
  return cookie;
}

function cookieName(cookie: string): string {
  return cookie.slice(0, Math.max(0, cookie.indexOf("="))).trim();
}

function cookieAttributes(cookie: string): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const part of cookie.split(";").slice(1)) {
    const equals = part.indexOf("=");
    if (equals < 0) attributes.set(part.trim().toLowerCase(), "");
    else attributes.set(part.slice(0, equals).trim().toLowerCase(), part.slice(equals + 1).trim());
  }
  return attributes;
}
