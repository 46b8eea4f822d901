import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../kit/clock-system.ts";
import { systemSecrets } from "../../kit/random-system.ts";
import { Links } from "./api/links.ts";
import { BlobLinks } from "./blob-links.ts";

const HOUR_MS = 3_600_000;

test("a link holds for an hour, and only where it was made", () => {
  let nowMs = 1_000_000;
  const clock = { ...systemClock(), nowMs: () => nowMs };
  const made = () => new BlobLinks(new Links("https://api.example.org"), clock, systemSecrets());
  const links = made();
  const url = new URL(links.href("buildpack-cache", "a/b c"));
  assert.equal(url.pathname, "/blobs/buildpack-cache/a%2Fb%20c");
  const [expires, signature] = ["expires", "signature"].map((name) => url.searchParams.get(name)!);
  const isValid = (by: BlobLinks) => by.isValid("buildpack-cache", "a/b c", expires!, signature!);
  assert.ok(isValid(links));
  assert.ok(!isValid(made()));
  nowMs += HOUR_MS - 1;
  assert.ok(isValid(links));
  nowMs += 1;
  assert.ok(!isValid(links));
});
