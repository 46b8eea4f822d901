/** Capability sets of one process, as the OCI runtime specification names them. */
export interface CapabilitySets {
  readonly bounding: readonly string[];
  readonly effective: readonly string[];
  readonly inheritable: readonly string[];
  readonly permitted: readonly string[];
  readonly ambient: readonly string[];
}

/**
 * What the root of a container may do inside it: own files and become other users. No raw sockets, device nodes or
 * chroot, which Garden still grants (guardian: guardiancmd/command.go, unprivilegedMaxCaps).
 */
const CONTAINER_ROOT = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_KILL",
  "CAP_NET_BIND_SERVICE",
  "CAP_SETGID",
  "CAP_SETUID",
];

/**
 * Sets for a process of this user. Everybody but root gets empty ones, said explicitly: without them `runc exec` leaves
 * the effective capabilities of the container's own root to any user.
 */
export function capabilitiesOf(uid: number): CapabilitySets {
  const granted = uid === 0 ? CONTAINER_ROOT : [];
  return { bounding: granted, effective: granted, inheritable: [], permitted: granted, ambient: [] };
}
