import { createWriteStream, mkdirSync, rmSync, statSync } from "node:fs";
import { get as httpGet, type IncomingMessage } from "node:http";
import { get as httpsGet } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { runScript, ScriptFailed } from "./script.ts";
import { extractZip } from "./zip-extract.ts";

const DOWNLOAD_TIMEOUT_MS = 600_000; // buildpackapplifecycle: runner.go, DOWNLOAD_TIMEOUT
const REDIRECTS_MAX = 10;

/** Fetches a buildpack named by its address: a `.zip`, or a git repository with `#branch` or `#tag`. */
export async function downloadBuildpack(
  address: string,
  destination: string,
  options: { readonly skipCertVerify: boolean; readonly print: (line: string) => void },
): Promise<void> {
  const url = new URL(address);
  if (url.pathname.endsWith(".zip")) {
    const size = await downloadZip(url, destination, options.skipCertVerify);
    options.print(`Downloaded buildpack \`${withoutPassword(url)}\` (${byteSize(size)})`);
  } else {
    await gitClone(url, destination);
  }
}

async function downloadZip(url: URL, destination: string, skipCertVerify: boolean): Promise<number> {
  const archive = join(tmpdir(), `buildpack-${process.pid}.zip`);
  try {
    const answer = await follow(url, skipCertVerify, REDIRECTS_MAX);
    await pipeline(answer, createWriteStream(archive));
  } catch (error) {
    rmSync(archive, { force: true });
    throw new Error(`Failed to download buildpack '${withoutPassword(url)}': ${(error as Error).message}`);
  }
  try {
    mkdirSync(destination, { recursive: true });
    await extractZip(archive, destination);
    return statSync(archive).size;
  } catch (error) {
    throw new Error(`Failed to extract buildpack '${withoutPassword(url)}': ${(error as Error).message}`);
  } finally {
    rmSync(archive, { force: true });
  }
}

async function follow(url: URL, skipCertVerify: boolean, redirectsLeft: number): Promise<IncomingMessage> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = {
      timeout: DOWNLOAD_TIMEOUT_MS,
      rejectUnauthorized: !skipCertVerify,
      signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS),
    };
    (url.protocol === "http:" ? httpGet : httpsGet)(url, options, resolve).on("error", reject);
  });
  const { location } = answer.headers;
  const status = answer.statusCode ?? 0;
  if (status >= 300 && status < 400 && location !== undefined) {
    answer.resume();
    if (redirectsLeft === 0) throw new Error("too many redirects");
    return await follow(new URL(location, url), skipCertVerify, redirectsLeft - 1);
  }
  if (status !== 200) {
    answer.resume();
    throw new Error(`Download failed: Status code ${status}`);
  }
  return answer;
}

/** A shallow clone; servers that cannot give one get asked for the whole history. */
async function gitClone(url: URL, destination: string): Promise<void> {
  const branch = decodeURIComponent(url.hash.slice(1));
  const address = url.href.slice(0, url.href.length - url.hash.length);
  const clone = (...flags: string[]): Promise<string> =>
    runScript(
      "git",
      ["clone", ...flags, "--recursive", ...(branch === "" ? [] : ["-b", branch]), "--", address, destination],
      {
        quiet: true,
      },
    );
  try {
    await clone("--depth", "1");
  } catch (error) {
    if (error instanceof ScriptFailed && error.message.includes("fork/exec git: no such file")) {
      throw new Error('exec: "git": executable file not found in $PATH');
    }
    rmSync(destination, { recursive: true, force: true });
    await clone().catch(() => {
      throw new Error(`Failed to clone git repository at ${withoutPassword(new URL(address))}`);
    });
  }
}

/** Addresses are printed; what stands in them as password is not. */
function withoutPassword(url: URL): string {
  const shown = new URL(url);
  if (shown.password !== "") shown.password = "xxxxx";
  return shown.href;
}

/** 1.5M, 12K: one decimal unless it is zero (bytefmt). */
export function byteSize(bytes: number): string {
  const units = ["B", "K", "M", "G", "T"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return bytes === 0 ? "0B" : `${value.toFixed(1).replace(/\.0$/, "")}${units[unit]}`;
}
