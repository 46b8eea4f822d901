/** Scheme of a service's URI → scheme in DATABASE_URL. buildpackapplifecycle, databaseuri.go. */
const SCHEMES: Readonly<Record<string, string>> = {
  mysql: "mysql2",
  mysql2: "mysql2",
  postgres: "postgres",
  postgresql: "postgres",
};

/** The URI of the first bound relational database, as apps expect it; null when there is none. */
export function databaseUrl(vcapServices: string): string | null {
  let services: unknown;
  try {
    services = JSON.parse(vcapServices);
  } catch {
    return null;
  }
  if (typeof services !== "object" || services === null) return null;
  for (const bindings of Object.values(services)) {
    if (!Array.isArray(bindings)) return null;
    for (const binding of bindings) {
      const uri: unknown = binding?.credentials?.uri;
      const scheme = typeof uri === "string" ? (/^([A-Za-z][A-Za-z0-9+.-]*):/.exec(uri)?.[1]?.toLowerCase() ?? "") : "";
      const wanted = SCHEMES[scheme];
      if (wanted !== undefined) return `${wanted}${(uri as string).slice(scheme.length)}`;
    }
  }
  return null;
}
