import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer, type Server } from "node:net";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { systemClock } from "../../kit/clock-system.ts";
import { runChecked, systemSubprocess } from "../../kit/subprocess.ts";
import type { ContainerInfo } from "../client.ts";
import { eventually, GardenBed, never, Output, shellSpec, skipReason } from "../test-bed.ts";

const OUTSIDE = "198.51.100.2"; // TEST-NET-2: nobody's
const METADATA = "169.254.169.254";

/** Prints what a connection gives within two seconds, or fails at once when it is refused. */
const TRY = (host: string, port: number): string =>
  `timeout 2 bash -c 'exec 3<>/dev/tcp/${host}/${port}; cat <&3' 2>/dev/null`;

/** Answers each connection on these ports with who asks, in bash's and Debian's own means. */
const SERVE = (...ports: number[]): string =>
  ports
    .map(
      (port) =>
        `perl -MIO::Socket::INET -e '$SIG{CHLD}="IGNORE"; my $s = IO::Socket::INET->new(Listen => 9, LocalPort => ${port}, ReuseAddr => 1) or die $!; while (my $c = $s->accept) { print $c "from " . $c->peerhost . " on ${port}\\n"; close $c }' &`,
    )
    .join(" ");

describe("the network of containers", { skip: skipReason("container") }, () => {
  const name = `ingt${randomBytes(3).toString("hex")}`;
  let bed: GardenBed;
  let router: Server;
  let dns: Socket;
  let outside: ChildProcess;
  let one: ContainerInfo;

  before(async () => {
    router = createServer((socket) => socket.end("HTTP/1.0 200 OK\r\nContent-Length: 7\r\n\r\nrouter\n"));
    router.listen(0, "0.0.0.0");
    await once(router, "listening");
    const { port: gatewayPort } = router.address() as { port: number };
    bed = await GardenBed.start("container", { relayPorts: [{ containerPort: 80, gatewayPort }], dnsPort: 5353 });
    dns = createSocket("udp4");
    dns.bind(5353, bed.garden.gatewayAddress);
    dns.on("message", (message, from) => dns.send(message, from.port, from.address));
    await sh(`ip netns add ${name}
      ip link add ${name}h type veth peer name eth0 netns ${name}
      ip addr add 198.51.100.1/24 dev ${name}h && ip link set ${name}h up
      ip route add ${METADATA}/32 dev ${name}h
      ip -n ${name} addr add ${OUTSIDE}/24 dev eth0 && ip -n ${name} addr add ${METADATA}/32 dev eth0
      ip -n ${name} link set eth0 up && ip -n ${name} link set lo up
      ip -n ${name} route add default via 198.51.100.1`);
    const args = ["netns", "exec", name, "bash", "-c", `${SERVE(9000, 9001)} wait`];
    outside = spawn("ip", args, { stdio: "ignore", detached: true });
    const egressRules = [{ protocol: "tcp" as const, destinations: ["198.51.100.0/24"], ports: [9000] }];
    one = await bed.create("one", { egressRules, netIn: [{ containerPort: 8080 }] });
    await bed.create("two", { egressRules: [{ protocol: "all", destinations: ["0.0.0.0/0"] }] });
    for (const handle of ["one", "two"]) {
      await bed.client.run(handle, shellSpec(`${SERVE(8080)} wait`), new Output().io, never());
      await eventually(() => bed.client.dial(handle, 8080, 500), "the app listens");
    }
    await eventually(async () => (await sh(`${TRY(OUTSIDE, 9001)} || :`)) !== "", "the outside answers");
  });

  after(async () => {
    if (outside?.pid !== undefined) process.kill(-outside.pid, "SIGKILL");
    await sh(`ip link del ${name}h; ip netns del ${name}; true`);
    router?.close();
    dns?.close();
    await bed?.[Symbol.asyncDispose]();
  });

  test("what a rule allows is reached, under the machine's address; what none allows is refused at once", async () => {
    const allowed = await bed.shell("one", TRY(OUTSIDE, 9000));
    assert.equal(allowed.stdout, "from 198.51.100.1 on 9000\n");
    const began = performance.now();
    for (const [host, port] of [
      [OUTSIDE, 9001],
      [METADATA, 9000],
      ["192.0.2.77", 443],
    ] as const) {
      assert.notEqual((await bed.shell("one", TRY(host, port))).code, 0, `${host}:${port}`);
    }
    assert.ok(performance.now() - began < 1500, "refused, not left waiting");
  });

  test("rules are swapped as a whole, and swapped rules outlive a restart of the platform", async () => {
    const rules = [
      { protocol: "tcp" as const, destinations: [`${OUTSIDE}-${OUTSIDE}`], portRange: { start: 9001, end: 9002 } },
    ];
    await bed.client.bulkNetOut("one", rules, never());
    assert.notEqual((await bed.shell("one", TRY(OUTSIDE, 9000))).code, 0);
    assert.equal((await bed.shell("one", TRY(OUTSIDE, 9001))).stdout, "from 198.51.100.1 on 9001\n");
    await bed.restart();
    assert.notEqual((await bed.shell("one", TRY(OUTSIDE, 9000))).code, 0);
    assert.equal((await bed.shell("one", TRY(OUTSIDE, 9001))).stdout, "from 198.51.100.1 on 9001\n");
  });

  test("neighbours cannot be reached, not even by who may reach everything", async () => {
    assert.notEqual((await bed.shell("two", TRY(one.containerIp, 8080))).code, 0);
    assert.equal((await bed.shell("two", TRY(OUTSIDE, 9000))).stdout, "from 198.51.100.1 on 9000\n");
  });

  test("of the machine only DNS and the router can be reached, whatever the rules say", async () => {
    const closed = createServer((socket) => socket.end("secret\n"));
    closed.listen(0, "0.0.0.0");
    await once(closed, "listening");
    const { port } = closed.address() as { port: number };
    for (const host of [bed.garden.gatewayAddress, one.externalIp, "198.51.100.1"]) {
      const output = await bed.shell("two", TRY(host, port));
      assert.notEqual(output.code, 0, host);
      assert.equal(output.stdout, "", host);
    }
    closed.close();
    const asked = await bed.shell(
      "one",
      `exec 3<>/dev/udp/${bed.garden.gatewayAddress}/53; echo question >&3; timeout 2 head -1 <&3`,
    );
    assert.equal(asked.stdout, "question\n");
  });

  test("a container's own loopback on the platform's port leads to the router, other ports stay its own", async () => {
    const output = await bed.shell("one", "curl -s --max-time 3 http://api.cf.localhost/");
    assert.equal(output.stdout, "router\n");
    const own = await bed.shell("one", TRY("127.0.0.1", 8080));
    assert.equal(own.stdout, "from 127.0.0.1 on 8080\n");
    assert.notEqual((await bed.shell("one", TRY("127.0.0.1", 443))).code, 0);
  });

  test("a mapped port leads into the container from the machine's loopback and from its address", async () => {
    const { hostPort } = one.mappedPorts[0]!;
    for (const host of ["127.0.0.1", one.externalIp]) {
      const answer = await text(connect({ host, port: hostPort })).catch((error) => String(error));
      assert.match(answer, /^from [\d.]+ on 8080\n$/, host);
    }
  });

  test("an address rests after its container", async () => {
    const first = await bed.create("first");
    await bed.client.destroy("first", never());
    const second = await bed.create("second");
    assert.notEqual(second.containerIp, first.containerIp);
    await bed.client.destroy("second", never());
  });
});

async function sh(script: string): Promise<string> {
  const signal = systemClock().deadline(20_000);
  return (await runChecked(systemSubprocess(), "bash", ["-c", script], { signal })).stdout;
}
