import assert from "node:assert/strict";
import { test } from "node:test";
import type { Action, DownloadAction } from "../../../protocol/action.ts";
import { runAction } from "../testing/executor-bench.ts";
import { dropletDownload, isLayered } from "./droplet-download.ts";

const droplet: DownloadAction = {
  kind: "download",
  artifact: "droplet",
  from: "https://cc/droplet",
  to: ".",
  cacheKey: "droplets-web",
  user: "vcap",
  checksumAlgorithm: "sha256",
  checksumValue: "AB".repeat(32),
};
const serial = (...actions: Action[]): Action => ({ kind: "serial", actions });

test("an app's setup and a task's first action are the droplet", () => {
  assert.equal(dropletDownload({ setup: serial(droplet), action: runAction("/app") }), droplet);
  assert.equal(dropletDownload({ setup: null, action: serial(droplet, runAction("/app")) }), droplet);
  const limited: Action = { kind: "timeout", action: serial(droplet), timeoutMs: 1000 };
  assert.equal(dropletDownload({ setup: null, action: limited }), droplet);
});

test("what comes later, goes elsewhere, is another user's or has no SHA-256 is unpacked in the container", () => {
  const none = (action: Action): void => assert.equal(dropletDownload({ setup: null, action }), null);
  none(serial(runAction("/first"), droplet));
  none({ kind: "parallel", actions: [droplet, droplet] });
  none(serial());
  none({ ...droplet, to: "/tmp/app" });
  none({ ...droplet, user: "root" });
  none({ ...droplet, checksumAlgorithm: "sha1", checksumValue: "ab".repeat(20) });
  none({ ...droplet, checksumValue: "../../etc" });
  // The setup comes first, whatever the action is.
  assert.equal(dropletDownload({ setup: runAction("/x"), action: droplet }), null);
});

test("only the very droplet that is mounted is not downloaded", () => {
  const layer = { digest: "ab".repeat(32), bytes: 1, downloadedBytes: 0 };
  assert.equal(isLayered(droplet, layer), true);
  assert.equal(isLayered({ ...droplet, to: "/home/vcap/" }, layer), true);
  assert.equal(isLayered(droplet, null), false);
  assert.equal(isLayered({ ...droplet, to: "/tmp" }, layer), false);
  assert.equal(isLayered({ ...droplet, checksumValue: "cd".repeat(32) }, layer), false);
});
