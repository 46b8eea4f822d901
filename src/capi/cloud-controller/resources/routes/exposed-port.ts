/** The first TCP port of a droplet's execution metadata (`{ ports: [{ Port, Protocol }] }`, from a Docker image); null for none. */
export function exposedPort(executionMetadata: string): number | null {
  if (executionMetadata === "") return null;
  try {
    const { ports } = JSON.parse(executionMetadata) as { ports?: { Port?: unknown; Protocol?: unknown }[] };
    const tcp = (ports ?? []).find((port) => port.Protocol === "tcp" || port.Protocol === undefined);
    return typeof tcp?.Port === "number" ? tcp.Port : null;
  } catch {
    return null; // not JSON: an old lifecycle's free text
  }
}
