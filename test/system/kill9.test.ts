import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type BootedIngot, bootIngot, eventually } from "./boot-ingot.ts";

const DORA = join(import.meta.dirname, "..", "apps", "dora");
const HOST = "dora.apps.cf.localhost";
let ingot: BootedIngot;

before(async () => {
  ingot = await bootIngot();
  await ingot.login();
  await ingot.cfOk("push", "dora", "-p", DORA);
});
after(() => ingot?.[Symbol.asyncDispose]());

async function instanceGuid(): Promise<string> {
  const { body } = await ingot.get(HOST, "/env");
  return (JSON.parse(body) as { CF_INSTANCE_GUID: string }).CF_INSTANCE_GUID;
}

/** One request after another, over connections of their own. */
function askWithoutEnd(): { end(): Promise<{ readonly answers: number; readonly failures: readonly string[] }> } {
  const failures: string[] = [];
  let answers = 0;
  let isOver = false;
  const asking = (async () => {
    while (!isOver) {
      const answer = await ingot.get(HOST, "/", { connection: "close" }).catch((error: unknown) => String(error));
      answers++;
      if (typeof answer === "string") failures.push(answer);
      else if (answer.status !== 200) failures.push(`${answer.status} ${answer.body}`);
      await sleep(10);
    }
  })();
  return {
    end: async () => {
      isOver = true;
      await asking;
      return { answers, failures };
    },
  };
}

test("an app serves on while the platform is dead, and is adopted by the next start", async () => {
  const guid = await instanceGuid();
  await ingot.kill();
  assert.equal((await ingot.get(HOST)).status, 200);
  await ingot.get(HOST, "/log?text=said-in-the-gap");
  const asking = askWithoutEnd();
  await ingot.up();
  await sleep(3_000); // the first readings of emitter and cell fall into this time
  const { answers, failures } = await asking.end();
  assert.deepEqual(failures, []);
  assert.ok(answers > 50, `${answers} answers`);
  assert.equal(await instanceGuid(), guid);
  await eventually(async () => assert.match(await ingot.cfOk("logs", "dora", "--recent"), /said-in-the-gap/));
  await eventually(async () => assert.match(await ingot.cfOk("app", "dora"), /#0\s+running/));
});

test("an app that died while the platform was dead is replaced, and its crash is told", async () => {
  const guid = await instanceGuid();
  await ingot.kill();
  await ingot.get(HOST, "/exit?code=7").catch(() => undefined);
  await ingot.up();
  await eventually(async () => {
    assert.equal((await ingot.get(HOST)).status, 200);
    assert.notEqual(await instanceGuid(), guid);
  }, 60_000);
  await eventually(async () =>
    assert.match(await ingot.cfOk("events", "dora"), /app\.crash|audit\.app\.process\.crash/),
  );
});

test("kill -9 at any point of a push loses nothing that was answered, and the next push works", async () => {
  for (const afterMs of [300, 900, 1500, 2500, 3500]) {
    const name = `push-${afterMs}`;
    const pushing = ingot.cf("push", name, "-p", DORA);
    await sleep(afterMs); // not a wait for a condition: the moment of the kill is the case
    await ingot.kill();
    await pushing;
    await ingot.up();
    // Whatever state it was in, the app can be pushed again, once a staging that was under way has been finished or failed:
    // until then the API says what the real one says, "Only one build can be STAGING at a time per application."
    await eventually(() => ingot.cfOk("push", name, "-p", DORA), 60_000, 500);
    await eventually(async () => assert.equal((await ingot.get(`${name}.apps.cf.localhost`)).status, 200));
    await ingot.cfOk("delete", "-f", "-r", name);
  }
  await eventually(async () => assert.equal((await ingot.status()).cells[0]?.containers, 1), 60_000);
});

test("kill -9 during scale and delete ends in what was asked or what was before", async () => {
  const scaling = ingot.cf("scale", "dora", "-i", "4");
  await sleep(150);
  await ingot.kill();
  const { code } = await scaling;
  await ingot.up();
  const wanted = code === 0 ? [4] : [1, 4];
  await eventually(async () => assert.ok(wanted.includes((await ingot.status()).instances.running)), 60_000);
  const deleting = ingot.cf("delete", "-f", "-r", "dora");
  await sleep(150);
  await ingot.kill();
  await deleting;
  await ingot.up();
  await ingot.cfOk("delete", "-f", "-r", "dora");
  await eventually(async () => {
    const status = await ingot.status();
    assert.equal(status.instances.desired, 0);
    assert.equal(status.cells[0]?.containers, 0);
  }, 60_000);
  // The kill may have come between the end of the instance and the word to the router, who then learns it from the next start.
  await eventually(async () => assert.equal((await ingot.get(HOST)).status, 404), 5_000);
});
