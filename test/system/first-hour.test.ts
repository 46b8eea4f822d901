import assert from "node:assert/strict";
import { lookup } from "node:dns/promises";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type BootedIngot, bootIngot, runCommand } from "./boot-ingot.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const HELLO = join(ROOT, "examples", "hello-node");
/** Path of an official cf CLI, built elsewhere: the same first hour is then run with it too. It needs `./ingot dns install`. */
const OFFICIAL = process.env["INGOT_OFFICIAL_CF"];

let ingot: BootedIngot;
before(async () => {
  ingot = await bootIngot();
});
after(() => ingot?.[Symbol.asyncDispose]());

/** The commands of a first hour, in order, each with what its output must show. */
function firstHour(apiUrl: string, password: string, ours: boolean): [string[], RegExp][] {
  return [
    [["api", apiUrl, "--skip-ssl-validation"], /API endpoint:\s+https:\/\/api\.cf\.localhost/],
    [["login", "-a", apiUrl, "-u", "admin", "-p", password, "--skip-ssl-validation"], /user:\s+admin/],
    [["create-org", "hour"], /Creating org hour as admin\.\.\.\s+OK/],
    [["target", "-o", "hour"], /org:\s+hour/],
    [["org-users", "hour"], /ORG MANAGER/],
    [["create-space", "first"], /Assigning role SpaceDeveloper/],
    [["create-space", "second"], /OK/],
    ...(ours ? ([[["switch-space", "second"], /space:\s+second/]] as [string[], RegExp][]) : []),
    [["target", "-s", "first"], /space:\s+first/],
    [["create-user", "dev", "secret-word"], /Creating user dev/],
    [["set-space-role", "dev", "hour", "first", "SpaceDeveloper"], /OK/],
    [["space-users", "hour", "first"], /SPACE DEVELOPER\s+admin \(uaa\)\s+dev \(uaa\)/],
    [["push", "hello", "-p", HELLO], /#0\s+running/],
    [["apps"], /hello\s+started\s+web:1\/1\s+hello\.apps\.cf\.localhost/],
    [["app", "hello"], /buildpacks:[\s\S]*nodejs_buildpack[\s\S]*type:\s+web[\s\S]*#0\s+running/],
    [["env", "hello"], /VCAP_APPLICATION/],
    [["logs", "hello", "--recent"], /\[APP\/PROC\/WEB\/0\]/],
    [["routes"], /first\s+hello\s+apps\.cf\.localhost/],
    [["domains"], /apps\.cf\.localhost\s+shared/],
    [["spaces"], /first\s+second/],
    [["orgs"], /hour/],
    [["services"], /No services? (instances )?found/i],
    [["marketplace"], /No service offerings found/],
    [["set-env", "hello", "GREETING", "salut"], /OK/],
    [["restart", "hello"], /#0\s+running/],
    [["restage", "hello"], /#0\s+running/],
    [["scale", "hello", "-i", "2"], /#1\s+(running|starting)/],
    [["events", "hello"], /audit\.app\.update/],
    [["map-route", "hello", "apps.cf.localhost", "--hostname", "other"], /OK/],
    [["unmap-route", "hello", "apps.cf.localhost", "--hostname", "other"], /OK/],
    [["delete-route", "apps.cf.localhost", "--hostname", "other", "-f"], /OK/],
    [["run-task", "hello", "--command", "echo hi", "--name", "hi"], /Task has been submitted successfully/],
    [["tasks", "hello"], /hi\s+(PENDING|RUNNING|SUCCEEDED)/],
    [["buildpacks"], /nodejs_buildpack\s+cflinuxfs4/],
    [["stacks"], /cflinuxfs4/],
    [["org-quotas"], /default/],
    // Of two instances cf would wait for either, and #0 might still start. cf CLI: actor/v7action/application.go
    [["scale", "hello", "-i", "1"], /#0\s+running/],
    [["stop", "hello"], /OK/],
    [["start", "hello"], /#0\s+running/],
    [["delete", "-f", "-r", "hello"], /OK/],
    [["apps"], /No apps found/],
    [["delete-space", "-f", "second"], /OK/],
    [["delete-org", "-f", "hour"], /OK/],
    [["delete-user", "-f", "dev"], /OK/],
    [["logout"], /OK/],
  ];
}

test("the first hour works with ./ingot cf", async () => {
  for (const [words, shows] of firstHour(ingot.apiUrl, ingot.adminPassword, true)) {
    const { code, output } = await ingot.cf(...words);
    assert.equal(code, 0, `cf ${words.join(" ")}:\n${output}`);
    assert.match(output, shows, `cf ${words.join(" ")}:\n${output}`);
  }
});

test("the first hour works with the official CLI", async (context) => {
  if (OFFICIAL === undefined) return context.skip("INGOT_OFFICIAL_CF names no official cf");
  if (
    await lookup("api.cf.localhost").then(
      () => false,
      () => true,
    )
  )
    return context.skip("needs ./ingot dns install");
  const home = mkdtempSync(join(tmpdir(), "ingot-official-"));
  try {
    const environment = { ...process.env, CF_HOME: home, CF_COLOR: "false" };
    for (const [words, shows] of firstHour(ingot.apiUrl, ingot.adminPassword, false)) {
      const { code, output } = await runCommand(OFFICIAL, words, environment);
      assert.equal(code, 0, `cf ${words.join(" ")}:\n${output}`);
      assert.match(output, shows, `cf ${words.join(" ")}:\n${output}`);
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
