import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isAddressAllowed, isRedirectAllowed } from "./redirect-uri.ts";

test("a registered address covers itself, with any query", () => {
  const registered = ["https://uaa.cf.localhost:8443/login"];
  assert.equal(isRedirectAllowed(registered, "https://uaa.cf.localhost:8443/login"), true);
  assert.equal(isRedirectAllowed(registered, "https://uaa.cf.localhost:8443/login?x=1"), true);
  assert.equal(isRedirectAllowed(registered, "https://uaa.cf.localhost/login"), false);
  assert.equal(isRedirectAllowed(registered, "http://uaa.cf.localhost:8443/login"), false);
});

test("as in an installation of the real one, what lies below the path and under the host belongs to it; exact matching takes neither", () => {
  const registered = ["https://a.example/app"];
  for (const uri of ["https://a.example/app/callback", "https://x.y.a.example/app"]) {
    assert.equal(isRedirectAllowed(registered, uri), true, uri);
    assert.equal(isRedirectAllowed(registered, uri, "exact"), false, uri);
    assert.equal(isAddressAllowed(registered, uri), false, uri);
  }
  for (const uri of [
    "https://a.example/",
    "https://xa.example/app",
    "https://a.example:8443/app",
    "https://a.example/app/../x",
  ]) {
    assert.equal(isRedirectAllowed(registered, uri), false, uri);
  }
  assert.equal(isRedirectAllowed(["https://a.example/app?x=1"], "https://a.example/app?x=1&y=2", "exact"), true);
  assert.equal(isRedirectAllowed(["https://a.example/app?x=1"], "https://a.example/app?x=2", "exact"), false);
  assert.equal(isRedirectAllowed(["https://a.example/*"], "https://a.example/x", "exact"), false, "no stars there");
  assert.equal(isRedirectAllowed(["app:callback"], "app:callback"), true);
});

test("one star covers something within a segment, two are a segment that covers any path", () => {
  assert.equal(isRedirectAllowed(["https://a.example/x/*"], "https://a.example/x/y"), true);
  assert.equal(isRedirectAllowed(["https://a.example/x/*"], "https://a.example/x/y/z"), false);
  assert.equal(isRedirectAllowed(["https://a.example/**"], "https://a.example/x/y/z"), true);
  assert.equal(isRedirectAllowed(["https://a.example/**"], "https://a.example/"), true);
  assert.equal(isRedirectAllowed(["https://a.example/**/end"], "https://a.example/x/y/end"), true);
  assert.equal(isRedirectAllowed(["https://a.example/**/end"], "https://a.example/x/y"), false);
  assert.equal(isRedirectAllowed(["https://a.example/x**"], "https://a.example/xy/z"), false);
  assert.equal(isRedirectAllowed(["http://localhost:*/callback"], "http://localhost:41234/callback?code=1"), true);
});

test("a star in a host takes in subdomains and no other domain", () => {
  const registered = ["https://*.apps.example.com/**"];
  assert.equal(isRedirectAllowed(registered, "https://shop.apps.example.com/cb"), true);
  assert.equal(isRedirectAllowed(registered, "https://a.b.apps.example.com/"), true);
  for (const uri of [
    "https://apps.example.com/",
    "https://evil.example/.apps.example.com/",
    "https://shop.apps.example.com.evil.example/",
    "https://evil.com?.apps.example.com/",
    "https://evilapps.example.com/",
  ]) {
    assert.equal(isRedirectAllowed(registered, uri), false, uri);
  }
});

test("tricks with user names, fragments and other hosts are refused", () => {
  for (const uri of [
    "https://a.example@evil.example/",
    "https://a.example/#x",
    "https://a.example.evil.example/",
    "nonsense",
  ]) {
    assert.equal(isRedirectAllowed(["https://a.example/**"], uri), false, uri);
    assert.equal(isRedirectAllowed(["https://a.example"], uri), false, uri);
  }
});

test("property: whatever is registered and wanted, there is an answer, soon", () => {
  const many = fc.constantFrom("*a".repeat(40), "a".repeat(400));
  const part = fc.oneof(fc.constantFrom("**", "*", "a", "a*", "?", "("), many, fc.string({ maxLength: 5 }));
  const address = fc.array(part, { maxLength: 30 }).map((parts) => `https://a.example/${parts.join("/")}`);
  fc.assert(
    fc.property(
      fc.array(fc.oneof(address, fc.string()), { maxLength: 3 }),
      fc.oneof(address, fc.webUrl()),
      (registered, wanted) => {
        const startedMs = performance.now();
        for (const matching of ["legacy", "exact"] as const) isRedirectAllowed(registered, wanted, matching);
        assert.ok(performance.now() - startedMs < 500);
      },
    ),
  );
});
