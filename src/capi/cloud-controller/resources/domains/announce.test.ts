import assert from "node:assert/strict";
import { test } from "node:test";
import type { DomainName } from "../../deps.ts";
import { type Answer, TestCc } from "../../testing/boot-cc.ts";

const guidOf = ({ body }: Answer): string => (body as { guid: string }).guid;

test("which domains there are is told at the start, when one is made, deleted, or goes with its organization", async () => {
  const told: string[][] = [];
  const names = (domains: readonly DomainName[]): string[] =>
    domains.map(({ name, shared }) => (shared ? name : `${name} (own)`));
  await using cc = await TestCc.boot({ domainsChanged: (domains) => void told.push(names(domains)) });
  const admin = await cc.admin();
  const last = (): string[] => told.at(-1) ?? [];
  const first = [...last()];
  assert.ok(first.length > 0);
  const shared = guidOf(await admin("POST", "/v3/domains", { name: "example.test" }));
  assert.deepEqual(last(), [...first, "example.test"]);
  await admin("POST", "/v3/domains", { name: "deep.internal", internal: true });
  assert.deepEqual(last(), [...first, "example.test"]);
  const organization = guidOf(await admin("POST", "/v3/organizations", { name: "o" }));
  const relationships = { organization: { data: { guid: organization } } };
  await admin("POST", "/v3/domains", { name: "own.test", relationships });
  assert.deepEqual(last(), [...first, "example.test", "own.test (own)"]);
  await admin("DELETE", `/v3/domains/${shared}`);
  await until(() => last().length === first.length + 1);
  assert.deepEqual(last(), [...first, "own.test (own)"]);
  await admin("DELETE", `/v3/organizations/${organization}`);
  await until(() => last().length === first.length);
  assert.deepEqual(last(), first);
});

async function until(condition: () => boolean): Promise<void> {
  const endMs = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error("not in time");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
