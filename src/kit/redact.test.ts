import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "./clock-system.ts";
import { jsonLog } from "./log.ts";
import { redact } from "./redact.ts";

const HUSH = "hush-Hush_0123456789";
const JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJodXNoIn0.c2lnbmF0dXJl-hush";

test("what looks like a secret does not get into a line, and the line stays JSON", () => {
  const lines: string[] = [];
  const log = jsonLog((line) => lines.push(line), systemClock(), "debug");
  log.info("asked", { headers: { authorization: `Bearer ${HUSH}`, cookie: `JSESSIONID=${HUSH}` } });
  log.info(`header was Basic ${HUSH}==`);
  log.warn("broker failed", { error: new Error(`connect https://user:${HUSH}@broker.example/v2/catalog`) });
  log.warn("database", { url: `postgres://ann:${HUSH}@db.example:5432/ingot?sslmode=verify-full` });
  log.error("token", { text: `got ${JWT} from there` });
  log.error("token", { text: `session-a-${JWT}` });
  log.info("form", { body: `grant_type=password&username=ann&password=${HUSH}&client_secret=${HUSH}` });
  log.info("redirect", { url: `https://uaa/callback?code=${HUSH}&state=ok` });
  log.info("row", { row: { auth_password: HUSH, credentials: HUSH, clientSecret: HUSH } });
  log.info("text", { body: JSON.stringify({ auth: { password: HUSH, username: "ann" } }) });
  log.info("key", { pem: `-----BEGIN PRIVATE KEY-----\n${HUSH}\n-----END PRIVATE KEY-----` });
  assert.equal(lines.length, 11);
  for (const line of lines) {
    assert.ok(!line.includes(HUSH) && !line.includes(JWT), line);
    JSON.parse(line);
  }
  assert.match(lines[2]!, /https:\/\/user:\[PRIVATE\]@broker\.example\/v2\/catalog/);
  assert.match(lines[6]!, /username=ann&password=\[PRIVATE\]/);
});

test("what is no secret stays as it is", () => {
  for (const line of [
    `{"message":"auction held","lrps":1,"cells":1}`,
    `{"message":"audit","event":"TokenIssuedEvent","clientId":"cf","grantType":"password","scope":["openid"]}`,
    `{"message":"listening","url":"https://api.cf.localhost:8443/v3"}`,
    `{"message":"signing key rotated","keyId":"key-2"}`,
    `{"error":"Error: exit code 1\\n    at run (file:///a/b.ts:1:2)"}`,
    `{"message":"ended with code=137"}`,
    `{"message":"basic facts about bearer bonds"}`,
  ]) {
    assert.equal(redact(line), line);
  }
});

test("long and hostile lines take no time to speak of", () => {
  for (const text of [
    "password",
    '"',
    '\\\\"',
    "bearer ",
    "://a:",
    "eyJaaaaaaaa.",
    "eyJ-",
    "-----BEGIN PRIVATE KEY-----",
    "token=",
    "a-",
    "\\",
  ]) {
    const startMs = performance.now();
    redact(JSON.stringify({ text: text.repeat(100_000 / text.length) }));
    assert.ok(performance.now() - startMs < 1_000, text);
  }
});
