import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { FakeBroker } from "../../src/capi/cloud-controller/testing/fake-broker.ts";
import { OFFERINGS } from "../../src/capi/cloud-controller/testing/services-world.ts";
import { bootIngot, runCommand } from "../system/boot-ingot.ts";
import { authority, builtOnce, runSteps } from "./_program.ts";

const HERE = join(import.meta.dirname, "python-client");
const ROOT = join(import.meta.dirname, "..", "..");
/** Steps in first_hour.py. */
const STEPS = 29;

/** A virtual environment with the pinned client. Null without Python. */
async function pythonWithClient(): Promise<string | null> {
  const requirements = join(HERE, "requirements.txt");
  const version = /^cloudfoundry_client==(.+)$/m.exec(readFileSync(requirements, "utf8"))![1]!;
  const home = await builtOnce(`python-client-${version}`, [requirements], async (home) => {
    const made = await runCommand("python3", ["-m", "venv", home]).catch(() => null);
    if (made === null || made.code !== 0) return false;
    const flags = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements];
    const installed = await runCommand(join(home, "bin", "python"), flags);
    assert.equal(installed.code, 0, installed.output);
    return true;
  });
  return home === null ? null : join(home, "bin", "python");
}

test("the Python client cloudfoundry-client lives through an app's first hour", async (t) => {
  const python = await pythonWithClient();
  if (python === null) return t.skip("needs python3 with venv (Debian: apt-get install python3-venv)");
  await using broker = await FakeBroker.start(OFFERINGS.filter(({ name }) => name === "db"));
  await using ingot = await bootIngot();
  const work = mkdtempSync(join(tmpdir(), "ingot-python-"));
  try {
    await runSteps(t, STEPS, python, [join(HERE, "first_hour.py")], {
      INGOT_API: ingot.apiUrl,
      INGOT_CA: authority(ingot.state),
      INGOT_PASSWORD: ingot.adminPassword,
      INGOT_APP_DIR: join(ROOT, "examples", "hello-node"),
      INGOT_WORK: work,
      INGOT_BROKER: broker.url,
      INGOT_HTTP_PORT: String(ingot.httpPort),
      PYTHONDONTWRITEBYTECODE: "1",
    });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
});
