import type { BindMount } from "../client.ts";
import { ID_MAP } from "../config.ts";
import { seccompProfile } from "./seccomp-profile.ts";

export interface OciConfigInput {
  readonly hostname: string;
  /** Where the container's file system is mounted on this machine. */
  readonly rootfsPath: string;
  /** Mounted read-only at /usr. */
  readonly usrPath: string;
  /** `/ingot-HASH/HANDLE`; the same in every hierarchy of cgroup v1. */
  readonly cgroupsPath: string;
  /** Does this kernel count swap for a cgroup? Without it a limit on swap is refused. */
  readonly swapAccounting: boolean;
  /** 0 means no limit. */
  readonly memoryLimitBytes: number;
  readonly cpuShares: number;
  readonly pidsMax: number;
  readonly bindMounts: readonly BindMount[];
  readonly arch: string;
}

interface OciMount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

/**
 * The first process of every container: holds the namespaces open and lets the kernel collect orphans by ignoring
 * SIGCHLD, which outlives the exec (dash would not pass that on). Costs 0.2 MB.
 */
const INIT = ["/bin/bash", "-c", 'trap "" CHLD TERM INT HUP; exec sleep infinity'];

/** Paths that show or change the whole machine. runc's and Docker's common list; guardian: defaultMaskedPaths */
const MASKED_PATHS = [
  "/proc/acpi",
  "/proc/asound",
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/sys/devices/virtual/powercap",
  "/sys/firmware",
];
const READONLY_PATHS = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/** Bytes of /dev/shm; counted against the memory limit as well. Docker's default. */
const SHM_SIZE = "size=64m";

/** The bundle's config.json: all of a container's walls in one place. OCI runtime specification 1.0.2 */
export function ociConfig(input: OciConfigInput): Record<string, unknown> {
  const memory = input.memoryLimitBytes > 0 ? memoryLimits(input) : {};
  const idMapping = [{ containerID: 0, hostID: ID_MAP.firstHostId, size: ID_MAP.count }];
  return {
    ociVersion: "1.0.2",
    hostname: input.hostname.slice(0, 63),
    process: {
      terminal: false,
      user: { uid: 0, gid: 0 },
      args: INIT,
      env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
      cwd: "/",
      capabilities: { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] },
      noNewPrivileges: true,
    },
    root: { path: input.rootfsPath, readonly: false },
    mounts: [...systemMounts(input), ...input.bindMounts.map(bindMount)],
    linux: {
      uidMappings: idMapping,
      gidMappings: idMapping,
      namespaces: ["pid", "network", "ipc", "uts", "mount", "user", "cgroup"].map((type) => ({ type })),
      cgroupsPath: input.cgroupsPath,
      resources: {
        devices: [{ allow: false, access: "rwm" }],
        ...memory,
        cpu: { shares: input.cpuShares },
        ...(input.pidsMax > 0 ? { pids: { limit: input.pidsMax } } : {}),
      },
      seccomp: seccompProfile(input.arch),
      maskedPaths: MASKED_PATHS,
      readonlyPaths: READONLY_PATHS,
      rootfsPropagation: "private",
      // As Garden does when new privileges are off: ping works without raw sockets for every group.
      sysctl: { "net.ipv4.ping_group_range": `0 ${ID_MAP.count - 1}` },
    },
  };
}

function memoryLimits(input: OciConfigInput): Record<string, unknown> {
  const limit = input.memoryLimitBytes;
  // Memory and swap together may not be more than memory alone: no swapping. guardian: rundmc/bundlerules/limits.go
  return { memory: { limit, ...(input.swapAccounting ? { swap: limit } : {}) } };
}

function systemMounts(input: OciConfigInput): OciMount[] {
  const mounts: OciMount[] = [
    { destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"] },
    { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "strictatime", "mode=755", "size=1m"] },
    {
      destination: "/dev/pts",
      type: "devpts",
      source: "devpts",
      options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
    },
    {
      destination: "/dev/shm",
      type: "tmpfs",
      source: "shm",
      options: ["nosuid", "noexec", "nodev", "mode=1777", SHM_SIZE],
    },
    { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"] },
    { destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"] },
    // Runtimes (the JVM, Go, Node) read their memory limit here.
    {
      destination: "/sys/fs/cgroup",
      type: "cgroup",
      source: "cgroup",
      options: ["nosuid", "noexec", "nodev", "relatime", "ro"],
    },
    { destination: "/usr", type: "bind", source: input.usrPath, options: ["bind", "ro", "nosuid", "nodev"] },
  ];
  return mounts;
}

function bindMount(mount: BindMount): OciMount {
  return {
    destination: mount.destinationPath,
    type: "bind",
    source: mount.sourcePath,
    options: ["rbind", mount.mode === "ro" ? "ro" : "rw", "nosuid", "nodev"],
  };
}
