import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TokenVerifier } from "../src/capi/cloud-controller/api/token-verifier.ts";
import { standardClients, startUaa } from "../src/identity/uaa/index.ts";
import { PasswordHasher } from "../src/identity/uaa/password-hasher.ts";
import { systemClock } from "../src/kit/clock-system.ts";
import { socketHttpClient } from "../src/kit/http-client.ts";
import { silentLog } from "../src/kit/log.ts";
import { systemRandom, systemSecrets } from "../src/kit/random-system.ts";
import { median, printFigure, timed } from "./_measure.ts";

export const name = "uaa";
export const about =
  "UAA: token issue by grant beside the password hash, tokens per second; the Cloud Controller's token check";

const UAA_URL = "https://uaa.cf.localhost";
const ROUNDS = 60;
const CALLERS = 16;

/** All over HTTP on loopback, each answer on disk before it is given. */
export async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "ingot-bench-"));
  const [clock, secrets] = [systemClock(), systemSecrets()];
  const secret = secrets.token(24);
  try {
    await using uaa = await startUaa(
      {
        database: { path: join(folder, "uaa.sqlite") },
        domain: "cf.localhost",
        issuerUrl: `${UAA_URL}/oauth/token`,
        listen: { host: "127.0.0.1", port: 0 },
        loginUrl: UAA_URL,
        uaaUrl: UAA_URL,
        adminUser: "admin",
        adminPassword: "s3cret",
        clients: standardClients(UAA_URL, () => secret),
      },
      { clock, random: systemRandom(), secrets, log: silentLog(), http: socketHttpClient() },
    );
    const url = `http://127.0.0.1:${uaa.address.port}/oauth/token`;
    const ask = async (form: Record<string, string>, id = "cf"): Promise<Record<string, string>> => {
      const basic = Buffer.from(`${id}:${id === "cf" ? "" : secret}`).toString("base64");
      const headers = { authorization: `Basic ${basic}` };
      const answer = await fetch(url, { method: "POST", headers, body: new URLSearchParams(form) });
      if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
      return (await answer.json()) as Record<string, string>;
    };
    const byPassword = { grant_type: "password", username: "admin", password: "s3cret" };
    const tokens = await ask(byPassword);
    const refresh = { grant_type: "refresh_token", refresh_token: tokens["refresh_token"]! };

    const hasher = new PasswordHasher(secrets);
    const hash = await hasher.hash("s3cret");
    // In pairs: the hash takes what the machine has just now, and what is sought is a small difference.
    const [hashes, differences]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      const alone = (await timed(() => hasher.matches("s3cret", hash))).ms;
      hashes.push(alone);
      differences.push((await timed(() => ask(byPassword))).ms - alone);
    }
    printFigure("password hash (argon2id) alone", `${median(hashes).toFixed(1)} ms`);
    printFigure("password grant beside it", `${median(differences).toFixed(1)} ms`, "5 ms");
    const clientMs = await medianOf(() => ask({ grant_type: "client_credentials" }, "doppler"));
    printFigure("client credentials grant", `${clientMs.toFixed(1)} ms`, "5 ms");
    printFigure("refresh grant", `${(await medianOf(() => ask(refresh))).toFixed(1)} ms`, "5 ms");
    await throughput("refresh grants", () => ask(refresh));
    await throughput("client credentials grants", () => ask({ grant_type: "client_credentials" }, "doppler"));
    const many: string[] = [];
    for (let made = 0; made < 300; made++) many.push((await ask(refresh))["access_token"]!);
    await tokenCheck(new TokenVerifier({ clock, uaa: uaa.client }), many);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function medianOf(work: () => Promise<unknown>): Promise<number> {
  for (let round = 0; round < 5; round++) await work();
  const all: number[] = [];
  for (let round = 0; round < ROUNDS; round++) all.push((await timed(work)).ms);
  return median(all);
}

async function throughput(what: string, work: () => Promise<unknown>): Promise<void> {
  let left = 1_000;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await work();
  };
  const { ms } = await timed(() => Promise.all(Array.from({ length: CALLERS }, worker)));
  printFigure(`${what}, ${CALLERS} callers`, `${Math.round((1_000 / ms) * 1000).toLocaleString("en")} /s`);
}

/** What each request to the Cloud Controller pays: the first with a token, and the later ones. */
async function tokenCheck(verifier: TokenVerifier, tokens: readonly string[]): Promise<void> {
  await verifier.verify(`bearer ${tokens[0]}`); // reads the keys
  const first = await timed(async () => {
    for (const token of tokens) await verifier.verify(`bearer ${token}`);
  });
  printFigure("token check in the Cloud Controller, first time", `${(first.ms / tokens.length).toFixed(3)} ms`);
  const header = `bearer ${tokens.at(-1)}`;
  const checks = 20_000;
  const later = await timed(async () => {
    for (let check = 0; check < checks; check++) await verifier.verify(header);
  });
  printFigure("token check in the Cloud Controller, known token", `${(later.ms / checks).toFixed(4)} ms`, "0.1 ms");
}
