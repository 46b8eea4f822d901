import { createHash, type Hash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Clock } from "../../kit/clock.ts";
import type { HttpClient, HttpResponse } from "../../kit/http-client.ts";
import type { Random } from "../../kit/random.ts";

/** Diego: cacheddownloader/downloader.go, MAX_DOWNLOAD_ATTEMPTS */
const ATTEMPTS_MAX = 3;
const RETRY_MS = 500;
/** Limit of one attempt. Diego: 15 minutes */
const ATTEMPT_MS = 900_000;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** Go: net/http, defaultCheckRedirect */
const REDIRECTS_MAX = 10;

/** What is fetched, and in which version it must be. */
export interface Download {
  readonly from: string;
  /** Same key, same thing in another version; empty: do not keep it. */
  readonly cacheKey: string;
  readonly checksumAlgorithm?: "md5" | "sha1" | "sha256";
  readonly checksumValue?: string;
}

/** What the server said about a version, and how large it is. */
export interface Version {
  readonly etag: string;
  readonly lastModified: string;
  readonly checksum: string;
  readonly bytes: number;
}

export interface DownloadDeps {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly random: Random;
}

/** Asking again would not help: the bytes are others than wanted, or the server refuses. Its text holds no secrets. */
export class DownloadRefusedError extends Error {}

/**
 * Fetches into the file `to`, with three attempts. Null: not modified since `known`, nothing is written then. Rejects
 * with `DownloadRefusedError` when the checksum is wrong or the server says no, else with the last attempt's error.
 */
export async function downloadTo(
  to: string,
  download: Download,
  known: Version | null,
  deps: DownloadDeps,
  signal: AbortSignal,
): Promise<Version | null> {
  const save = (answer: HttpResponse, limit: AbortSignal): Promise<Version> => saveTo(to, answer, download, limit);
  return await attempts(download, known, save, deps, signal);
}

/**
 * As `downloadTo`, but nothing is copied where the server's file is on this machine: `path` names it, its checksum is for
 * the caller to look at, and it may be removed at any time.
 */
export async function fetchFile(
  to: string,
  download: Download,
  deps: DownloadDeps,
  signal: AbortSignal,
): Promise<{ readonly path: string; readonly isVerified: boolean }> {
  const take = async (answer: HttpResponse, limit: AbortSignal) => {
    if (answer.localFile === undefined) {
      await saveTo(to, answer, download, limit);
      return { path: to, isVerified: true };
    }
    answer.body.destroy();
    return { path: answer.localFile, isVerified: false };
  };
  return (await attempts(download, null, take, deps, signal))!; // without a known version there is no "not modified"
}

/** Algorithm and value as one text; empty when none is wanted. */
export function checksumOf(download: Download): string {
  if (download.checksumAlgorithm === undefined || !download.checksumValue) return "";
  return `${download.checksumAlgorithm}:${download.checksumValue.toLowerCase()}`;
}

async function attempts<T>(
  download: Download,
  known: Version | null,
  take: (answer: HttpResponse, limit: AbortSignal) => Promise<T>,
  deps: DownloadDeps,
  signal: AbortSignal,
): Promise<T | null> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await attemptOnce(download, known, take, deps, deps.clock.deadline(ATTEMPT_MS, signal));
    } catch (error) {
      if (signal.aborted || error instanceof DownloadRefusedError || attempt >= ATTEMPTS_MAX) throw error;
      await deps.clock.sleep(RETRY_MS * attempt + deps.random.below(RETRY_MS), signal);
    }
  }
}

async function attemptOnce<T>(
  download: Download,
  known: Version | null,
  take: (answer: HttpResponse, limit: AbortSignal) => Promise<T>,
  deps: DownloadDeps,
  signal: AbortSignal,
): Promise<T | null> {
  const headers: Record<string, string> = {};
  if (known?.etag) headers["if-none-match"] = known.etag;
  if (known?.lastModified) headers["if-modified-since"] = known.lastModified;
  const answer = await followRedirects(download.from, headers, deps.http, signal);
  if (answer.status === 304 && known !== null) {
    answer.body.resume();
    return null;
  }
  if (answer.status !== 200) {
    answer.body.destroy();
    const text = `Download failed: Status code ${answer.status}`;
    const isFinal = answer.status < 500 && answer.status !== 408 && answer.status !== 429;
    throw isFinal ? new DownloadRefusedError(text) : new Error(text);
  }
  return await take(answer, signal);
}

async function saveTo(to: string, answer: HttpResponse, download: Download, signal: AbortSignal): Promise<Version> {
  const meter = new Meter(download.checksumAlgorithm);
  await pipeline(answer.body, meter, createWriteStream(to, { highWaterMark: 256 * 1024 }), { signal });
  if (download.checksumAlgorithm !== undefined && meter.digest() !== download.checksumValue?.toLowerCase()) {
    throw new DownloadRefusedError("checksum does not match");
  }
  return {
    etag: String(answer.headers.etag ?? ""),
    lastModified: String(answer.headers["last-modified"] ?? ""),
    checksum: checksumOf(download),
    bytes: meter.bytes,
  };
}

/** As Go's client does: the Cloud Controller may send the cell to its blobstore. */
async function followRedirects(
  from: string,
  headers: Readonly<Record<string, string>>,
  http: HttpClient,
  signal: AbortSignal,
): Promise<HttpResponse> {
  let url = from;
  for (let hops = 0; ; hops++) {
    const answer = await http.request({ method: "GET", url, headers, signal });
    const { location } = answer.headers;
    if (!REDIRECTS.has(answer.status) || location === undefined) return answer;
    answer.body.resume();
    if (hops >= REDIRECTS_MAX) throw new DownloadRefusedError(`stopped after ${REDIRECTS_MAX} redirects`);
    url = new URL(location, url).href;
  }
}

class Meter extends Transform {
  bytes = 0;
  readonly #hash: Hash | null;

  constructor(algorithm?: "md5" | "sha1" | "sha256") {
    super({ highWaterMark: 256 * 1024 });
    this.#hash = algorithm === undefined ? null : createHash(algorithm);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error: null, chunk: Buffer) => void): void {
    this.bytes += chunk.length;
    this.#hash?.update(chunk);
    done(null, chunk);
  }

  digest(): string {
    return this.#hash?.digest("hex") ?? "";
  }
}
