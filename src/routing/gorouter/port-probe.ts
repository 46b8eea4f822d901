import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";

export type PortProbe =
  | { readonly free: true; readonly port: number }
  | { readonly free: false; readonly code: string; readonly message: string; readonly holder: string | null };

/**
 * Whether a port can be listened on, asked without `reusePort`: with it a second program would be let in beside the first
 * and silently take half of its connections. `port` 0 gives a free one.
 */
export async function probePort(host: string, port: number): Promise<PortProbe> {
  const server = createServer();
  return await new Promise<PortProbe>((resolve) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const code = error.code ?? "";
      resolve({ free: false, code, message: error.message, holder: code === "EADDRINUSE" ? portHolder(port) : null });
    });
    server.listen({ host, port }, () => {
      const bound = (server.address() as AddressInfo).port;
      server.close(() => resolve({ free: true, port: bound }));
    });
  });
}

/** Who listens on a TCP port of this machine, e.g. `nginx (pid 812)`; null when it cannot be seen (another user's). */
export function portHolder(port: number): string | null {
  const inodes = new Set<string>();
  for (const file of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const inode of listeningInodes(file, port)) inodes.add(`socket:[${inode}]`);
  }
  if (inodes.size === 0) return null;
  for (const pid of entries("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    for (const descriptor of entries(`/proc/${pid}/fd`)) {
      try {
        if (!inodes.has(readlinkSync(`/proc/${pid}/fd/${descriptor}`))) continue;
        const name = readFileSync(`/proc/${pid}/comm`, "utf8").trim();
        return `${name} (pid ${pid})`;
      } catch {
        // ended or closed meanwhile
      }
    }
  }
  return null;
}

/** State 0A is LISTEN; the local address ends in the port in hex. */
function* listeningInodes(file: string, port: number): Generator<string> {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return;
  }
  for (const line of text.split("\n").slice(1)) {
    const fields = line.trim().split(/\s+/);
    if (fields[3] === "0A" && fields[1]?.endsWith(wanted)) yield fields[9]!;
  }
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
