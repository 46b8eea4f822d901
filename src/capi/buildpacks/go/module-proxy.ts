import { createReadStream, createWriteStream, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { download, RefusedError, wholeBody } from "../stager/download.ts";
import type { Environment } from "../stager/stager.ts";

const DEFAULT_PROXY = "https://proxy.golang.org,direct";
const DEFAULT_SUMDB = "sum.golang.org";
const TEXT_MAX_BYTES = 4_194_304;
const ZIP_MAX_BYTES = 536_870_912;

/** The module proxies of GOPROXY, asked in turn, and the checksum database of GOSUMDB. Go: ref/mod, "GOPROXY protocol". */
export class ModuleProxy {
  readonly #proxies: readonly string[];
  readonly #sumdb: string | null;

  constructor(env: Environment) {
    const listed = (env["GOPROXY"] || DEFAULT_PROXY).split(/[,|]/).map((entry) => entry.trim().replace(/\/+$/, ""));
    this.#proxies = listed.filter((entry) => /^(https?|file):\/\//.test(entry));
    const sumdb = (env["GOSUMDB"] || DEFAULT_SUMDB).split(/\s+/)[0]!.split("+")[0]!;
    const insecure = /(^|\s)-insecure(\s|$)/.test(env["GOFLAGS"] ?? "");
    this.#sumdb = sumdb === "off" || insecure || matchesPrivate(env) ? null : sumdb;
  }

  /** Versions of a module, unordered. */
  async versions(module: string): Promise<string[]> {
    const text = await this.#text(`${module}/@v/list`);
    return text.split("\n").flatMap((line) => line.trim().split(/\s+/)[0] || []);
  }

  /** Leaves the module's zip at `path`, whole or not at all; it is not verified. */
  async download(module: string, version: string, path: string): Promise<string> {
    mkdirSync(dirname(path), { recursive: true });
    return await this.#firstOf(`${module}/@v/${version}.zip`, async (address) => {
      try {
        await fetchTo(address, `${path}.part`, ZIP_MAX_BYTES);
        renameSync(`${path}.part`, path);
      } finally {
        rmSync(`${path}.part`, { force: true });
      }
      return address;
    });
  }

  /** What the module must hash to (`h1:…`); null when the app's settings want no check. Throws when nobody can say it. */
  async checksum(module: string, version: string): Promise<string | null> {
    const sumdb = this.#sumdb;
    if (sumdb === null) return null;
    const path = `lookup/${module}@${version}`;
    const throughProxy = this.#proxies.map((proxy) => `${proxy}/sumdb/${sumdb}/${path}`);
    let reason: unknown;
    for (const address of [...throughProxy, `https://${sumdb}/${path}`]) {
      try {
        const lines = (await fetchText(address)).split("\n");
        const found = lines.find((line) => line.startsWith(`${module} ${version} h1:`));
        if (found !== undefined) return found.split(" ")[2]!;
      } catch (error) {
        reason = error;
      }
    }
    throw new Error(`${module}@${version}: no checksum: ${(reason as Error | undefined)?.message ?? "not listed"}`);
  }

  async #text(path: string): Promise<string> {
    return await this.#firstOf(path, fetchText);
  }

  async #firstOf<T>(path: string, get: (address: string) => Promise<T>): Promise<T> {
    if (this.#proxies.length === 0) throw new Error("GOPROXY names no proxy that has Go's own releases");
    let reason: unknown;
    for (const proxy of this.#proxies) {
      try {
        return await get(`${proxy}/${path}`);
      } catch (error) {
        reason = error;
      }
    }
    throw reason;
  }
}

/** Go: GONOSUMDB, GOPRIVATE; only patterns that cover Go's own releases matter here. */
function matchesPrivate(env: Environment): boolean {
  const patterns = (env["GONOSUMDB"] ?? env["GOPRIVATE"] ?? "").split(",").map((pattern) => pattern.trim());
  return patterns.some((pattern) => ["*", "golang.org", "golang.org/toolchain", "golang.org/*"].includes(pattern));
}

async function fetchText(address: string): Promise<string> {
  if (address.startsWith("file:")) return readFileSync(localPath(address), "utf8");
  return (await download(address, {}, (answer) => wholeBody(answer, TEXT_MAX_BYTES))).toString();
}

async function fetchTo(address: string, path: string, maxBytes: number): Promise<void> {
  const write = async (body: Readable): Promise<void> => {
    let size = 0;
    const limited = new Transform({
      transform(chunk: Uint8Array, _encoding, done) {
        size += chunk.length;
        done(size > maxBytes ? new RefusedError(`more than ${maxBytes} bytes`) : null, chunk);
      },
    });
    await pipeline(body, limited, createWriteStream(path));
  };
  if (address.startsWith("file:")) return await write(createReadStream(localPath(address)));
  await download(address, {}, async (answer) => await write(Readable.fromWeb(answer.body as never)));
}

function localPath(address: string): string {
  const path = fileURLToPath(address);
  if (!existsSync(path)) throw new RefusedError(`${path}: no such file`);
  return path;
}
