import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Call, TestCc } from "../../testing/boot-cc.ts";
import { related } from "../../testing/world.ts";

let cc: TestCc;
let admin: Call;
let organization: string;
let space: string;

before(async () => {
  cc = await TestCc.boot();
  admin = await cc.admin();
  organization = await cc.make("/v3/organizations", { name: "o" });
  space = await cc.make("/v3/spaces", { name: "s", ...related({ organization }) });
});
after(() => cc[Symbol.asyncDispose]());

test("a space is taken out of its isolation segment by null, a guid of null and nothing at all", async () => {
  const segment = await cc.make("/v3/isolation_segments", { name: "part" });
  const entitled = { data: [{ guid: organization }] };
  await admin("POST", `/v3/isolation_segments/${segment}/relationships/organizations`, entitled);
  const path = `/v3/spaces/${space}/relationships/isolation_segment`;
  for (const nothing of [{ data: null }, { data: { guid: null } }, {}]) {
    assert.equal((await admin("PATCH", path, { data: { guid: segment } })).status, 200);
    const answer = await admin("PATCH", path, nothing);
    assert.deepEqual([answer.status, (answer.body as { data: unknown }).data], [200, null]);
  }
});
