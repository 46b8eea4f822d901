import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { LOCAL_FILE, RefusedAddressError, socketHttpClient } from "./http-client.ts";

const signal = AbortSignal.timeout(60_000);
const folder = mkdtempSync(join(tmpdir(), "ingot-http-"));
const file = join(folder, "file");
const socketPath = join(folder, "sock");
const client = socketHttpClient((host) => (host === "ours" ? { socketPath } : null));
const servers: Server[] = [];
let foreign = "";

/** Answers GET with the file's name, POST with the name that was sent and the number of bytes that came. */
async function answer(request: IncomingMessage, name: string): Promise<string> {
  return request.method === "GET" ? name : `${request.headers[LOCAL_FILE.path]} ${(await text(request)).length}`;
}

before(async () => {
  writeFileSync(file, "bytes of the file");
  const make = (): Server =>
    createServer(async (request, response) => {
      const accepts = request.headers[LOCAL_FILE.accepted] === "1";
      response.setHeader(LOCAL_FILE.path, request.method === "GET" ? file : []);
      response.end(await answer(request, accepts ? "" : "bytes over the wire"));
    });
  servers.push(make().listen(socketPath), make().listen(0, "127.0.0.1"));
  await Promise.all(servers.filter((server) => !server.listening).map((server) => once(server, "listening")));
  foreign = `http://127.0.0.1:${(servers[1]!.address() as AddressInfo).port}`;
});

after(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(folder, { recursive: true });
});

test("over a socket of the platform a file's name comes instead of its bytes; nobody else may name files", async () => {
  const ours = await client.request({ method: "GET", url: "http://ours/", signal });
  assert.equal(ours.localFile, file);
  assert.equal(await text(ours.body), "bytes of the file");
  const theirs = await client.request({ method: "GET", url: foreign, signal });
  assert.equal(theirs.localFile, undefined);
  assert.equal(await text(theirs.body), "bytes over the wire");
});

test("a file as the body goes by its name over a socket of the platform, else by its bytes", async () => {
  const post = { method: "POST", bodyFile: file, signal } as const;
  const ours = await client.request({ ...post, url: "http://ours/" });
  assert.equal(await text(ours.body), `${file} 0`);
  const theirs = await client.request({ ...post, url: foreign });
  assert.equal(await text(theirs.body), "undefined 17");
});

test("addresses that are refused are not asked, neither by number nor by a name that leads there", async () => {
  const http = socketHttpClient(() => null, { refuses: (address) => address === "127.0.0.1" || address === "::1" });
  const signal = AbortSignal.timeout(5_000);
  for (const url of ["http://127.0.0.1:1/", "http://2130706433:1/", "http://[::1]:1/", "http://localhost:1/"]) {
    await assert.rejects(http.request({ method: "GET", url, signal }), RefusedAddressError, url);
  }
});
