import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { bootIngot, runCommand } from "../system/boot-ingot.ts";

const HERE = join(import.meta.dirname, "python-client");
const ROOT = join(import.meta.dirname, "..", "..");
/** Steps in first_hour.py; a script that ends early must not pass. */
const STEPS = 26;

/** A virtual environment with the pinned client, kept beside the other installed packages. Null without Python. */
async function pythonWithClient(): Promise<string | null> {
  const requirements = readFileSync(join(HERE, "requirements.txt"), "utf8");
  const version = /^cloudfoundry_client==(.+)$/m.exec(requirements)![1]!;
  const home = join(ROOT, "node_modules", ".cache", `python-client-${version}`);
  const python = join(home, "bin", "python");
  const stamp = join(home, "requirements.txt");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === requirements) return python;
  rmSync(home, { recursive: true, force: true });
  mkdirSync(join(ROOT, "node_modules", ".cache"), { recursive: true });
  const made = await runCommand("python3", ["-m", "venv", home]).catch(() => null);
  if (made === null || made.code !== 0) return null;
  const flags = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
  const installed = await runCommand(python, [...flags, join(HERE, "requirements.txt")]);
  assert.equal(installed.code, 0, installed.output);
  writeFileSync(`${stamp}.new`, requirements);
  renameSync(`${stamp}.new`, stamp);
  return python;
}

/** The platform's authority, by which clients know its certificate. */
function authority(state: string): string {
  const names = readdirSync(join(state, "ca")).filter((name) => /ca.*\.(crt|pem)$/.test(name));
  assert.ok(names.length > 0, `no certificate in ${state}/ca`);
  return join(state, "ca", names.find((name) => !name.includes("key"))!);
}

test("the Python client cloudfoundry-client lives through an app's first hour", async (t) => {
  const python = await pythonWithClient();
  if (python === null) return t.skip("needs python3 with venv (Debian: apt-get install python3-venv)");
  await using ingot = await bootIngot();
  const work = mkdtempSync(join(tmpdir(), "ingot-python-"));
  try {
    const ended = await runCommand(python, [join(HERE, "first_hour.py")], {
      ...process.env,
      INGOT_API: ingot.apiUrl,
      INGOT_CA: authority(ingot.state),
      INGOT_PASSWORD: ingot.adminPassword,
      INGOT_APP_DIR: join(ROOT, "examples", "hello-node"),
      INGOT_WORK: work,
      INGOT_HTTP_PORT: String(ingot.httpPort),
      PYTHONDONTWRITEBYTECODE: "1",
    });
    const results = ended.stdout
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as { name: string; error: string | null });
    for (const { name, error } of results) {
      await t.test(name, () => assert.equal(error, null, error ?? ""));
    }
    assert.equal(results.length, STEPS, ended.output);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
});
