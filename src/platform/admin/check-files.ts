import { createPrivateKey, X509Certificate } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { sha256OfFile } from "../../kit/sha256-of-file.ts";
import { RENEW_MS } from "../certificate-authority.ts";
import type { StateFolder } from "../state-folder.ts";
import { databaseFaults } from "./database-snapshot.ts";

export interface Fault {
  readonly check: "databases" | "blobs" | "certificates" | "secrets";
  readonly problem: string;
  /** What the operator can do. */
  readonly fix: string;
}

export interface FileReport {
  readonly faults: readonly Fault[];
  /** Digests by name of contents that are not what their name says. */
  readonly damaged: readonly string[];
  readonly databases: number;
  readonly blobs: number;
}

const DIGEST = /^[0-9a-f]{64}$/;
/** Others must not read them. */
const PRIVATE = ["secrets.json", "ca/ca.key", "ca/router.key", "ca/ssh-host.key"];

/** Everything that can be seen from the files alone, whether a platform works on them or not. Changes nothing. */
export async function checkFiles(state: StateFolder, nowMs: number, signal: AbortSignal): Promise<FileReport> {
  const faults: Fault[] = [];
  const databases = [
    ...readdirSync(state.data)
      .filter((name) => name.endsWith(".sqlite"))
      .map((name) => join(state.data, name)),
    ...[join(state.blobs, "names.sqlite"), join(state.garden, "garden.sqlite")].filter((path) => existsSync(path)),
  ];
  for (const path of databases) {
    for (const problem of databaseFaults(path)) {
      faults.push({ check: "databases", problem: `${path}: ${problem}`, fix: "restore a backup" });
    }
  }
  const { damaged, count } = await damagedContents(join(state.blobs, "contents"), signal);
  faults.push(...certificateFaults(state.ca, nowMs));
  for (const name of PRIVATE) {
    const path = join(state.root, name);
    if (existsSync(path) && (statSync(path).mode & 0o077) !== 0) {
      faults.push({ check: "secrets", problem: `${path} can be read by others`, fix: `chmod 600 ${path}` });
    }
  }
  return { faults, damaged, databases: databases.length, blobs: count };
}

async function damagedContents(
  folder: string,
  signal: AbortSignal,
): Promise<{ readonly damaged: string[]; readonly count: number }> {
  const damaged: string[] = [];
  let count = 0;
  for (const two of existsSync(folder) ? readdirSync(folder) : []) {
    for (const name of readdirSync(join(folder, two)).filter((one) => DIGEST.test(one))) {
      let digest = "";
      try {
        digest = await sha256OfFile(join(folder, two, name), signal);
      } catch (error) {
        signal.throwIfAborted();
        if ((error as NodeJS.ErrnoException).code === "ENOENT") continue; // deleted meanwhile
        damaged.push(name);
        continue;
      }
      count++;
      if (digest !== name) damaged.push(name);
    }
  }
  return { damaged, count };
}

/** The CA stays; what it has signed is renewed by a start, by a running platform twice a day, or by `admin rotate certificates`. */
function certificateFaults(folder: string, nowMs: number): Fault[] {
  const faults: Fault[] = [];
  const say = (problem: string, fix: string): void => void faults.push({ check: "certificates", problem, fix });
  const ca = certificateIn(join(folder, "ca.crt"));
  if (ca === null)
    return existsSync(join(folder, "ca.crt"))
      ? [{ check: "certificates", problem: "ca.crt is none", fix: "restore a backup" }]
      : [];
  const router = certificateIn(join(folder, "router.crt"));
  const pairs = [
    { name: "ca", certificate: ca, fix: "restore a backup" },
    { name: "router", certificate: router, fix: "./ingot admin rotate certificates" },
  ];
  for (const { name, certificate, fix } of pairs) {
    if (certificate === null) continue;
    const leftMs = Date.parse(certificate.validTo) - nowMs;
    if (leftMs < 0) say(`${name}.crt has ended on ${certificate.validTo}`, fix);
    else if (leftMs < RENEW_MS) say(`${name}.crt ends on ${certificate.validTo}`, fix);
    if (!keyFits(certificate, join(folder, `${name}.key`))) say(`${name}.key does not belong to ${name}.crt`, fix);
  }
  if (router !== null && !router.verify(ca.publicKey)) {
    say("router.crt was not signed by this CA", "./ingot admin rotate certificates");
  }
  return faults;
}

function certificateIn(path: string): X509Certificate | null {
  try {
    return new X509Certificate(readFileSync(path));
  } catch {
    return null;
  }
}

function keyFits(certificate: X509Certificate, path: string): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(readFileSync(path)));
  } catch {
    return false;
  }
}
