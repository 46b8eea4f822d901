import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { systemClock } from "../../kit/clock-system.ts";
import { type BootedUaa, bootUaa, FORM, type Json, UAA_URL } from "./testing/boot-uaa.ts";
import { assertScopesAsked } from "./testing/refusals.ts";

const service = (id: string, more: Json = {}): Json => ({
  client_id: id,
  client_secret: "one",
  authorized_grant_types: ["client_credentials"],
  authorities: ["uaa.none"],
  ...more,
});
const works = async (uaa: BootedUaa, id: string, secret: string): Promise<boolean> =>
  (await uaa.token({ grant_type: "client_credentials" }, id, secret)).status === 200;
const tokenOf = async (uaa: BootedUaa, id: string, secret: string): Promise<unknown> =>
  (await uaa.token({ grant_type: "client_credentials" }, id, secret)).json["access_token"];

test("two secrets hold while a client's secret is rotated", async () => {
  await using uaa = await bootUaa();
  const admin = await uaa.adminClient();
  assert.equal((await uaa.json("POST", "/oauth/clients", admin, service("rotating"))).status, 201);
  const change = (body: Json) => uaa.json("PUT", "/oauth/clients/rotating/secret", admin, body);
  assert.deepEqual((await change({ changeMode: "ADD", secret: "two" })).json, {
    status: "ok",
    message: "Secret is added",
  });
  assert.deepEqual([await works(uaa, "rotating", "one"), await works(uaa, "rotating", "two")], [true, true]);
  assert.equal((await change({ changeMode: "ADD", secret: "three" })).status, 400, "never three");
  assert.deepEqual((await change({ changeMode: "DELETE" })).json, { status: "ok", message: "Secret is deleted" });
  assert.deepEqual([await works(uaa, "rotating", "one"), await works(uaa, "rotating", "two")], [false, true]);
  assert.equal((await change({ changeMode: "DELETE" })).status, 400, "never none");
  assert.equal((await change({ secret: "four" })).json["message"], "secret updated");
  assert.deepEqual([await works(uaa, "rotating", "two"), await works(uaa, "rotating", "four")], [false, true]);
  assert.equal((await change({ changeMode: "SIDEWAYS", secret: "x" })).status, 400);
  const shown = await uaa.json("GET", "/oauth/clients/rotating", admin);
  assert.ok(!/secret|argon|four/i.test(shown.text), shown.text);
});

test("a client changes its own secret with the old one, and nobody else's", async () => {
  await using uaa = await bootUaa();
  const admin = await uaa.adminClient();
  const own = service("own", { authorities: ["clients.secret"] });
  await uaa.json("POST", "/oauth/clients", admin, own);
  const token = await tokenOf(uaa, "own", "one");
  const change = (id: string, body: Json) => uaa.json("PUT", `/oauth/clients/${id}/secret`, token, body);
  assert.equal((await change("cf", { oldSecret: "", secret: "stolen" })).status, 400);
  assert.equal((await change("own", { oldSecret: "wrong", secret: "two" })).status, 400);
  assert.equal((await change("own", { oldSecret: "one", secret: "two" })).status, 200);
});

test("many clients change at once, or none", async () => {
  await using uaa = await bootUaa();
  const admin = await uaa.adminClient();
  const tx = (method: string, path: string, body: unknown) => uaa.json(method, `/oauth/clients/tx${path}`, admin, body);
  const both = await tx("POST", "", [service("a"), service("b")]);
  assert.equal(both.status, 201);
  assert.equal((await tx("POST", "", [service("c"), service("a")])).status, 409);
  assert.equal((await uaa.json("GET", "/oauth/clients/c", admin)).status, 404, "the first one was taken back");
  assert.equal((await tx("PUT", "", [service("a", { name: "A" })])).status, 200);
  const secrets = await tx("POST", "/secret", [
    { clientId: "a", secret: "x" },
    { clientId: "b", oldSecret: "one", secret: "y" },
  ]);
  assert.deepEqual(
    (secrets.json as unknown as Json[]).map((client) => client["approvals_deleted"]),
    [true, false],
  );
  assert.ok(await works(uaa, "b", "y"));
  const modified = await tx("POST", "/modify", [
    { ...service("d"), action: "add" },
    { client_id: "a", action: "delete" },
    { client_id: "b", client_secret: "z", action: "secret" },
  ]);
  assert.equal(modified.status, 200, modified.text);
  assert.deepEqual(
    (modified.json as unknown as Json[]).map((client) => client["action"]),
    ["add", "delete", "secret"],
  );
  assert.equal((await tx("POST", "/modify", [{ client_id: "d", action: "sing" }])).status, 400);
  assert.equal((await tx("POST", "/delete", [{ client_id: "b" }, { client_id: "d" }])).status, 200);
  assert.equal((await tx("POST", "/delete", [])).status, 400);
});

