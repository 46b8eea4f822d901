import { readdirSync, readFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { databaseUrl } from "./database-url.ts";

const REQUEST_TIMEOUT_MS = 30_000;
const ANSWER_MAX_BYTES = 16_777_216;

/** The environment of services could not be made; `exitCode` is what builder and launcher end with. */
export class ServiceEnvironmentError extends Error {
  readonly exitCode: 3 | 4;
  constructor(message: string, exitCode: 3 | 4) {
    super(message);
    this.exitCode = exitCode;
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Variables to set before an app (or its staging) runs: VCAP_SERVICES with `credhub-ref` replaced by the credentials, when
 * VCAP_PLATFORM_OPTIONS names a CredHub, and DATABASE_URL. The caller forgets VCAP_PLATFORM_OPTIONS afterwards.
 * buildpackapplifecycle: env/env.go, credhub/credhub.go.
 */
export async function serviceEnvironment(
  env: Environment,
  retry: { readonly attempts: number; readonly delayMs: number; readonly print: (line: string) => void },
): Promise<Record<string, string>> {
  const changes: Record<string, string> = {};
  let services = env["VCAP_SERVICES"] ?? "";
  const credhub = credhubUri(env["VCAP_PLATFORM_OPTIONS"] ?? "");
  if (credhub !== "" && !env["CREDHUB_SKIP_INTERPOLATION"] && services.includes('"credhub-ref"')) {
    services = await interpolate(credhub, services, env, retry);
    changes["VCAP_SERVICES"] = services;
  }
  const url = databaseUrl(services);
  if (url !== null) changes["DATABASE_URL"] = url;
  return changes;
}

function credhubUri(options: string): string {
  if (options === "") return "";
  try {
    const uri: unknown = (JSON.parse(options) as Record<string, unknown> | null)?.["credhub-uri"];
    return typeof uri === "string" ? uri : "";
  } catch (error) {
    throw new ServiceEnvironmentError(`Invalid platform options: ${(error as Error).message}`, 3);
  }
}

async function interpolate(
  credhub: string,
  services: string,
  env: Environment,
  retry: { readonly attempts: number; readonly delayMs: number; readonly print: (line: string) => void },
): Promise<string> {
  const cert = env["CF_INSTANCE_CERT"];
  const key = env["CF_INSTANCE_KEY"];
  const systemCerts = env["CF_SYSTEM_CERT_PATH"];
  const refuse = (why: string): never => {
    throw new ServiceEnvironmentError(`Unable to interpolate credhub refs: ${why}`, 4);
  };
  if (!cert || !key) return refuse("Unable to set up credhub client: Missing CF_INSTANCE_CERT and/or CF_INSTANCE_KEY");
  if (!systemCerts) return refuse("Unable to set up credhub client: Missing CF_SYSTEM_CERT_PATH");
  let tls: { ca: string[]; cert: string; key: string };
  try {
    const names = readdirSync(systemCerts).filter((name) => name.endsWith(".crt"));
    const ca = names.map((name) => readFileSync(join(systemCerts, name), "utf8"));
    tls = { ca, cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
  } catch (error) {
    return refuse(`Unable to set up credhub client: ${(error as Error).message}`);
  }
  let failure = "no attempt allowed";
  for (let attempt = 1; attempt <= retry.attempts; attempt++) {
    try {
      return await post(new URL("/api/v1/interpolate", credhub), services, tls);
    } catch (error) {
      failure = (error as Error).message;
      retry.print(
        `Failed on attempt ${attempt} out of ${retry.attempts}: Unable to interpolate credhub references: ${failure}`,
      );
    }
    if (attempt < retry.attempts) await sleep(retry.delayMs);
  }
  return refuse(`Unable to interpolate credhub references: ${failure}`);
}

function post(url: URL, body: string, tls: { ca: string[]; cert: string; key: string }): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      {
        method: "POST",
        headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
        ...tls,
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      },
      (answer) => {
        const chunks: Buffer[] = [];
        let size = 0;
        answer.on("error", reject);
        answer.on("data", (chunk: Buffer) => {
          size += chunk.length;
          if (size > ANSWER_MAX_BYTES) answer.destroy(new Error("the answer is too long"));
          else chunks.push(chunk);
        });
        answer.on("end", () => {
          if (answer.statusCode !== 200) return reject(new Error(`status code ${answer.statusCode}`));
          resolve(Buffer.concat(chunks).toString());
        });
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
