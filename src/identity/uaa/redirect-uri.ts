/**
 * How strictly an address must be a registered one. `legacy`, which is what an installation has, also takes the host's
 * subdomains and whatever lies below the path; `exact` does not. UAA: uaa.oauth.redirect_uri.matching_mode
 */
export type RedirectMatching = "legacy" | "exact";

/** Whether a client may get its codes at this address. UAA: LegacyRedirectResolver, NormalizedRedirectResolver */
export function isRedirectAllowed(
  registered: readonly string[],
  wanted: string,
  matching: RedirectMatching = "legacy",
): boolean {
  const target = addressOf(wanted);
  if (target === null) return false;
  return registered.some((pattern) => {
    if (matching === "legacy" && pattern.includes("*")) return fitsPattern(pattern, target);
    if (!URL.canParse(pattern)) return false;
    const own = new URL(pattern);
    return matching === "legacy" ? isWithin(own, target) : isSame(own, target);
  });
}

/**
 * Whether an address is one of those that are meant, which may hold `*` and `**`; nothing else stretches them.
 * UAA: UaaUrlUtils.findMatchingRedirectUri
 */
export function isAddressAllowed(patterns: readonly string[], wanted: string): boolean {
  const target = addressOf(wanted);
  if (target === null) return false;
  return patterns.some((pattern) => {
    if (pattern.includes("*")) return fitsPattern(pattern, target);
    if (!URL.canParse(pattern)) return false;
    const own = new URL(pattern);
    return own.origin === target.origin && own.pathname === target.pathname;
  });
}

/** Null: no address that a browser may be sent to with something to keep secret. */
function addressOf(wanted: string): URL | null {
  if (!URL.canParse(wanted)) return null;
  const url = new URL(wanted);
  return url.username === "" && url.password === "" && url.hash === "" ? url : null;
}

/** The same but for what the query says besides. RFC 6749, 3.1.2.3 */
function isSame(own: URL, target: URL): boolean {
  if (own.protocol !== target.protocol || own.host !== target.host || own.pathname !== target.pathname) return false;
  return [...own.searchParams.keys()].every(
    (name) => own.searchParams.getAll(name).join("\n") === target.searchParams.getAll(name).join("\n"),
  );
}

function isWithin(own: URL, target: URL): boolean {
  if (own.host === "") return own.href === target.href; // of an app on a telephone, `app:callback`
  const isHost = target.hostname === own.hostname || target.hostname.endsWith(`.${own.hostname}`);
  return (
    own.protocol === target.protocol && isHost && own.port === target.port && target.pathname.startsWith(own.pathname)
  );
}

/** The parts of the host right of a star must be there as they stand: a star there never takes in another domain. */
function fitsPattern(pattern: string, target: URL): boolean {
  const host = /^[^:/?#]+:\/\/(?:[^/?#]*@)?([^/?#:]*)/.exec(pattern)?.[1]?.toLowerCase();
  if (host === undefined) return false;
  const [wanted, given] = [host.split(".").reverse(), target.hostname.split(".").reverse()];
  if (given.length < wanted.length) return false;
  for (const [at, part] of wanted.entries()) {
    if (part.includes("*")) break;
    if (part !== given[at]) return false;
  }
  const address = `${target.protocol}//${target.host}${target.pathname}`;
  return antMatch(pattern, address) || antMatch(pattern, address + target.search);
}

/**
 * `*` and `?` stand for something within one part between slashes, the part `**` for any number of parts. Spring's
 * AntPathMatcher. Time is the product of the numbers of parts.
 */
function antMatch(pattern: string, text: string): boolean {
  if (pattern.startsWith("/") !== text.startsWith("/")) return false;
  const [wanted, given] = [partsOf(pattern), partsOf(text)];
  let reached = new Set([0]);
  for (const part of wanted) {
    const next = new Set<number>();
    if (part === "**") {
      for (let at = Math.min(...reached, given.length + 1); at <= given.length; at++) next.add(at);
    } else {
      for (const at of reached) if (at < given.length && partFits(part, given[at]!)) next.add(at + 1);
    }
    reached = next;
  }
  return reached.has(given.length) && (pattern.endsWith("/") === text.endsWith("/") || wanted.at(-1) === "**");
}

function partsOf(text: string): string[] {
  return text.split("/").filter((part) => part !== "");
}

/** No regular expression: many stars would let it try for ever. */
function partFits(pattern: string, text: string): boolean {
  let [p, t, star, mark] = [0, 0, -1, 0];
  while (t < text.length) {
    if (pattern[p] === "*") [star, mark] = [p++, t];
    else if (p < pattern.length && (pattern[p] === "?" || pattern[p] === text[t])) [p, t] = [p + 1, t + 1];
    else if (star < 0) return false;
    else [p, t] = [star + 1, ++mark]; // the last star takes one character more
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}
