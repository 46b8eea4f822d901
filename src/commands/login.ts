import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readCommandLine } from "../platform/config.ts";
import { askStatus } from "../platform/status.ts";
import { cf } from "./cf.ts";

/** Where a first user lands. */
export const FIRST_ORG = "ingot";
export const FIRST_SPACE = "dev";

/** `./ingot login`: the cf command line of this user becomes admin of the running Ingot, with an org and a space targeted. */
export async function login(argv: readonly string[]): Promise<number> {
  const { config } = readCommandLine(argv, process.env);
  const status = await askStatus(config.state);
  if (status?.state !== "ready") {
    const why = status === null ? "does not run; start it with ./ingot up" : `is ${status.state}`;
    process.stderr.write(`ingot login: Ingot on ${config.state} ${why}\n`);
    return 3;
  }
  const { adminPassword } = JSON.parse(readFileSync(join(config.state, "secrets.json"), "utf8")) as {
    adminPassword: string;
  };
  for (const words of loginSteps(status.apiUrl, adminPassword)) {
    const code = await cf(words);
    if (code !== 0) return code;
  }
  return 0;
}

/** The cf commands that log in and make and target the first org and space. */
export function loginSteps(apiUrl: string, adminPassword: string): string[][] {
  return [
    ["api", apiUrl, "--skip-ssl-validation"],
    ["auth", "admin", adminPassword],
    ["create-org", FIRST_ORG],
    ["create-space", FIRST_SPACE, "-o", FIRST_ORG],
    ["target", "-o", FIRST_ORG, "-s", FIRST_SPACE],
  ];
}
