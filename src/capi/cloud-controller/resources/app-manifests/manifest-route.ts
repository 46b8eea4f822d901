/** A `route` of a manifest, taken apart. */
export interface ManifestRoute {
  readonly text: string;
  /** Pairs of host and domain to try in turn. */
  readonly candidates: readonly { readonly host: string; readonly domain: string }[];
  readonly path: string;
  readonly port: number | null;
}

/** Null when it is no route. CC: lib/cloud_controller/app_manifest/manifest_route.rb */
export function parseManifestRoute(text: string): ManifestRoute | null {
  const match = /^(?:([a-z][a-z0-9+.-]*):\/\/)?([^/:?#\s]+)(?::(\d{1,5}))?(\/[^\s]*)?$/i.exec(text.trim());
  if (match === null) return null;
  const [, scheme, name = "", portText, path = ""] = match;
  const port = portText === undefined ? null : Number(portText);
  const schemes = port === null ? ["http", "https"] : ["tcp"];
  if (scheme !== undefined && !schemes.includes(scheme.toLowerCase())) return null;
  if (!/^(\*|[\w-]+)(\.[\w-]+)*$/.test(name)) return null;
  const dot = name.indexOf(".");
  const split = { host: dot < 0 ? name : name.slice(0, dot), domain: dot < 0 ? "" : name.slice(dot + 1) };
  const candidates = name.startsWith("*") ? [split] : [{ host: "", domain: name }, split];
  return { text, candidates, path, port };
}
