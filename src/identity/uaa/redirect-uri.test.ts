import assert from "node:assert/strict";
import { test } from "node:test";
import { isRedirectAllowed } from "./redirect-uri.ts";

test("a registered address covers itself, with any query", () => {
  const registered = ["https://uaa.cf.localhost:8443/login"];
  assert.equal(isRedirectAllowed(registered, "https://uaa.cf.localhost:8443/login"), true);
  assert.equal(isRedirectAllowed(registered, "https://uaa.cf.localhost:8443/login?x=1"), true);
  assert.equal(isRedirectAllowed(registered, "https://uaa.cf.localhost/login"), false);
  assert.equal(isRedirectAllowed(registered, "http://uaa.cf.localhost:8443/login"), false);
});

test("one star covers one segment, two cover any path", () => {
  assert.equal(isRedirectAllowed(["https://a.example/x/*"], "https://a.example/x/y"), true);
  assert.equal(isRedirectAllowed(["https://a.example/x/*"], "https://a.example/x/y/z"), false);
  assert.equal(isRedirectAllowed(["https://a.example/**"], "https://a.example/x/y/z"), true);
});

test("tricks with user names, fragments and other hosts are refused", () => {
  for (const uri of [
    "https://a.example@evil.example/",
    "https://a.example/#x",
    "https://a.example.evil.example/",
    "nonsense",
  ]) {
    assert.equal(isRedirectAllowed(["https://a.example/**"], uri), false, uri);
  }
});
