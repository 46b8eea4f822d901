import { readFileSync, statSync } from "node:fs";
import { parseResolvConf, type UpstreamServer } from "./resolv-conf.ts";

/**
 * The host's resolvers as its resolv.conf names them at the moment; the file is read again when it has changed.
 * systemd-resolved's stub (127.0.0.53) is as good as any: we ask from the host, not from a container.
 * @param own addresses that this DNS server listens on
 */
export function hostResolvers(own: readonly string[], path = "/etc/resolv.conf"): () => readonly UpstreamServer[] {
  let readAt = -1;
  let servers: readonly UpstreamServer[] = [];
  return () => {
    const changedAt = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (changedAt !== readAt) {
      readAt = changedAt;
      servers = changedAt === 0 ? [] : parseResolvConf(readFileSync(path, "utf8"), own);
    }
    return servers;
  };
}
