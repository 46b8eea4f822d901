import assert from "node:assert/strict";
import { test } from "node:test";
import { Journal } from "./journal.ts";
import type { LrpStore, StoreChange } from "./store.ts";

const row = (domain: string): StoreChange => ({ kind: "put-domain", domain, expiresAtMs: 1 });

/** A store whose writes end when the test says so. */
function heldStore() {
  const batches: { readonly names: string[]; readonly resolve: () => void; readonly reject: (error: Error) => void }[] =
    [];
  const store = {
    write: (batch: readonly StoreChange[]) =>
      new Promise<void>((resolve, reject) => {
        const names = batch.map((change) => (change.kind === "put-domain" ? change.domain : ""));
        batches.push({ names, resolve, reject });
      }),
  } as LrpStore;
  return { store, batches };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("what is decided in one turn shares a batch; the next batch waits for it; answers come in order", async () => {
  const { store, batches } = heldStore();
  const journal = new Journal(store, assert.ifError);
  const done: string[] = [];
  const append = (name: string): void => {
    journal.append([row(name)], () => done.push(`event ${name}`));
    void journal.durable().then(() => done.push(`answer ${name}`));
  };
  append("a");
  append("b");
  await turn();
  append("c");
  await turn();
  assert.deepEqual(
    batches.map(({ names }) => names),
    [["a", "b"]],
  );
  assert.deepEqual(done, []);
  batches[0]?.resolve();
  await turn();
  assert.deepEqual(done, ["event a", "event b", "answer a", "answer b"]);
  batches[1]?.resolve();
  await turn();
  assert.deepEqual(done.slice(4), ["event c", "answer c"]);
});

test("after a failed write nothing is written or answered any more", async () => {
  const { store, batches } = heldStore();
  const failures: Error[] = [];
  const journal = new Journal(store, (error) => failures.push(error));
  let published = false;
  journal.append([row("a")], () => {
    published = true;
  });
  const answer = assert.rejects(journal.durable(), /Unrecoverable/);
  await turn();
  journal.append([row("b")], () => undefined);
  batches[0]?.reject(new Error("disk full"));
  await answer;
  await turn();
  assert.equal(batches.length, 1);
  assert.equal(published, false);
  assert.equal(failures.length, 1);
  assert.throws(() => journal.checkOpen(), /Unrecoverable/);
});
