import assert from "node:assert/strict";
import { test } from "node:test";
import { parseResolvConf } from "./resolv-conf.ts";

test("servers come in their order, our own and rubbish left out, three at most", () => {
  const text =
    "# comment\nsearch corp\nnameserver 10.0.0.2\n nameserver 127.0.0.9\nnameserver nonsense\nnameserver fe80::1%eth0\nnameserver 8.8.8.8\nnameserver 9.9.9.9\n";
  assert.deepEqual(
    parseResolvConf(text, ["127.0.0.9"]).map(({ address }) => address),
    ["10.0.0.2", "fe80::1%eth0", "8.8.8.8"],
  );
});
