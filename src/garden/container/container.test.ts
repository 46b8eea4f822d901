import assert from "node:assert/strict";
import { createServer, type Server } from "node:net";
import { after, before, describe, test } from "node:test";
import { eventually, GardenBed, never, Output, shellSpec, skipReason } from "../test-bed.ts";

/** What only full containers promise: limits that hold, walls that stand. Hostile tenants try them here. */
describe("a container's walls", { skip: skipReason("container") }, () => {
  let bed: GardenBed;
  let router: Server;
  before(async () => {
    router = createServer((socket) => socket.end("router\n"));
    await new Promise<void>((resolve) => router.listen(0, "0.0.0.0", resolve));
    const { port } = router.address() as { port: number };
    bed = await GardenBed.start("container", { relayPorts: [{ containerPort: 80, gatewayPort: port }] });
  });
  after(async () => {
    router?.close();
    await bed?.[Symbol.asyncDispose]();
  });

  test("a process that takes more memory than allowed is killed, and the container says so", async () => {
    await bed.create("hog", { memoryLimitBytes: 64 << 20 });
    const output = await bed.shell("hog", "head -c 200m /dev/zero | tail -c 190m > /dev/null; echo $?");
    assert.match(output.stdout, /137/);
    assert.deepEqual((await bed.client.info("hog")).events, ["out of memory"]);
    assert.equal((await bed.shell("hog", "echo alive")).stdout, "alive\n");
    await bed.client.destroy("hog", never());
  });

  test("a fork bomb stays in its container and goes with it", async () => {
    await bed.create("bomb", { pidsMax: 64 });
    await bed.client.run("bomb", shellSpec(":(){ :|:& };:; sleep 600"), new Output().io, never());
    await eventually(
      async () => ((await bed.client.metrics(["bomb"])).get("bomb")?.pids ?? 0) >= 60,
      "the limit is reached",
    );
    await bed.create("neighbour");
    assert.equal((await bed.shell("neighbour", "echo fine")).stdout, "fine\n");
    await bed.client.destroy("bomb", never());
    await bed.client.destroy("neighbour", never());
  });

  test("writing ends at the disk limit, and other places to write are bounded too", async () => {
    await bed.create("full", { diskLimitBytes: 32 << 20, memoryLimitBytes: 64 << 20 });
    const output = await bed.shell(
      "full",
      "head -c 100m /dev/zero > big; stat -c %s big; echo more > /tmp/more || echo full",
    );
    const written = Number(output.stdout.split("\n")[0]);
    assert.ok(written > 31 << 20 && written <= 34 << 20, `${written} bytes were written`);
    assert.match(output.stderr, /No space left on device/);
    const metrics = (await bed.client.metrics(["full"])).get("full")!;
    assert.ok(
      metrics.diskUsageBytes > 31 << 20 && metrics.diskUsageBytes <= 36 << 20,
      `${metrics.diskUsageBytes} are counted`,
    );
    const shm = await bed.shell("full", "head -c 200m /dev/zero > /dev/shm/x; rm -f /dev/shm/x; echo done");
    assert.ok(shm.stdout === "done\n" || shm.code === 137, "shared memory is held by the memory limit");
    await bed.client.destroy("full", never());
  });

  test("many files are possible: inodes do not end before a package tree fits", async () => {
    await bed.create("inodes", { diskLimitBytes: 128 << 20 });
    const output = await bed.shell("inodes", "mkdir d; cd d; seq 1 12000 | xargs touch; ls | wc -l");
    assert.equal(output.stdout, "12000\n");
    await bed.client.destroy("inodes", never());
  });

  test("fifty megabytes of log arrive whole, and the machine's disk gets them back", async () => {
    await bed.create("chatty");
    let bytes = 0;
    const io = {
      stdout: (chunk: Uint8Array) => {
        bytes += chunk.length;
      },
      stderr: () => undefined,
    };
    const process = await bed.client.run("chatty", shellSpec("yes 'a line of log' | head -c 50000000"), io, never());
    assert.equal(await process.wait(never()), 0);
    assert.equal(bytes, 50_000_000);
    await bed.client.destroy("chatty", never());
  });

  test("an endless printer waits for a taker that does not take", async () => {
    await bed.create("endless");
    const { promise: stuck, resolve: release } = Promise.withResolvers<void>();
    let bytes = 0;
    const io = {
      stdout: (chunk: Uint8Array) => {
        bytes += chunk.length;
        return stuck;
      },
      stderr: () => undefined,
    };
    const process = await bed.client.run(
      "endless",
      shellSpec("yes | tee >(tail -c 1 >/dev/null) | cat; echo never"),
      io,
      never(),
    );
    const { stat } = await import("node:fs/promises");
    const file = `${bed.config.root}/containers/endless/processes/${process.id}/stdout`;
    let last = -1;
    await eventually(async () => {
      const { size } = await stat(file);
      const still = size === last && size >= 16 << 20;
      last = size;
      await new Promise((resolve) => setTimeout(resolve, 300));
      return still;
    }, "the output stands still");
    assert.ok(last < 20 << 20, `${last} bytes wait on disk`);
    release();
    await eventually(() => bytes > 20 << 20, "output flows again");
    await bed.client.destroy("endless", never());
  });

  test("nobody gets more rights or a view of the machine", async () => {
    await bed.create("escape");
    const attempts: Record<string, string> = {
      "new user namespace": "unshare -U true",
      "new mount namespace": "unshare -m true",
      mount: "mount -t tmpfs x /mnt",
      "bind mount": "mount --bind /etc /mnt",
      "remount /usr": "mount -o remount,rw /usr",
      "write /usr": "echo x > /usr/bin/evil",
      "write sysctl": "echo 1 > /proc/sys/kernel/core_pattern",
      sysrq: "echo b > /proc/sysrq-trigger",
      cgroup: "echo $$ > /sys/fs/cgroup/memory/cgroup.procs",
      "make a device": "mknod /tmp/sda b 8 0",
      "read kernel memory": "head -c 1 /proc/kcore | grep -q .",
      "raw socket": `perl -e 'socket(my $s, 2, 3, 1) or exit 1'`,
      "packet socket": `perl -e 'socket(my $s, 17, 3, 0) or exit 1'`,
      vsock: `perl -e 'socket(my $s, 40, 1, 0) or exit 1'`,
      "change the hostname": "hostname evil",
      "change addresses": "ip addr add 10.1.1.1/8 dev eth0",
      "become root": "su -c true",
      "ptrace the first process": `perl -e 'exit(syscall(101, 16, 1, 0, 0) == 0 ? 0 : 1)'`,
      keyring: `perl -e 'exit(syscall(250, 0, -3, 0) >= 0 ? 0 : 1)'`,
      bpf: `perl -e 'exit(syscall(321, 0, 0, 0) >= 0 || !$!{EPERM} ? 0 : 1)'`,
      io_uring: `perl -e 'my $p = "\\0" x 120; exit(syscall(425, 4, $p) >= 0 ? 0 : 1)'`,
      "clone a user namespace": `perl -e 'exit(syscall(56, 0x10000000|17, 0, 0, 0, 0) >= 0 ? 0 : 1)'`,
      "read the shadow file": "cat /etc/shadow",
      "read root's folder": "ls /root",
    };
    for (const [what, script] of Object.entries(attempts)) {
      const output = await bed.shell("escape", script);
      assert.notEqual(output.code, 0, `${what} must fail`);
    }
    const view = await bed.shell(
      "escape",
      'grep -E "^(Cap|NoNewPrivs|Seccomp:)" /proc/self/status; ls /proc | grep -c "^[0-9]"; cat /proc/1/comm',
    );
    assert.match(view.stdout, /CapEff:\t0+\n/);
    assert.match(view.stdout, /CapBnd:\t0+\n/);
    assert.match(view.stdout, /NoNewPrivs:\t1\n/);
    assert.match(view.stdout, /Seccomp:\t2\n/);
    assert.match(view.stdout, /\n[3-9]\nsleep\n$/, "only its own processes are seen");
    await bed.client.destroy("escape", never());
  });

  test("root of a container owns its files but has no power over the machine", async () => {
    await bed.create("root");
    const output = await bed.shell(
      "root",
      "id -u; touch /etc/mine && chown 2000 /etc/mine && echo owned; mount -t tmpfs x /mnt || echo no; unshare -n true || echo no",
      {
        user: "root",
      },
    );
    assert.equal(output.stdout, "0\nowned\nno\nno\n");
    await bed.client.destroy("root", never());
  });

  test("orphans are collected, so that they do not use up the process limit", async () => {
    await bed.create("orphans", { pidsMax: 40 });
    const output = await bed.shell(
      "orphans",
      "for i in $(seq 1 100); do (sleep 0.01 &) ; done; sleep 0.3; ps -e -o stat= | grep -c Z",
    );
    assert.equal(output.stdout, "0\n");
    await bed.client.destroy("orphans", never());
  });

  test("the stack looks like cflinuxfs4", async () => {
    await bed.create("stack");
    const output = await bed.shell(
      "stack",
      ". /etc/os-release; echo $ID $VERSION_CODENAME; . /etc/lsb-release; echo $DISTRIB_CODENAME; getent passwd vcap; ls /usr/local/bin /opt /var/log | grep -v : | grep -c .; test -s /etc/ssl/certs/ca-certificates.crt && echo certificates",
    );
    assert.equal(output.stdout, "ubuntu jammy\njammy\nvcap:x:2000:2000:vcap:/home/vcap:/bin/bash\n0\ncertificates\n");
    await bed.client.destroy("stack", never());
  });
});
