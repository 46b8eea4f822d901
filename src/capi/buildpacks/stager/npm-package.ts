import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { download, wholeBody } from "./download.ts";
import type { NpmConfig } from "./npm-config.ts";

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
    return await download(url, headers, (answer) => wholeBody(answer, PACKAGE_MAX_BYTES));
  }
}

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

function encode(name: string): string {
  return name.replace("/", "%2f");
}
