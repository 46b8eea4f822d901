import assert from "node:assert/strict";
import { test } from "node:test";
import { corsAnswer } from "./cors.ts";

const ALLOWED = ["https://*.example.com", "http://console.local"];

test("an origin that is allowed may ask; every other is told nothing", () => {
  const answer = corsAnswer(ALLOWED, "GET", { origin: "https://a.example.com" });
  assert.equal(answer?.headers["access-control-allow-origin"], "https://a.example.com");
  assert.equal(answer?.preflight, false);
  for (const origin of ["https://example.com", "https://a.example.com.evil.org", "http://consoleXlocal", "null"]) {
    assert.equal(corsAnswer(ALLOWED, "GET", { origin }), null, origin);
  }
  assert.equal(corsAnswer(ALLOWED, "GET", {}), null);
});

test("a browser that asks first hears which methods and headers are taken", () => {
  const headers = { origin: "http://console.local", "access-control-request-headers": "X-Own, content-type, a\r\nb" };
  const answer = corsAnswer(ALLOWED, "OPTIONS", { ...headers, "access-control-request-method": "delete" });
  assert.equal(answer?.preflight, true);
  assert.equal(answer?.headers["access-control-allow-headers"], "origin,content-type,authorization,x-own");
  assert.equal(corsAnswer(ALLOWED, "OPTIONS", { ...headers, "access-control-request-method": "PATCH" }), null);
});
