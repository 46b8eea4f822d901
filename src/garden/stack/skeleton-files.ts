import { VCAP } from "../config.ts";

/** What of this machine's /etc every container may see: settings of programs in /usr, nothing of the machine itself. */
export const ETC_ALLOWED = [
  "alternatives",
  "bash.bashrc",
  "bindresvport.blacklist",
  "ca-certificates.conf",
  "ethertypes",
  "fonts",
  "gai.conf",
  "host.conf",
  "inputrc",
  "iproute2",
  "java-8-openjdk",
  "java-11-openjdk",
  "java-17-openjdk",
  "java-21-openjdk",
  "ld.so.cache",
  "ld.so.conf",
  "ld.so.conf.d",
  "locale.alias",
  "localtime",
  "login.defs",
  "magic",
  "magic.mime",
  "mime.types",
  "nanorc",
  "networks",
  "perl",
  "profile",
  "protocols",
  "python3",
  "rmt",
  "rpc",
  "services",
  "shells",
  "terminfo",
  "timezone",
  "ucf.conf",
  "vim",
  "wgetrc",
  "xattr.conf",
] as const;

/**
 * Copied with links followed: certificates may be links into folders that containers do not see. Of apt only where packages come
 * from, so that buildpacks can fetch some; never `auth.conf`.
 */
export const ETC_ALLOWED_DEREFERENCED = [
  "ssl/certs",
  "ssl/openssl.cnf",
  "apt/apt.conf",
  "apt/apt.conf.d",
  "apt/keyrings",
  "apt/preferences",
  "apt/preferences.d",
  "apt/sources.list",
  "apt/sources.list.d",
  "apt/trusted.gpg",
  "apt/trusted.gpg.d",
] as const;

/** Folders of the empty file system. `owner` is an id inside the container. */
export const FOLDERS: readonly { readonly path: string; readonly mode: number; readonly owner?: number }[] = [
  { path: "dev", mode: 0o755 },
  { path: "etc", mode: 0o755 },
  { path: "home", mode: 0o755 },
  { path: "home/vcap", mode: 0o755, owner: VCAP.uid },
  { path: "media", mode: 0o755 },
  { path: "mnt", mode: 0o755 },
  { path: "opt", mode: 0o755 },
  { path: "proc", mode: 0o555 },
  { path: "root", mode: 0o700 },
  { path: "run", mode: 0o755 },
  { path: "run/lock", mode: 0o1777 },
  { path: "srv", mode: 0o755 },
  { path: "sys", mode: 0o555 },
  { path: "tmp", mode: 0o1777 },
  { path: "usr", mode: 0o755 },
  { path: "var", mode: 0o755 },
  { path: "var/cache", mode: 0o755 },
  { path: "var/lib", mode: 0o755 },
  { path: "var/log", mode: 0o755 },
  { path: "var/tmp", mode: 0o1777 },
];

/** Where old paths lead; Debian and Ubuntu have had one /usr since 2019. */
export const LINKS: Readonly<Record<string, string>> = {
  bin: "usr/bin",
  lib: "usr/lib",
  lib64: "usr/lib64",
  sbin: "usr/sbin",
  "etc/mtab": "/proc/mounts",
  "etc/os-release": "../usr/lib/os-release",
  "var/lock": "/run/lock",
  "var/run": "/run",
};

const OS_RELEASE = `PRETTY_NAME="Ubuntu 22.04.5 LTS"
NAME="Ubuntu"
VERSION_ID="22.04"
VERSION="22.04.5 LTS (Jammy Jellyfish)"
VERSION_CODENAME=jammy
ID=ubuntu
ID_LIKE=debian
HOME_URL="https://www.ubuntu.com/"
SUPPORT_URL="https://help.ubuntu.com/"
BUG_REPORT_URL="https://bugs.launchpad.net/ubuntu/"
PRIVACY_POLICY_URL="https://www.ubuntu.com/legal/terms-and-policies/privacy-policy"
UBUNTU_CODENAME=jammy
`;

const LSB_RELEASE = `DISTRIB_ID=Ubuntu
DISTRIB_RELEASE=22.04
DISTRIB_CODENAME=jammy
DISTRIB_DESCRIPTION="Ubuntu 22.04.5 LTS"
`;

const PASSWD = `root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
bin:x:2:2:bin:/bin:/usr/sbin/nologin
sys:x:3:3:sys:/dev:/usr/sbin/nologin
sync:x:4:65534:sync:/bin:/bin/sync
man:x:6:12:man:/var/cache/man:/usr/sbin/nologin
mail:x:8:8:mail:/var/mail:/usr/sbin/nologin
www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
vcap:x:${VCAP.uid}:${VCAP.gid}:vcap:${VCAP.home}:/bin/bash
`;

const GROUP = `root:x:0:
daemon:x:1:
bin:x:2:
sys:x:3:
adm:x:4:
tty:x:5:
man:x:12:
mail:x:8:
www-data:x:33:
shadow:x:42:
utmp:x:43:
staff:x:50:
users:x:100:
nogroup:x:65534:
vcap:x:${VCAP.gid}:
`;

/** Written rather than copied: what the stack says of itself and who lives in it. */
export const FILES: Readonly<Record<string, string>> = {
  "etc/debian_version": "bookworm/sid\n",
  "etc/environment": 'PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"\n',
  "etc/group": GROUP,
  "etc/hostname": "localhost\n",
  "etc/hosts": "127.0.0.1 localhost\n",
  "etc/issue": "Ubuntu 22.04.5 LTS \\n \\l\n\n",
  "etc/lsb-release": LSB_RELEASE,
  "etc/nsswitch.conf":
    "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nnetworks: files\nprotocols: files\nservices: files\n",
  "etc/passwd": PASSWD,
  "etc/resolv.conf": "",
  "etc/default/locale": "LANG=en_US.UTF-8\n",
};

/** Laid over this machine's /usr. */
export const USR_FILES: Readonly<Record<string, string>> = { "lib/os-release": OS_RELEASE };

/** Folders of /usr that belong to the machine's owner, not to its distribution: shown empty. */
export const USR_EMPTIED: readonly string[] = ["local", "src", "games"];
export const USR_LOCAL_FOLDERS: readonly string[] = ["bin", "etc", "games", "include", "lib", "sbin", "share", "src"];
