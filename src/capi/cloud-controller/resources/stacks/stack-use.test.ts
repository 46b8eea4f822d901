import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Answer } from "../../testing/boot-cc.ts";
import { related, World } from "../../testing/world.ts";
import { stackUse } from "./stack-use.ts";

let world: World;

before(async () => {
  world = await World.boot();
});
after(() => world[Symbol.asyncDispose]());

const stack = (state: "ACTIVE" | "RESTRICTED" | "DEPRECATED" | "DISABLED") => ({
  name: "s",
  state,
  state_reason: "Move on.",
});

test("a stack's state says who may still be staged on it", () => {
  const outcome = (state: Parameters<typeof stack>[0], isFirst: boolean): string => {
    const { refusal, warnings } = stackUse(stack(state), isFirst);
    return refusal === null ? (warnings.length > 0 ? "warns" : "quiet") : "refuses";
  };
  assert.deepEqual([outcome("ACTIVE", true), outcome("ACTIVE", false)], ["quiet", "quiet"]);
  assert.deepEqual([outcome("DEPRECATED", true), outcome("DEPRECATED", false)], ["warns", "warns"]);
  assert.deepEqual([outcome("RESTRICTED", true), outcome("RESTRICTED", false)], ["refuses", "warns"]);
  assert.deepEqual([outcome("DISABLED", true), outcome("DISABLED", false)], ["refuses", "refuses"]);
  assert.match(
    stackUse(stack("DISABLED"), true).refusal ?? "",
    /is 'DISABLED' and cannot be used for staging\. Move on\.$/,
  );
});

test("apps are made, moved and staged as the state allows", async () => {
  const { call } = world.flow;
  const space = world.things["spaces"]!;
  const old = world.name("old-stack");
  const path = `/v3/stacks/${await world.make("stacks", { name: old })}`;
  const app = (): Promise<Answer> => {
    const lifecycle = { type: "buildpack", data: { stack: old } };
    return call("POST", "/v3/apps", { name: world.name("app"), lifecycle, ...related({ space }) });
  };
  const packages = world.things["packages"]!;
  const stage = (): Promise<Answer> =>
    call("POST", "/v3/builds", { package: { guid: packages }, lifecycle: { type: "buildpack", data: { stack: old } } });
  const move = (): Promise<Answer> =>
    call("PATCH", `/v3/apps/${world.things["apps"]}`, { lifecycle: { type: "buildpack", data: { stack: old } } });

  await call("PATCH", path, { state: "DEPRECATED", state_reason: "Soon gone." });
  const warned = await app();
  assert.equal(warned.status, 201);
  assert.match(decodeURIComponent(warned.headers.get("x-cf-warnings") ?? ""), /DEPRECATED.*Soon\+gone\./);
  assert.match((await move()).headers.get("x-cf-warnings") ?? "", /DEPRECATED/);

  await call("PATCH", path, { state: "RESTRICTED" });
  const refused = await app();
  assert.equal(refused.status, 422);
  // The app has been staged before.
  const staged = await stage();
  assert.equal(staged.status, 201);
  assert.match(staged.headers.get("x-cf-warnings") ?? "", /RESTRICTED/);

  await call("PATCH", path, { state: "DISABLED" });
  assert.equal((await app()).status, 422);
  assert.equal((await move()).status, 422);
  const disabled = await stage();
  const [error] = (disabled.body as { errors: { title: string; detail: string }[] }).errors;
  assert.equal(error!.title, "CF-StackValidationFailed");
  assert.match(error!.detail, /'DISABLED' and cannot be used for staging\. Soon gone\./);
});
