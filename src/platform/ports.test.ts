import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { choosePorts, lastPorts } from "./ports.ts";
import { UsageError } from "./usage-error.ts";

const BIND = ["127.0.0.1"];
const NONE: ReadonlySet<number> = new Set();

let folder: string;
const servers: Server[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ingot-ports-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  for (const server of servers.splice(0)) server.close();
});

/** A port that this process holds. */
async function takenPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  servers.push(server);
  await new Promise((resolve) => server.once("listening", resolve));
  return (server.address() as { port: number }).port;
}

async function freePort(): Promise<number> {
  const port = await takenPort();
  await new Promise((resolve) => servers.pop()!.close(resolve));
  return port;
}

test("without a wish a free pair is found, and kept for the next start", async () => {
  const config = { httpPort: null, httpsPort: null, bind: BIND };
  const ports = await choosePorts(config, folder, NONE);
  assert.notEqual(ports.http, ports.https);
  assert.deepEqual(lastPorts(folder), ports);
  assert.deepEqual(await choosePorts(config, folder, NONE), ports);
});

test("a port that was asked for and is taken is an error that names its holder", async () => {
  const taken = await takenPort();
  const config = { httpPort: await freePort(), httpsPort: taken, bind: BIND };
  await assert.rejects(choosePorts(config, folder, NONE), (error) => {
    assert.ok(error instanceof UsageError);
    assert.match(error.message, new RegExp(`^port ${taken} is taken by .+ \\(pid ${process.pid}\\)$`));
    return true;
  });
});

test("ports that our own workers hold from before a crash are not in the way", async () => {
  const [http, https] = [await takenPort(), await takenPort()];
  const ports = await choosePorts({ httpPort: http, httpsPort: https, bind: BIND }, folder, new Set([http, https]));
  assert.deepEqual(ports, { http, https });
});

test("when the last pair has been taken by another, the next free one is chosen", async () => {
  const [http, https] = [await freePort(), await freePort()];
  await choosePorts({ httpPort: http, httpsPort: https, bind: BIND }, folder, NONE);
  const server = createServer().listen(http, "127.0.0.1");
  servers.push(server);
  await new Promise((resolve) => server.once("listening", resolve));
  const chosen = await choosePorts({ httpPort: null, httpsPort: null, bind: BIND }, folder, NONE);
  assert.notEqual(chosen.http, http);
});

test("an address that this machine does not have is told as it is", async () => {
  const config = { httpPort: await freePort(), httpsPort: null, bind: ["192.0.2.1"] };
  await assert.rejects(choosePorts(config, folder, NONE), /192\.0\.2\.1:\d+: .*EADDRNOTAVAIL/);
});
