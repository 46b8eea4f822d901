import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { test } from "node:test";
import { exportJWK, type JWTHeaderParameters, SignJWT } from "jose";
import { systemClock } from "../../../kit/clock-system.ts";
import { CcError } from "../errors.ts";
import { TokenVerifier } from "./token-verifier.ts";

type Json = Record<string, unknown>;

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const NOW_S = 1_900_000_000;
const CLAIMS = {
  jti: "0123456789abcdef0123456789abcdef",
  user_id: "user-guid",
  user_name: "admin",
  email: "admin@example.com",
  scope: ["cloud_controller.read", "cloud_controller.admin"],
  aud: ["cf", "cloud_controller"],
  iss: "https://uaa.cf.localhost/oauth/token",
  iat: NOW_S - 10,
  exp: NOW_S + 600,
};

/** A verifier whose UAA publishes one key, under changing names. */
async function verifierWith(kids: string[]) {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = await exportJWK(publicKey);
  let reads = 0;
  let steadyMs = 0;
  let wallMs = NOW_S * 1000;
  let isAway = false;
  const uaa = {
    tokenKeys: async () => {
      if (isAway) throw new Error("away");
      reads++;
      return { keys: kids.map((kid) => ({ ...jwk, kid, alg: "RS256", use: "sig" })) };
    },
    usersById: async () => [],
    usersByName: async () => [],
    ensureShadowUser: async () => ({ refused: "nobody" }),
    existingClients: async () => [],
    changeDashboardClients: async () => null,
  };
  const clock = { ...systemClock(), nowMs: () => wallMs, steadyMs: () => steadyMs };
  const verifier = new TokenVerifier({ clock, uaa });
  const sign = (header: JWTHeaderParameters, body: Json = CLAIMS, key: KeyObject | Uint8Array = privateKey) =>
    new SignJWT(body).setProtectedHeader(header).sign(key);
  return {
    verifier,
    publicKey,
    sign,
    reads: () => reads,
    breakUaa: () => {
      isAway = true;
    },
    tick: (ms: number) => {
      wallMs += ms;
    },
    later: (ms: number) => {
      steadyMs += ms;
    },
  };
}

async function isRefused(verifier: TokenVerifier, authorization: string): Promise<boolean> {
  try {
    await verifier.verify(authorization);
    return false;
  } catch (error) {
    assert.ok(error instanceof CcError, String(error));
    return true;
  }
}

test("a token of the UAA names its caller; the scheme is read without case, other schemes are nobody", async () => {
  const { verifier, sign } = await verifierWith(["key-1"]);
  const token = await sign({ alg: "RS256", kid: "key-1" });
  const caller = await verifier.verify(`bEaReR ${token}`);
  assert.deepEqual([caller?.guid, caller?.userName, caller?.isClient], ["user-guid", "admin", false]);
  assert.ok(caller?.scopes.has("cloud_controller.admin"));
  assert.equal(await verifier.verify(undefined), null);
  assert.equal(await verifier.verify("Basic YTpi"), null);
  assert.ok(await isRefused(verifier, "bearer"));
  assert.ok(await isRefused(verifier, `bearer ${token} x`));
});

