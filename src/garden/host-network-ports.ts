import type { ContainerRecord } from "./container-record.ts";
import { readIfThere } from "./process-folder.ts";

const LISTENING = "0A";

/** TCP ports on which somebody of this machine listens. proc(5): net/tcp */
export function listeningPorts(): Set<number> {
  const ports = new Set<number>();
  for (const file of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const line of (readIfThere(file) ?? "").split("\n").slice(1)) {
      const [, local, , state] = line.trim().split(/\s+/);
      if (state === LISTENING) ports.add(Number.parseInt(local!.split(":")[1]!, 16));
    }
  }
  return ports;
}

/**
 * Where containers share the machine's network, an app that would listen on its own 8080 must take the port that it was
 * given there: variables that name the container's port (PORT, VCAP_APP_PORT) get the machine's instead.
 */
export function withMachinePorts(environment: readonly string[], ports: ContainerRecord["mappedPorts"]): string[] {
  return environment.map((line) => {
    const [name, value] = [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)];
    const mapped = /^(PORT|.*_PORT)$/.test(name)
      ? ports.find(({ containerPort }) => String(containerPort) === value)
      : undefined;
    return mapped === undefined ? line : `${name}=${mapped.hostPort}`;
  });
}
