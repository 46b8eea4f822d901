import assert from "node:assert/strict";
import { type BootedUaa, secretOf } from "./boot-uaa.ts";

/** Asserts that each route refuses a client with other scopes (403), and whoever shows no token (401). */
export async function assertScopesAsked(
  uaa: BootedUaa,
  routes: readonly (readonly [method: string, path: string])[],
): Promise<void> {
  const answer = await uaa.token({ grant_type: "client_credentials" }, "gorouter", secretOf("gorouter"));
  for (const [method, path] of routes) {
    const body = method === "GET" || method === "DELETE" ? undefined : {};
    const refused = await uaa.json(method, path, answer.json["access_token"], body);
    assert.deepEqual([refused.status, refused.json["error"]], [403, "insufficient_scope"], `${method} ${path}`);
    const stranger = await uaa.send(method, path, {});
    assert.deepEqual([stranger.status, stranger.json["error"]], [401, "unauthorized"], `${method} ${path}`);
  }
}
