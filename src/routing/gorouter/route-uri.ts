/**
 * The form in which routes are kept and compared: lower case (path included), without query and without one trailing
 * slash. Null when there is no host. Gorouter: route/uris.go
 */
export function routeUri(uri: string): string | null {
  const query = uri.indexOf("?");
  const bare = (query < 0 ? uri : uri.slice(0, query)).toLowerCase();
  const trimmed = bare.endsWith("/") ? bare.slice(0, -1) : bare;
  if (trimmed === "" || trimmed.startsWith("/") || /[\s\0]/.test(trimmed)) return null;
  return trimmed;
}

/** `*.b.c` for `a.b.c` and for `*.a.b.c`; null when no wildcard is left to try. */
export function nextWildcard(host: string): string | null {
  const from = host.startsWith("*.") ? 2 : 0;
  const dot = host.indexOf(".", from);
  return dot < 0 ? null : `*${host.slice(dot)}`;
}
