import assert from "node:assert/strict";
import { test } from "node:test";
import { Turns } from "./turns.ts";

test("turns come one after the other, in order", async () => {
  const turns = new Turns(10_000);
  const order: number[] = [];
  let inTurn = 0;
  await Promise.all(
    Array.from({ length: 20 }, async (_, number) => {
      const end = await turns.take();
      assert.equal(++inTurn, 1);
      await new Promise((resolve) => setImmediate(resolve));
      order.push(number);
      inTurn--;
      end?.();
    }),
  );
  assert.deepEqual(order, [...order.keys()]);
});

test("who has waited too long goes without, and those behind still get their turn after the one in front", async () => {
  const turns = new Turns(20);
  const first = await turns.take();
  assert.equal(await turns.take(), null);
  const third = turns.take();
  first?.();
  const end = await third;
  assert.ok(end !== null);
  end();
  assert.ok((await turns.take()) !== null, "free again");
});
