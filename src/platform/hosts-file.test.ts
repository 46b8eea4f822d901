import assert from "node:assert/strict";
import { test } from "node:test";
import { withHostsBlock, withoutHostsBlock } from "./hosts-file.ts";

const ORIGINAL = "127.0.0.1 localhost\n::1 localhost\n";

test("a block is added once, however often it is installed, and removed without a trace", () => {
  const once = withHostsBlock(ORIGINAL, "cf.localhost", "127.0.0.1");
  assert.match(once, /127\.0\.0\.1 api\.cf\.localhost\n/);
  assert.equal(withHostsBlock(once, "cf.localhost", "127.0.0.1"), once);
  assert.equal(withoutHostsBlock(once, "cf.localhost"), ORIGINAL);
});

test("blocks of two domains live side by side", () => {
  const both = withHostsBlock(withHostsBlock(ORIGINAL, "a.localhost", "127.0.0.1"), "b.localhost", "127.0.0.1");
  assert.equal(withoutHostsBlock(withoutHostsBlock(both, "a.localhost"), "b.localhost"), ORIGINAL);
});

test("a hosts file without its last newline keeps its last line", () => {
  assert.match(withHostsBlock("127.0.0.1 localhost", "a.b", "127.0.0.1"), /^127\.0\.0\.1 localhost\n# >>>/);
});
