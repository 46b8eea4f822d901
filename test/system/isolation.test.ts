import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import { chooseIsolation, probeMachine } from "../../src/garden/index.ts";
import { type BootedIngot, bootIngot, eventually } from "./boot-ingot.ts";

const HELLO = join(import.meta.dirname, "..", "..", "examples", "hello-node");
const HOST = "hello-node.apps.cf.localhost";

/** What each kind must say that it lacks: a person who runs apps of others has to know. */
const LOST = { container: /^containers: runc/, sandbox: /lost are limits of memory/, process: /lost is all isolation/ };

async function instances(ingot: BootedIngot): Promise<Set<string>> {
  const seen = new Set<string>();
  for (let request = 0; request < 20; request++) {
    seen.add(/instance \d \(([\w-]+)\)/.exec((await ingot.get(HOST)).body)?.[1] ?? "none");
  }
  return seen;
}

for (const isolation of ["sandbox", "process"] as const) {
  const choice = chooseIsolation(isolation, probeMachine());
  const skip = "impossible" in choice ? choice.impossible : false;

  describe(`with --isolation ${isolation}`, { skip }, () => {
    test("an app is pushed, scaled, adopted after kill -9, and deleted without a trace", async () => {
      await using ingot = await bootIngot({ flags: ["--isolation", isolation] });
      const status = await ingot.status();
      assert.equal(status.isolation, isolation);
      assert.match(status.notes.at(-1)!, LOST[isolation]);

      await ingot.login();
      assert.match(await ingot.cfOk("push", "hello-node", "-p", HELLO), /#0\s+running/);
      assert.match((await ingot.get(HOST)).body, /Hello from hello-node, instance 0/);
      await eventually(async () =>
        assert.match(await ingot.cfOk("logs", "hello-node", "--recent"), /\[APP\/PROC\/WEB\/0\]/),
      );

      await ingot.cfOk("scale", "hello-node", "-i", "3");
      await eventually(async () => assert.equal((await instances(ingot)).size, 3));

      const before = await instances(ingot);
      await ingot.kill();
      assert.equal((await ingot.get(HOST)).status, 200);
      await ingot.up();
      await eventually(async () => assert.equal((await ingot.status()).instances.running, 3));
      assert.deepEqual(await instances(ingot), before);

      await ingot.cfOk("restart", "hello-node");
      await eventually(async () => {
        const after = await instances(ingot);
        assert.equal(after.size, 3);
        assert.ok(![...after].some((one) => before.has(one)));
      });

      await ingot.cfOk("delete", "-f", "-r", "hello-node");
      await eventually(async () => assert.equal((await ingot.get(HOST)).status, 404));
      await eventually(async () => assert.equal((await ingot.status()).cells[0]?.containers, 0));
    });
  });
}

test("when the isolation changes, what ran before is ended and starts anew in the other kind", async (context) => {
  const [first, second] = (["container", "sandbox", "process"] as const).filter(
    (kind) => !("impossible" in chooseIsolation(kind, probeMachine())),
  );
  if (first === undefined || second === undefined) return context.skip("one kind of isolation alone works here");
  const flags = ["--isolation", first];
  await using ingot = await bootIngot({ flags });
  await ingot.login();
  await ingot.cfOk("push", "hello-node", "-p", HELLO);
  const before = await instances(ingot);
  await ingot.kill();
  flags[1] = second;
  await ingot.up();
  assert.equal((await ingot.status()).isolation, second);
  await eventually(async () => {
    const after = await instances(ingot);
    assert.deepEqual([after.size, after.has("none"), [...after].some((one) => before.has(one))], [1, false, false]);
  }, 60_000);
});
