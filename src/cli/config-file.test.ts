import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { ConfigFile } from "./config-file.ts";

async function home(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "ingot-cf-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test("what is set is found again, in a file for the owner alone", async (context) => {
  const folder = await home(context);
  const config = new ConfigFile(folder);
  config.values.Target = "https://api.cf.localhost";
  config.values.SpaceFields = { GUID: "g", Name: "dev", AllowSSH: true };
  config.save();
  const path = join(folder, ".cf", "config.json");
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.equal(new ConfigFile(folder).values.SpaceFields.Name, "dev");
});

test("a file of the official command line is read, and its unknown fields stay", async (context) => {
  const folder = await home(context);
  await mkdir(join(folder, ".cf"));
  const path = join(folder, ".cf", "config.json");
  await writeFile(path, JSON.stringify({ ConfigVersion: 4, Target: "https://a", FutureField: [1] }));
  const config = new ConfigFile(folder);
  assert.equal(config.values.Target, "https://a");
  assert.equal(config.values.SSHOAuthClient, "ssh-proxy");
  config.values.Target = "https://b";
  config.save();
  const written = JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;
  assert.deepEqual(written["FutureField"], [1]);
  assert.equal(written["Target"], "https://b");
});

test("nothing is written when nothing has changed, and a broken file is said to be broken", async (context) => {
  const folder = await home(context);
  new ConfigFile(folder).save();
  await assert.rejects(stat(join(folder, ".cf", "config.json")), { code: "ENOENT" });
  await mkdir(join(folder, ".cf"));
  await writeFile(join(folder, ".cf", "config.json"), "{");
  assert.throws(() => new ConfigFile(folder), /is not valid JSON/);
});

test("logging out forgets tokens and targets but keeps the API", async (context) => {
  const config = new ConfigFile(await home(context));
  Object.assign(config.values, { Target: "https://a", AccessToken: "bearer x", RefreshToken: "y" });
  config.values.OrganizationFields = { GUID: "o", Name: "org" };
  config.unsetUser();
  assert.equal(config.values.Target, "https://a");
  assert.equal(config.values.AccessToken + config.values.RefreshToken, "");
  assert.equal(config.values.OrganizationFields.GUID, "");
});
