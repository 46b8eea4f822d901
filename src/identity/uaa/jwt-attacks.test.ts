import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createRemoteJWKSet, exportJWK, type JWTHeaderParameters, jwtVerify, SignJWT } from "jose";
import { SigningKeyError } from "./index.ts";
import { bootUaa, type Json, password } from "./testing/boot-uaa.ts";

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const decode = (token: unknown, part: number): Json =>
  JSON.parse(Buffer.from(String(token).split(".")[part]!, "base64url").toString()) as Json;
const never = new AbortController().signal;

test("no forged token is taken, whatever its header says", async () => {
  await using uaa = await bootUaa();
  const genuine = await uaa.adminToken();
  const claims = { ...decode(genuine, 1), scope: ["uaa.admin", "scim.write"] };
  const kid = String(decode(genuine, 0)["kid"]);
  const publicPem = String((await uaa.send("GET", "/token_key", {})).json["value"]);
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const own = await exportJWK(publicKey);
  const sign = (header: JWTHeaderParameters, key: KeyObject | Uint8Array = privateKey, body: Json = claims) =>
    new SignJWT(body).setProtectedHeader(header).sign(key);
  const [head, , signature] = genuine.split(".");
  const attacks: Record<string, string> = {
    "alg none": `${encode({ alg: "none", kid })}.${encode(claims)}.`,
    "alg None": `${encode({ alg: "None", kid })}.${encode(claims)}.`,
    "alg none with our signature": `${encode({ alg: "none", kid })}.${encode(claims)}.${signature}`,
    "another body under our signature": `${head}.${encode(claims)}.${signature}`,
    "HS256 with our public key as the secret": await sign({ alg: "HS256", kid }, Buffer.from(publicPem)),
    "HS256 with the empty secret": await sign({ alg: "HS256", kid }, Buffer.from("0".repeat(32))),
    "another key under our kid": await sign({ alg: "RS256", kid }),
    "another algorithm of the family": await sign({ alg: "RS512", kid }),
    "PS256 of another key": await sign({ alg: "PS256", kid }),
    "a key in the header": await sign({ alg: "RS256", kid, jwk: own } as JWTHeaderParameters),
    "a key address in the header": await sign({ alg: "RS256", kid: "evil", jku: "https://evil.example/keys" }),
    "no kid": await sign({ alg: "RS256" }),
    "a kid that is a path": await sign({ alg: "RS256", kid: "../../../dev/null" }),
    "a kid that is SQL": await sign({ alg: "RS256", kid: "x' OR '1'='1" }),
    "a kid that is a name of every object": await sign({ alg: "RS256", kid: "__proto__" }),
    "a critical extension": await new SignJWT(claims)
      .setProtectedHeader({ alg: "RS256", kid, crit: ["exp"], exp: 1 })
      .sign(privateKey, { crit: { exp: true } }),
    "five parts": `${genuine}.a.b`,
    "two parts": genuine.split(".").slice(0, 2).join("."),
    "half a body": `${head}.${encode(claims).slice(0, 10)}.${signature}`,
    "a very long one": `${head}.${"a".repeat(15_000)}.${signature}`,
  };
  for (const [name, token] of Object.entries(attacks)) {
    const answer = await uaa.json("GET", "/userinfo", token);
    const refused = answer.status === 431 ? "invalid_token" : answer.json["error"];
    assert.equal(refused, "invalid_token", `${name}: ${answer.status} ${answer.text}`);
  }
  assert.equal((await uaa.json("GET", "/userinfo", genuine)).status, 200);
});

test("a token of our own key with another issuer or without an end is not taken", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ingot-uaa-"));
  try {
    const path = join(folder, "uaa.sqlite");
    let token: string;
    {
      // The same keys behind another name: as after a copy of the database.
      await using other = await bootUaa(path, undefined, { issuerUrl: "https://uaa.elsewhere.example/oauth/token" });
      token = await other.adminToken();
    }
    await using uaa = await bootUaa(path);
    const answer = await uaa.json("GET", "/userinfo", token);
    assert.equal(answer.status, 401);
    assert.match(String(answer.json["error_description"]), /^Invalid issuer/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("after a rotation the new key signs, old tokens are good until the old key is removed, and all of it survives", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ingot-uaa-"));
  try {
    const path = join(folder, "uaa.sqlite");
    let before: string;
    let after: string;
    {
      await using uaa = await bootUaa(path);
      const version = (await uaa.send("GET", "/token_keys", {})).headers.get("etag")!;
      before = await uaa.adminToken();
      const { id, active } = await uaa.uaa.admin.rotateSigningKey(never);
      assert.deepEqual([id, active], ["key-2", true]);
      after = await uaa.adminToken();
      assert.equal(decode(after, 0)["kid"], "key-2");
      for (const token of [before, after]) assert.equal((await uaa.json("GET", "/userinfo", token)).status, 200);
      const keys = createRemoteJWKSet(new URL(`${uaa.baseUrl}/token_keys`));
      for (const token of [before, after]) await jwtVerify(token, keys);
      const changed = await uaa.send("GET", "/token_keys", { "if-none-match": version });
      assert.equal(changed.status, 200, "the set has changed");
      const same = await uaa.send("GET", "/token_keys", { "if-none-match": changed.headers.get("etag")! });
      assert.equal(same.status, 304);
      assert.equal((await uaa.send("GET", "/token_key", {})).json["kid"], "key-2");
    }
    await using uaa = await bootUaa(path);
    assert.equal((await uaa.json("GET", "/userinfo", before)).status, 200);
    await assert.rejects(uaa.uaa.admin.removeSigningKey("key-2", never), SigningKeyError);
    await assert.rejects(uaa.uaa.admin.removeSigningKey("key-9", never), SigningKeyError);
    await uaa.uaa.admin.removeSigningKey("key-1", never);
    assert.equal((await uaa.json("GET", "/userinfo", before)).status, 401);
    assert.equal((await uaa.json("GET", "/userinfo", after)).status, 200);
    assert.equal((await uaa.uaa.admin.rotateSigningKey(never)).id, "key-3", "no name is given twice");
    assert.deepEqual(
      (await uaa.uaa.admin.signingKeys(never)).map(({ id, active }) => [id, active]),
      [
        ["key-2", false],
        ["key-3", true],
      ],
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("a UAA that shares the database learns of a rotation when it meets the new key", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ingot-uaa-"));
  let steadyMs = 0;
  const { systemClock } = await import("../../kit/clock-system.ts");
  const clock = { ...systemClock(), steadyMs: () => steadyMs };
  try {
    const path = join(folder, "uaa.sqlite");
    await using one = await bootUaa(path);
    await using other = await bootUaa(path, clock);
    await one.uaa.admin.rotateSigningKey(never);
    const token = (await one.token(password("admin", "s3cret"))).json["access_token"];
    assert.equal((await other.json("GET", "/userinfo", token)).status, 401, "made-up key ids do not make it read");
    steadyMs = 6_000;
    assert.equal((await other.json("GET", "/userinfo", token)).status, 200);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
