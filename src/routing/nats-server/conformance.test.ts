import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, headers } from "@nats-io/transport-node";
import { systemClock } from "../../kit/clock-system.ts";
import { silentLog } from "../../kit/log.ts";
import { systemRandom } from "../../kit/random-system.ts";
import { startNatsServer } from "./nats-server.ts";

const deps = { clock: systemClock(), random: systemRandom(), log: silentLog() };

test("the official JavaScript client publishes, subscribes, asks, and learns that nobody answers", async () => {
  const auth = { user: "nats", password: "secret" };
  await using server = await startNatsServer({ listen: { host: "127.0.0.1", port: 0 }, auth }, deps);
  const { host, port } = server.address!;
  const client = await connect({ servers: `${host}:${port}`, user: auth.user, pass: auth.password });
  try {
    server.bus.subscribe("router.greet", (message) => server.bus.publish(message.reply, '{"id":"r1"}'));
    assert.deepEqual((await client.request("router.greet", "", { timeout: 2000 })).json(), { id: "r1" });

    const subscription = client.subscribe("echo.*", { queue: "workers", max: 2 });
    const got: string[] = [];
    const done = (async () => {
      for await (const message of subscription) got.push(`${message.subject} ${message.string()}`);
    })();
    await client.flush();
    server.bus.publish("echo.a", "from here");
    const marked = headers();
    marked.set("Trace", "1");
    client.publish("echo.b", "from there", { headers: marked });
    await done;
    assert.deepEqual(got, ["echo.a from here", "echo.b from there"]);

    await assert.rejects(client.request("nobody.home", "", { timeout: 2000 }), /no responders/);
    const big = new Uint8Array(900_000).fill(7);
    const arrived = Promise.withResolvers<number>();
    server.bus.subscribe("big", (message) => arrived.resolve(message.data.length));
    client.publish("big", big);
    assert.equal(await arrived.promise, big.length);
  } finally {
    await client.close();
  }
});
