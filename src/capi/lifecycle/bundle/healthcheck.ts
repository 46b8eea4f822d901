import { request } from "node:http";
import { connect } from "node:net";
import type { NetworkInterfaceInfo } from "node:os";

export interface HealthCheck {
  readonly port: string;
  /** Empty: a TCP connection is enough. Else only status 200 is healthy. */
  readonly uri: string;
  readonly timeoutMs: number;
}

/** What is wrong, in the words and with the exit code of cloudfoundry/healthcheck, healthcheck.go. */
export interface Unhealthy {
  readonly code: 3 | 4 | 5 | 6 | 64 | 65;
  readonly message: string;
}

type Interfaces = NodeJS.Dict<NetworkInterfaceInfo[]>;

/** Looks once, on the container's first address that is not loopback: an app has to listen for others. Null: healthy. */
export async function checkHealth(check: HealthCheck, interfaces: Interfaces): Promise<Unhealthy | null> {
  const all = Object.values(interfaces).flatMap((addresses) => addresses ?? []);
  const own = all.find((address) => address.family === "IPv4" && !address.internal);
  if (own === undefined) return { code: 3, message: "failure to find suitable interface" };
  return check.uri === "" ? await checkPort(check, own.address) : await checkHttp(check, own.address);
}

function checkPort(check: HealthCheck, ip: string): Promise<Unhealthy | null> {
  const failed = `failed to make TCP connection to ${ip}:${check.port}`;
  return new Promise((resolve) => {
    const socket = connect({ host: ip, port: Number(check.port) });
    const end = (result: Unhealthy | null): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(
      () => end({ code: 64, message: `${failed}: timed out after ${seconds(check.timeoutMs)} seconds` }),
      check.timeoutMs,
    );
    socket.on("connect", () => end(null));
    socket.on("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "ECONNREFUSED" ? "connect: connection refused" : error.message;
      end({ code: 4, message: `${failed}: dial tcp ${ip}:${check.port}: ${why}` });
    });
  });
}

function checkHttp(check: HealthCheck, ip: string): Promise<Unhealthy | null> {
  const failed = `failed to make HTTP request to '${check.uri}' on port ${check.port}`;
  const limit = AbortSignal.timeout(check.timeoutMs);
  const startMs = performance.now();
  return new Promise((resolve) => {
    const refuse = (): void =>
      limit.aborted
        ? resolve({ code: 65, message: `${failed}: timed out after ${seconds(check.timeoutMs)} seconds` })
        : resolve({ code: 5, message: `${failed}: connection refused` });
    const headers = { "user-agent": "diego-healthcheck", "x-forwarded-proto": "https", connection: "close" };
    const options = { host: ip, port: Number(check.port), path: check.uri, headers, signal: limit, agent: false };
    const outgoing = request(options, (answer) => {
      answer.resume(); // some servers log errors when nobody reads the body
      answer.on("error", refuse);
      answer.on("end", () => {
        if (answer.statusCode === 200) return resolve(null);
        const tookMs = Math.floor(performance.now() - startMs);
        resolve({ code: 6, message: `${failed}: received status code ${answer.statusCode} in ${tookMs}ms` });
      });
    });
    outgoing.on("error", refuse);
    outgoing.end();
  });
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(2);
}