test("who may write clients but is no administrator passes on only what he has", async () => {
  await using uaa = await bootUaa();
  const admin = await uaa.adminClient();
  await uaa.json(
    "POST",
    "/oauth/clients",
    admin,
    service("writer", { authorities: ["clients.write"], scope: ["read.it"] }),
  );
  const writer = await tokenOf(uaa, "writer", "one");
  const make = (more: Json) => uaa.json("POST", "/oauth/clients", writer, service(`w${Math.random()}`, more));
  assert.equal((await make({ scope: ["read.it", "writer.own"] })).status, 201);
  assert.equal((await make({ authorities: ["uaa.resource"] })).status, 201);
  assert.match((await make({ authorities: ["uaa.admin"] })).text, /not an allowed authority/);
  assert.match((await make({ scope: ["cloud_controller.admin"] })).text, /not an allowed scope/);
  assert.match((await make({ authorized_grant_types: ["password"] })).text, /not an allowed grant type/);
});

test("a restricted client has no power over the UAA", async () => {
  await using uaa = await bootUaa();
  const admin = await uaa.adminClient();
  const make = (more: Json) => uaa.json("POST", "/oauth/clients/restricted", admin, service("r", more));
  assert.match((await make({ authorities: ["clients.write"] })).text, /clients.write is a restricted authority/);
  assert.match((await make({ scope: ["zones.x.admin"] })).text, /zones.x.admin is a restricted scope/);
  assert.equal((await make({ scope: ["app.read"] })).status, 201);
  assert.equal(
    (await uaa.json("PUT", "/oauth/clients/restricted/r", admin, service("r", { authorities: ["uaa.admin"] }))).status,
    400,
  );
  const scopes = (await uaa.json("GET", "/oauth/clients/restricted", admin)).json as unknown as string[];
  assert.ok(scopes.includes("zones.*.admin"));
});

test("a client signs its own assertions with keys that come and go by name", async () => {
  await using uaa = await bootUaa();
  const admin = await uaa.adminClient();
  await uaa.json("POST", "/oauth/clients", admin, service("signer"));
  const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
  const key = { ...(await exportJWK(privateKey)), kid: "k1" };
  const change = (body: Json) => uaa.json("PUT", "/oauth/clients/signer/clientjwt", admin, body);
  assert.equal(
    (await change({ jwks: JSON.stringify({ keys: [key] }) })).json["message"],
    "Client jwt configuration is added",
  );
  const shown = await uaa.json("GET", "/oauth/clients/signer", admin);
  assert.ok(!shown.text.includes(String(key.d)), "the private half is thrown away");
  assert.ok(shown.text.includes(String((await exportJWK(publicKey)).n)));
  const assertion = async (claims: Json = {}): Promise<string> =>
    await new SignJWT({ iss: "signer", sub: "signer", aud: `${UAA_URL}/oauth/token`, jti: "1", ...claims })
      .setProtectedHeader({ alg: "RS256", kid: "k1" })
      .setIssuedAt()
      .setExpirationTime("1m")
      .sign(privateKey);
  const ask = async (text: string) =>
    await uaa.send(
      "POST",
      "/oauth/token",
      { "content-type": "application/x-www-form-urlencoded" },
      new URLSearchParams({
        grant_type: "client_credentials",
        client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion: text,
      }).toString(),
    );
  assert.equal((await ask(await assertion())).status, 200);
  assert.equal((await ask(await assertion({ aud: "elsewhere" }))).status, 401);
  assert.equal((await change({ changeMode: "DELETE", kid: "k1" })).status, 200);
  assert.equal((await ask(await assertion())).status, 401);
  for (const jwks of ["x", '{"keys":[]}', '{"keys":[{"kty":"RSA"}]}', '{"kty":"oct","k":"AA","kid":"a"}']) {
    assert.equal((await change({ jwks })).status, 400, jwks);
  }
  assert.equal((await change({ jwks_uri: "http://169.254.169.254/latest" })).status, 400);
});

test("a client shows itself to people, with no link that runs a script", async () => {
  await using uaa = await bootUaa();
  const admin = await uaa.adminClient();
  await uaa.json("POST", "/oauth/clients", admin, service("shop", { name: "Shop" }));
  const put = (body: Json) => uaa.json("PUT", "/oauth/clients/shop/meta", admin, body);
  assert.deepEqual((await uaa.json("GET", "/oauth/clients/shop/meta", admin)).json, {
    clientId: "shop",
    clientName: "Shop",
    showOnHomePage: false,
    appLaunchUrl: null,
    appIcon: null,
  });
  const metadata = { showOnHomePage: true, appLaunchUrl: "https://shop.example", appIcon: "aWNvbg==" };
  assert.equal((await put(metadata)).status, 200);
  assert.equal((await put({ appLaunchUrl: "javascript:alert(1)" })).status, 400);
  assert.equal((await put({ clientId: "other" })).status, 400);
  const all = (await uaa.json("GET", "/oauth/clients/meta", admin)).json as unknown as Json[];
  assert.deepEqual(all, [{ clientId: "shop", clientName: "Shop", ...metadata }]);
  assert.equal((await uaa.json("GET", "/oauth/clients/nobody/meta", admin)).status, 404);
});

