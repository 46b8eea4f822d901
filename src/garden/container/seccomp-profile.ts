/**
 * Which system calls a container may make: all that are not named here fail. The list answers the question "what do
 * ordinary programs need", as Docker's default profile and Garden's (guardian: guardiancmd/seccomp_linux.go) do. Left out
 * on purpose: everything that mounts, makes or enters namespaces, loads code into the kernel, talks to its keyrings,
 * its performance counters or io_uring, sets the clock, or opens files by handle.
 */
const ALLOWED = words(`
  access chdir chmod chown close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2 fadvise64
  fallocate fanotify_mark fchdir fchmod fchmodat fchmodat2 fchown fchownat fcntl fdatasync fgetxattr flistxattr flock
  fremovexattr fsetxattr fstat fstatfs fsync ftruncate futimesat getcwd getdents getdents64 getxattr inotify_add_watch
  inotify_init inotify_init1 inotify_rm_watch ioctl lchown lgetxattr link linkat listxattr llistxattr lremovexattr
  lseek lsetxattr lstat mkdir mkdirat mknod mknodat newfstatat open openat openat2 pread64 preadv preadv2 pwrite64
  pwritev pwritev2 read readahead readlink readlinkat readv removexattr rename renameat renameat2 rmdir sendfile
  setxattr splice stat statfs statx symlink symlinkat sync sync_file_range syncfs tee truncate umask unlink unlinkat
  utime utimensat utimes vmsplice write writev

  epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2
  io_cancel io_destroy io_getevents io_pgetevents io_setup io_submit pipe pipe2 poll ppoll pselect6 select signalfd
  signalfd4 timerfd_create timerfd_gettime timerfd_settime

  brk madvise membarrier memfd_create memfd_secret mincore mlock mlock2 mlockall mmap mprotect mremap msync munlock
  munlockall munmap pkey_alloc pkey_free pkey_mprotect remap_file_pages shmat shmctl shmdt shmget

  alarm arch_prctl capget capset execve execveat exit exit_group fork futex futex_waitv get_robust_list get_thread_area
  getitimer getpgid getpgrp getpid getppid getpriority getrlimit getrusage getsid gettid ioprio_get ioprio_set kill
  landlock_add_rule landlock_create_ruleset landlock_restrict_self modify_ldt nanosleep pause pidfd_open
  pidfd_send_signal prctl prlimit64 process_mrelease ptrace restart_syscall rseq rt_sigaction rt_sigpending
  rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo sched_get_priority_max
  sched_get_priority_min sched_getaffinity sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval
  sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield seccomp set_robust_list set_thread_area
  set_tid_address setitimer setpgid setpriority setrlimit setsid sigaltstack tgkill tkill vfork wait4 waitid

  getegid geteuid getgid getgroups getresgid getresuid getuid setfsgid setfsuid setgid setgroups setregid setresgid
  setresuid setreuid setuid

  clock_getres clock_gettime clock_nanosleep getcpu getrandom gettimeofday sysinfo time timer_create timer_delete
  timer_getoverrun timer_gettime timer_settime times uname

  accept accept4 bind connect getpeername getsockname getsockopt listen mq_getsetattr mq_notify mq_open mq_timedreceive
  mq_timedsend mq_unlink msgctl msgget msgrcv msgsnd recvfrom recvmmsg recvmsg semctl semget semop semtimedop sendmmsg
  sendmsg sendto setsockopt shutdown socketpair
`);

/** CLONE_NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET: no bit of these may be set. */
const CLONE_NAMESPACES = 0x7e020000;
const ENOSYS = 38;
/** AF_VSOCK reaches the hypervisor, past every network rule; AF_ALG and the rest are kernel surface that no app needs. */
const SOCKET_FAMILIES = [1 /* unix */, 2 /* inet */, 10 /* inet6 */, 16 /* netlink: getifaddrs */];
/** Kinds of `personality` that programs ask for: Linux, Linux32, their queries, and no address randomisation. */
const PERSONALITIES = [0x0, 0x8, 0x20000, 0x20008, 0x40000, 0xffffffff];

interface SeccompArg {
  readonly index: number;
  readonly value: number;
  readonly valueTwo?: number;
  readonly op: "SCMP_CMP_EQ" | "SCMP_CMP_MASKED_EQ";
}

export interface SeccompProfile {
  readonly defaultAction: "SCMP_ACT_ERRNO";
  readonly architectures: readonly string[];
  readonly syscalls: readonly {
    readonly names: readonly string[];
    readonly action: "SCMP_ACT_ALLOW" | "SCMP_ACT_ERRNO";
    readonly errnoRet?: number;
    readonly args?: readonly SeccompArg[];
  }[];
}

/** The profile as the OCI runtime specification words it, for `process.arch`-like names. */
export function seccompProfile(arch: string): SeccompProfile {
  return {
    defaultAction: "SCMP_ACT_ERRNO",
    // The 32-bit tables of the same processor stay closed: nothing in the stacks is 32-bit.
    architectures: [arch === "arm64" ? "SCMP_ARCH_AARCH64" : "SCMP_ARCH_X86_64"],
    syscalls: [
      { names: ALLOWED, action: "SCMP_ACT_ALLOW" },
      {
        names: ["clone"],
        action: "SCMP_ACT_ALLOW",
        args: [{ index: 0, value: CLONE_NAMESPACES, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ" }],
      },
      // Its flags are in memory, where a filter cannot look; with ENOSYS libc falls back to clone.
      { names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: ENOSYS },
      ...SOCKET_FAMILIES.map((value) => ({
        names: ["socket"],
        action: "SCMP_ACT_ALLOW" as const,
        args: [{ index: 0, value, op: "SCMP_CMP_EQ" as const }],
      })),
      ...PERSONALITIES.map((value) => ({
        names: ["personality"],
        action: "SCMP_ACT_ALLOW" as const,
        args: [{ index: 0, value, op: "SCMP_CMP_EQ" as const }],
      })),
    ],
  };
}

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}
