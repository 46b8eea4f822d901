import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { runCommand } from "../system/boot-ingot.ts";

const ROOT = join(import.meta.dirname, "..", "..");
/** Where installed clients and what is built of them stay between runs. */
export const CACHE = join(ROOT, "node_modules", ".cache");

/** The platform's authority, by which clients know its certificate. */
export function authority(state: string): string {
  const names = readdirSync(join(state, "ca")).filter((name) => /ca.*\.(crt|pem)$/.test(name));
  assert.ok(names.length > 0, `no certificate in ${state}/ca`);
  return join(state, "ca", names.find((name) => !name.includes("key"))!);
}

/** Of the UAA's client `admin`. */
export function adminClientSecret(state: string): string {
  const all = JSON.parse(readFileSync(join(state, "secrets.json"), "utf8")) as Record<string, string>;
  return all["uaa-client-admin"]!;
}

/**
 * A folder of the cache that `make` fills once for these sources: again when one of them changes, or after it failed.
 * @param make fills the folder; false when this machine cannot, and then null is given.
 */
export async function builtOnce(
  name: string,
  sources: readonly string[],
  make: (home: string) => Promise<boolean>,
): Promise<string | null> {
  const home = join(CACHE, name);
  const stamp = join(home, "sources");
  const sum = createHash("sha256");
  for (const file of sources) sum.update(`${file}\n`).update(readFileSync(file));
  const wanted = sum.digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return home;
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  if (!(await make(home))) return null;
  writeFileSync(`${stamp}.new`, wanted);
  renameSync(`${stamp}.new`, stamp);
  return home;
}

/** Runs a program that prints a line of JSON a step, and makes each a test. @param steps so many; one that ends early must not pass. */
export async function runSteps(
  t: TestContext,
  steps: number,
  file: string,
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const ended = await runCommand(file, argv, { ...process.env, ...env });
  const results = ended.stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as { name: string; error: string | null });
  for (const { name, error } of results) await t.test(name, () => assert.equal(error, null, error ?? ""));
  assert.equal(results.length, steps, ended.output);
}
