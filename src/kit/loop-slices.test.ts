import assert from "node:assert/strict";
import { test } from "node:test";
import { LoopSlices } from "./loop-slices.ts";

function workFor(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end); // what holds the event loop is what is tested
}

test("pieces of work that come together let the event loop in between, and keep their order", async () => {
  const slices = new LoopSlices();
  let isDone = false;
  let turns = 0;
  const count = (): void => {
    turns++;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  const order: number[] = [];
  const piece = async (index: number): Promise<void> => {
    await slices.next();
    workFor(2);
    order.push(index);
  };
  await Promise.all(Array.from({ length: 60 }, (_, index) => piece(index)));
  isDone = true;
  assert.ok(turns >= 10, `${turns} turns in 120 ms of work`);
  assert.deepEqual(
    order,
    Array.from({ length: 60 }, (_, index) => index),
  );
});
