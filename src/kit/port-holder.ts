import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createServer } from "node:net";

/** Whether a TCP port can be bound now. Asked without `reusePort`, which would steal traffic silently. */
export function canListen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Name and pid of the process that listens on a TCP port, e.g. `nginx (pid 812)`; null when it cannot be seen. */
export function portHolder(port: number): string | null {
  const hexPort = port.toString(16).toUpperCase().padStart(4, "0");
  const inodes = new Set<string>();
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    try {
      for (const line of readFileSync(table, "latin1").split("\n").slice(1)) {
        const fields = line.trim().split(/\s+/);
        // Field 3 is the state: 0A = LISTEN; field 9 the inode of the socket.
        if (fields[1]?.endsWith(`:${hexPort}`) && fields[3] === "0A") inodes.add(`socket:[${fields[9]}]`);
      }
    } catch {
      // No IPv6, or no /proc: then nothing is known from this table.
    }
  }
  if (inodes.size === 0) return null;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      for (const fd of readdirSync(`/proc/${pid}/fd`)) {
        if (inodes.has(readlinkSync(`/proc/${pid}/fd/${fd}`))) {
          return `${readFileSync(`/proc/${pid}/comm`, "utf8").trim()} (pid ${pid})`;
        }
      }
    } catch {
      // Another user's process, or one that has just ended.
    }
  }
  return null;
}
