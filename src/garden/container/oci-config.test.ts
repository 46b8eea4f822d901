import assert from "node:assert/strict";
import { test } from "node:test";
import { capabilitiesOf } from "./capabilities.ts";
import { type OciConfigInput, ociConfig } from "./oci-config.ts";
import { ociProcess } from "./oci-process.ts";
import { seccompProfile } from "./seccomp-profile.ts";

const input: OciConfigInput = {
  hostname: "web-0",
  rootfsPath: "/run/x/rootfs/web-0",
  usrPath: "/run/x/stacks/s/usr",
  cgroupsPath: "/ingot-x/web-0",
  swapAccounting: true,
  memoryLimitBytes: 64 << 20,
  cpuShares: 100,
  pidsMax: 50,
  bindMounts: [{ sourcePath: "/a", destinationPath: "/b", mode: "ro" }],
  arch: "x64",
};
interface Config {
  readonly linux: {
    readonly resources: { readonly memory?: object; readonly pids?: object };
    readonly namespaces: readonly { readonly type: string }[];
  };
  readonly mounts: readonly { readonly destination: string; readonly options: readonly string[] }[];
  readonly process: { readonly capabilities: Record<string, readonly string[]>; readonly noNewPrivileges: boolean };
}
const configOf = (changes: Partial<OciConfigInput>): Config => ociConfig({ ...input, ...changes }) as unknown as Config;

test("memory and swap together are limited to the memory, where swap is counted", () => {
  assert.deepEqual(configOf({}).linux.resources.memory, { limit: 64 << 20, swap: 64 << 20 });
  assert.deepEqual(configOf({ swapAccounting: false }).linux.resources.memory, { limit: 64 << 20 });
  assert.equal(configOf({ memoryLimitBytes: 0 }).linux.resources.memory, undefined);
});

test("a limit of 0 processes means none, as in Garden", () => {
  assert.deepEqual(configOf({}).linux.resources.pids, { limit: 50 });
  assert.equal(configOf({ pidsMax: 0 }).linux.resources.pids, undefined);
});

test("every namespace is the container's own", () => {
  const types = configOf({}).linux.namespaces.map(({ type }) => type);
  assert.deepEqual(new Set(types), new Set(["pid", "network", "ipc", "uts", "mount", "user", "cgroup"]));
});

test("nothing mounted lets devices or set-id programs work", () => {
  for (const { destination, options } of configOf({}).mounts) {
    assert.ok(options.includes("nosuid"), destination);
    if (!destination.startsWith("/dev")) assert.ok(options.includes("nodev"), destination);
  }
});

test("the first process and every other user's have no capabilities, said explicitly in every set", () => {
  const first = configOf({}).process;
  const app = ociProcess(
    { id: "p", path: "/bin/true", args: [], user: "vcap", env: [] },
    [],
    { name: "vcap", uid: 2000, gid: 2000, home: "/home/vcap" },
    4096,
  ) as unknown as Config["process"] & { rlimits: { hard: number }[] };
  for (const { capabilities, noNewPrivileges } of [first, app]) {
    assert.equal(noNewPrivileges, true);
    for (const set of ["bounding", "effective", "inheritable", "permitted", "ambient"]) {
      assert.deepEqual(capabilities[set], [], set);
    }
  }
  assert.equal(app.rlimits[0]?.hard, 4096, "the machine's own limit holds");
});

test("root of a container gets nothing that reaches beyond its files and accounts", () => {
  for (const dangerous of [
    "CAP_SYS_ADMIN",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_SYS_PTRACE",
    "CAP_MKNOD",
    "CAP_SYS_MODULE",
  ]) {
    assert.equal(capabilitiesOf(0).bounding.includes(dangerous), false, dangerous);
  }
});

test("the system call filter denies by default and names none of the dangerous ones", () => {
  const profile = seccompProfile("x64");
  assert.equal(profile.defaultAction, "SCMP_ACT_ERRNO");
  const allowed = new Set(
    profile.syscalls.filter(({ action, args }) => action === "SCMP_ACT_ALLOW" && !args).flatMap(({ names }) => names),
  );
  const dangerous =
    "mount umount2 pivot_root unshare setns bpf keyctl add_key request_key io_uring_setup perf_event_open init_module kexec_load reboot swapon userfaultfd open_by_handle_at clock_settime move_mount open_tree mount_setattr fsopen process_vm_writev clone clone3 socket";
  for (const name of dangerous.split(" ")) assert.equal(allowed.has(name), false, name);
  assert.deepEqual(seccompProfile("arm64").architectures, ["SCMP_ARCH_AARCH64"]);
});
