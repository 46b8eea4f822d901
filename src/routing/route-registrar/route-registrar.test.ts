import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { systemClock } from "../../kit/clock-system.ts";
import { silentLog } from "../../kit/log.ts";
import { systemRandom } from "../../kit/random-system.ts";
import { startNatsServer } from "../nats-server/index.ts";
import { startRouteRegistrar } from "./route-registrar.ts";

test("components are registered at once, when a router starts, again and again, and taken back at the end", async () => {
  const clock = systemClock();
  await using server = await startNatsServer({}, { clock, random: systemRandom(), log: silentLog() });
  const heard: string[] = [];
  server.bus.subscribe("router.*", ({ subject, data }) => {
    if (subject === "router.start") return;
    const message = JSON.parse(Buffer.from(data).toString());
    heard.push(`${subject} ${message.uris.join(",")} ${message.host}:${message.port} ${message.tags.component}`);
  });
  const components = [{ name: "cc", uris: ["api.cf.localhost"], host: "127.0.0.1", port: 9022 }];
  const registrar = await startRouteRegistrar({ components, intervalMs: 20 }, { clock, bus: server.bus });
  await setImmediate();
  assert.deepEqual(heard, ["router.register api.cf.localhost 127.0.0.1:9022 cc"]);
  server.bus.publish("router.start", "{}");
  await setImmediate();
  assert.equal(heard.length, 2);
  while (heard.length < 4) await clock.sleep(5);
  await registrar[Symbol.asyncDispose]();
  await setImmediate();
  assert.equal(heard.at(-1), "router.unregister api.cf.localhost 127.0.0.1:9022 cc");
});
