const LABEL_MAX = 63;

/** The host name that drained lines carry: `organization.space.app`, each fit for DNS. CC: hostname_from_app_name */
export function drainHostname(...names: readonly string[]): string {
  return names
    .map((name) =>
      name
        .replace(/\s+/g, "-")
        .replace(/[^-a-zA-Z0-9]+/g, "")
        .replace(/-+$/, "")
        .slice(0, LABEL_MAX),
    )
    .join(".");
}
