import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import type { NpmConfig } from "./npm-config.ts";

const ATTEMPTS_MAX = 3;
const REQUEST_TIMEOUT_MS = 300_000;
const PACKAGE_MAX_BYTES = 268_435_456;

/** One version of a package in a registry. */
export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  readonly tarball: string;
  /** `sha512-…`: what the tarball must hash to. */
  readonly integrity: string;
}

/** Reads packages from an npm registry: for runtimes and package managers before there is an npm to do it. */
export class NpmRegistry {
  readonly #config: NpmConfig;

  constructor(config: NpmConfig) {
    this.#config = config;
    if (config.caFile !== null) {
      setDefaultCACertificates([...getCACertificates("default"), readFileSync(config.caFile, "utf8")]);
    }
  }

  /** All versions, unordered. */
  async versions(name: string): Promise<string[]> {
    const answer = await this.#get(`${this.#config.registry}${encode(name)}`, "application/vnd.npm.install-v1+json");
    return Object.keys((JSON.parse(answer.toString()) as { versions?: object }).versions ?? {});
  }

  async package(name: string, version: string): Promise<NpmPackage> {
    const answer = await this.#get(`${this.#config.registry}${encode(name)}/${version}`, "application/json");
    const found = JSON.parse(answer.toString()) as {
      version?: string;
      dist?: { tarball?: string; integrity?: string; shasum?: string };
    };
    const { tarball, integrity, shasum } = found.dist ?? {};
    if (!found.version || !tarball) throw new Error(`${name}@${version}: the registry's answer has no tarball`);
    const sum = integrity ?? (shasum === undefined ? "" : `sha1-${Buffer.from(shasum, "hex").toString("base64")}`);
    return { name, version: found.version, tarball, integrity: sum };
  }

  /** Leaves the verified tarball at `path`, whole or not at all. */
  async download(wanted: NpmPackage, path: string): Promise<void> {
    const bytes = await this.#get(wanted.tarball, "*/*");
    if (!isIntact(bytes, wanted.integrity)) throw new Error(`${wanted.name}@${wanted.version}: checksum mismatch`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.part`, bytes);
    renameSync(`${path}.part`, path);
  }

  async #get(url: string, accept: string): Promise<Buffer> {
    const sameHost = new URL(url).host === new URL(this.#config.registry).host;
    const headers = { accept, ...(sameHost ? this.#config.headers : {}) };
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await fetch(url, { headers, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
        if (answer.ok) return await wholeBody(answer);
        await answer.body?.cancel();
        if (answer.status < 500 && answer.status !== 429) throw new RefusedError(`${url}: status ${answer.status}`);
        throw new Error(`${url}: status ${answer.status}`);
      } catch (error) {
        if (attempt >= ATTEMPTS_MAX || error instanceof RefusedError) throw withCause(error, url);
        await sleep(1000 * attempt);
      }
    }
  }
}

class RefusedError extends Error {}

/** Whether the bytes are those of a cached or downloaded package; false without a known checksum. */
export function isIntact(bytes: Uint8Array, integrity: string): boolean {
  return integrity.split(/\s+/).some((sum) => {
    const [algorithm = "", expected = ""] = sum.split("-", 2);
    if (!["sha512", "sha384", "sha256", "sha1"].includes(algorithm)) return false;
    return createHash(algorithm).update(bytes).digest("base64") === expected.split("?")[0];
  });
}

/** Removes a cached file that turned out to be broken. */
export function discard(path: string): void {
  rmSync(path, { force: true });
}

async function wholeBody(answer: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += chunk.length;
    if (size > PACKAGE_MAX_BYTES) throw new RefusedError(`more than ${PACKAGE_MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** `fetch` hides the reason of a failed connection in the cause. */
function withCause(error: unknown, url: string): Error {
  if (error instanceof RefusedError) return error;
  const { message, cause } = error as Error;
  return new Error(`${url}: ${cause instanceof Error ? cause.message : message}`);
}

function encode(name: string): string {
  return name.replace("/", "%2f");
}
