import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type BootedIngot, bootIngot, eventually } from "./boot-ingot.ts";

const DORA = join(import.meta.dirname, "..", "apps", "dora");
let ingot: BootedIngot;

before(async () => {
  ingot = await bootIngot();
  await ingot.login();
  await ingot.cfOk("push", "dora", "-p", DORA);
});
after(() => ingot?.[Symbol.asyncDispose]());

/** What a container of the app gets for the name. */
async function resolvedInside(name: string, sign: string): Promise<string> {
  const command = `echo "${sign} $(getent hosts ${name} || echo nothing)"`;
  await ingot.cfOk("run-task", "dora", "--command", command);
  return await eventually(async () => {
    const found = new RegExp(`OUT ${sign} (.+)`).exec(await ingot.cfOk("logs", "dora", "--recent"));
    if (found === null) throw new Error("the task has not said it yet");
    return found[1]!;
  });
}

test("a new shared domain leads containers to the router at once, a deleted one no longer", async (t) => {
  const { isolation } = await ingot.status();
  if (isolation !== "container") return t.skip(`${isolation}: containers use the host's resolver`);
  assert.equal(await resolvedInside("dora.example.test", "before"), "nothing");
  const made = JSON.parse(await ingot.cfOk("curl", "/v3/domains", "-X", "POST", "-d", '{"name": "example.test"}')) as {
    guid: string;
  };
  const api = await resolvedInside("api.cf.localhost", "api");
  const address = (line: string): string => line.split(/\s/)[0]!;
  assert.equal(address(await resolvedInside("dora.example.test", "made")), address(api));
  await ingot.kill();
  await ingot.up();
  assert.equal(address(await resolvedInside("dora.example.test", "again")), address(api));
  await ingot.cfOk("curl", `/v3/domains/${made.guid}`, "-X", "DELETE");
  await eventually(async () => {
    const { code } = await ingot.cf("curl", "--fail", `/v3/domains/${made.guid}`);
    assert.notEqual(code, 0);
  });
  assert.equal(await resolvedInside("dora.example.test", "deleted"), "nothing");
});
