import assert from "node:assert/strict";
import { test } from "node:test";
import { systemSecrets } from "../../kit/random-system.ts";
import { PasswordHasher } from "./password-hasher.ts";

test("a hash fits its password alone, and two hashes of one password differ", async () => {
  const hasher = new PasswordHasher(systemSecrets());
  const [first, second] = await Promise.all([hasher.hash("pass word"), hasher.hash("pass word")]);
  assert.notEqual(first, second);
  assert.match(first, /^argon2id\$/);
  assert.equal(await hasher.matches("pass word", first), true);
  assert.equal(await hasher.matches("pass", first), false);
});

test("strong secrets and the empty one are hashed fast, weak ones slowly", async () => {
  const hasher = new PasswordHasher(systemSecrets());
  const strong = await hasher.hashSecret("0123456789abcdef0123456789");
  assert.match(strong, /^sha256\$/);
  assert.equal(await hasher.matches("0123456789abcdef0123456789", strong), true);
  assert.equal(await hasher.matches("x", strong), false);
  assert.match(await hasher.hashSecret("weak"), /^argon2id\$/);
  assert.equal(await hasher.matches("", await hasher.hashSecret("")), true);
});

test("when too many wait, the next one is told to come back, and the others are served", async () => {
  const hasher = new PasswordHasher(systemSecrets());
  const outcomes = await Promise.allSettled(Array.from({ length: 70 }, () => hasher.pretend("x")));
  const refused = outcomes.filter((outcome) => outcome.status === "rejected");
  assert.equal(refused.length, 70 - 2 - 64);
  await hasher.pretend("x"); // places were given back
});
