import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { listeningPorts, withMachinePorts } from "./host-network-ports.ts";

test("a variable that names a container's port gets the machine's, others stay", () => {
  const ports = [{ containerPort: 8080, hostPort: 61_001 }];
  const environment = ["PORT=8080", "VCAP_APP_PORT=8080", "LEVEL=8080", "OTHER_PORT=9090"];
  assert.deepEqual(withMachinePorts(environment, ports), [
    "PORT=61001",
    "VCAP_APP_PORT=61001",
    "LEVEL=8080",
    "OTHER_PORT=9090",
  ]);
});

test("ports on which somebody listens are seen", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  assert.ok(listeningPorts().has(port));
  server.close();
  await once(server, "close");
  assert.equal(listeningPorts().has(port), false);
});