test("no forged token is taken, whatever its header says", async () => {
  const { verifier, sign, publicKey } = await verifierWith(["key-1"]);
  const kid = "key-1";
  const genuine = await sign({ alg: "RS256", kid });
  const [head, , signature] = genuine.split(".");
  const stranger = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const publicPem = Buffer.from(publicKey.export({ format: "pem", type: "spki" }).toString());
  const attacks: Record<string, string> = {
    "alg none": `${encode({ alg: "none", kid })}.${encode(CLAIMS)}.`,
    "alg none with our signature": `${encode({ alg: "none", kid })}.${encode(CLAIMS)}.${signature}`,
    "another body": `${head}.${encode({ ...CLAIMS, scope: ["cloud_controller.admin"] })}.${signature}`,
    "HS256 with the public key": await sign({ alg: "HS256", kid }, CLAIMS, publicPem),
    "another key": await sign({ alg: "RS256", kid }, CLAIMS, stranger.privateKey),
    "RS512 of the right key": await sign({ alg: "RS512", kid }),
    "a key in the header": await sign(
      { alg: "RS256", kid, jwk: await exportJWK(stranger.publicKey) } as JWTHeaderParameters,
      CLAIMS,
      stranger.privateKey,
    ),
    "a path as kid": await sign({ alg: "RS256", kid: "../../../dev/null" }),
    "SQL as kid": await sign({ alg: "RS256", kid: "' UNION SELECT 1 --" }),
    "a name of every object as kid": await sign({ alg: "RS256", kid: "constructor" }),
    "no kid": await sign({ alg: "RS256" }),
    "another audience": await sign({ alg: "RS256", kid }, { ...CLAIMS, aud: ["credhub"] }),
    "no audience": await sign({ alg: "RS256", kid }, { ...CLAIMS, aud: undefined }),
    expired: await sign({ alg: "RS256", kid }, { ...CLAIMS, exp: NOW_S - 1 }),
    "no end": await sign({ alg: "RS256", kid }, { ...CLAIMS, exp: undefined }),
    "not valid yet": await sign({ alg: "RS256", kid }, { ...CLAIMS, nbf: NOW_S + 60 }),
    "a refresh token": await sign({ alg: "RS256", kid }, { ...CLAIMS, jti: `${CLAIMS.jti}-r` }),
    "nobody's": await sign({ alg: "RS256", kid }, { ...CLAIMS, user_id: undefined }),
    "a number as its user": await sign({ alg: "RS256", kid }, { ...CLAIMS, user_id: 7 }),
    nonsense: "a.b.c",
  };
  for (const [name, token] of Object.entries(attacks)) {
    assert.ok(await isRefused(verifier, `bearer ${token}`), name);
  }
  assert.equal((await verifier.verify(`bearer ${genuine}`))?.guid, "user-guid");
});

test("a rotated key is read once, and made-up key ids do not make the UAA work", async () => {
  const kids = ["key-1"];
  const { verifier, sign, reads, later } = await verifierWith(kids);
  await verifier.verify(`bearer ${await sign({ alg: "RS256", kid: "key-1" })}`);
  for (let attempt = 0; attempt < 50; attempt++) {
    assert.ok(await isRefused(verifier, `bearer ${await sign({ alg: "RS256", kid: `made-up-${attempt}` })}`));
  }
  assert.equal(reads(), 1);
  kids.push("key-2");
  later(5_001);
  const fresh = await sign({ alg: "RS256", kid: "key-2" });
  const callers = await Promise.all(Array.from({ length: 20 }, () => verifier.verify(`bearer ${fresh}`)));
  assert.ok(callers.every((caller) => caller?.guid === "user-guid"));
  assert.equal(reads(), 2, "many at once ask once");
});

test("a token that was checked is known until it expires, its key is withdrawn, or a thousand others have come", async () => {
  const kids = ["key-1", "key-2"];
  const { verifier, sign, reads, later, tick } = await verifierWith(kids);
  const old = `bearer ${await sign({ alg: "RS256", kid: "key-1" })}`;
  const first = await verifier.verify(old);
  assert.equal(await verifier.verify(old), first, "the same caller: nothing is checked again");
  const short = `bearer ${await sign({ alg: "RS256", kid: "key-1" }, { ...CLAIMS, exp: NOW_S + 5 })}`;
  await verifier.verify(short);
  tick(6_000);
  assert.ok(await isRefused(verifier, short), "it has expired meanwhile");
  kids.shift();
  assert.equal((await verifier.verify(old))?.guid, "user-guid", "nobody has told us yet");
  later(60_001);
  const callers = await Promise.allSettled(Array.from({ length: 10 }, () => verifier.verify(old)));
  assert.ok(callers.some(({ status }) => status === "rejected"));
  assert.ok(await isRefused(verifier, old), "its key was withdrawn");
  assert.equal((await verifier.verify(`bearer ${await sign({ alg: "RS256", kid: "key-2" })}`))?.guid, "user-guid");
  assert.equal(reads(), 2);
});

test("keys go on counting while the UAA is away", async () => {
  const { verifier, sign, later, breakUaa } = await verifierWith(["key-1"]);
  const token = `bearer ${await sign({ alg: "RS256", kid: "key-1" })}`;
  await verifier.verify(token);
  breakUaa();
  later(60_001);
  assert.equal((await verifier.verify(token))?.guid, "user-guid");
  later(10_000);
  const unknown = `bearer ${await sign({ alg: "RS256", kid: "key-9" })}`;
  await assert.rejects(verifier.verify(unknown), (error) => error instanceof CcError && error.name !== "");
});