test("each endpoint of clients asks for its scope", async () => {
  await using uaa = await bootUaa();
  await assertScopesAsked(uaa, [
    ["GET", "/oauth/clients"],
    ["POST", "/oauth/clients"],
    ["GET", "/oauth/clients/cf"],
    ["PUT", "/oauth/clients/cf"],
    ["DELETE", "/oauth/clients/cf"],
    ["PUT", "/oauth/clients/cf/secret"],
    ["PUT", "/oauth/clients/cf/clientjwt"],
    ["GET", "/oauth/clients/restricted"],
    ["POST", "/oauth/clients/restricted"],
    ["PUT", "/oauth/clients/restricted/cf"],
    ["POST", "/oauth/clients/tx"],
    ["PUT", "/oauth/clients/tx"],
    ["POST", "/oauth/clients/tx/delete"],
    ["POST", "/oauth/clients/tx/modify"],
    ["POST", "/oauth/clients/tx/secret"],
    ["PUT", "/oauth/clients/cf/meta"],
  ]);
});

test("a client's keys may lie at its own address", async () => {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: "k", alg: "ES256" }] };
  const server = createServer((_request, response) => response.end(JSON.stringify(jwks)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await using uaa = await bootUaa();
    const admin = await uaa.adminClient();
    const jwksUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
    assert.equal((await uaa.json("POST", "/oauth/clients", admin, service("far", { jwks_uri: jwksUri }))).status, 201);
    const assertion = await new SignJWT({ iss: "far", sub: "far", aud: `${UAA_URL}/oauth/token`, jti: "1" })
      .setProtectedHeader({ alg: "ES256", kid: "k" })
      .setExpirationTime("1m")
      .sign(privateKey);
    const form = {
      grant_type: "client_credentials",
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: assertion,
    };
    const answer = await uaa.send("POST", "/oauth/token", FORM, new URLSearchParams(form).toString());
    assert.equal(answer.status, 200, answer.text);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

test("keys at a client's own address are kept for a while, and asked for anew when it signs with another", async () => {
  const keysOf = async (kid: string) => {
    const { privateKey, publicKey } = await generateKeyPair("ES256");
    return { privateKey, jwks: { keys: [{ ...(await exportJWK(publicKey)), kid, alg: "ES256" }] }, kid };
  };
  let now = await keysOf("one");
  let asked = 0;
  let answer: (jwks: object) => { status: number; body: string; headers?: Record<string, string> } = (jwks) => ({
    status: 200,
    body: JSON.stringify(jwks),
  });
  const server = createServer((_request, response) => {
    asked++;
    const { status, body, headers = {} } = answer(now.jwks);
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    let ahead = 0;
    const system = systemClock();
    await using uaa = await bootUaa(undefined, { ...system, nowMs: () => system.nowMs() + ahead });
    const admin = await uaa.adminClient();
    const jwksUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
    assert.equal((await uaa.json("POST", "/oauth/clients", admin, service("far", { jwks_uri: jwksUri }))).status, 201);
    const ask = async () => {
      const assertion = await new SignJWT({ iss: "far", sub: "far", aud: `${UAA_URL}/oauth/token`, jti: "1" })
        .setProtectedHeader({ alg: "ES256", kid: now.kid })
        .setExpirationTime("30m")
        .sign(now.privateKey);
      const form = {
        grant_type: "client_credentials",
        client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion: assertion,
      };
      return (await uaa.send("POST", "/oauth/token", FORM, new URLSearchParams(form).toString())).status;
    };
    assert.deepEqual([await ask(), await ask(), asked], [200, 200, 1], "asked once");
    now = await keysOf("two");
    assert.deepEqual([await ask(), asked], [401, 1], "a made-up key does not make us ask at each request");
    ahead = 11_000;
    assert.deepEqual([await ask(), asked], [200, 2], "the client has changed its keys");
    ahead += 700_000;
    for (const bad of [
      { status: 302, body: "", headers: { location: "http://127.0.0.1:1/" } },
      { status: 500, body: "{}" },
      { status: 200, body: "<html>" },
      { status: 200, body: JSON.stringify({ keys: "none" }) },
      { status: 200, body: `{"keys":[],"x":"${"y".repeat(600_000)}"}` },
    ]) {
      answer = () => bad;
      assert.equal(await ask(), 401, JSON.stringify(bad).slice(0, 80));
    }
    for (const uri of ["http://far.example/keys", "ftp://far.example/keys", "file:///etc/passwd", "keys"]) {
      const refused = await uaa.json("POST", "/oauth/clients", admin, service("bad", { jwks_uri: uri }));
      assert.equal(refused.status, 400, uri);
    }
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
