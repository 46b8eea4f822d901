/** What apps and buildpacks count on in cflinuxfs4, as a file that shows it and the Debian package that brings it. */
export const PROMISES: readonly {
  readonly package: string;
  /** There already when one of these exists. */
  readonly shownBy: readonly string[];
  /** Below /usr, made by the package's scripts otherwise. */
  readonly links?: Readonly<Record<string, string>>;
}[] = [
  { package: "bzip2", shownBy: ["/usr/bin/bzip2"] },
  { package: "ca-certificates", shownBy: ["/etc/ssl/certs/ca-certificates.crt"] },
  { package: "curl", shownBy: ["/usr/bin/curl"] },
  { package: "file", shownBy: ["/usr/bin/file"] },
  { package: "git", shownBy: ["/usr/bin/git"] },
  { package: "iproute2", shownBy: ["/usr/bin/ip", "/usr/sbin/ip"] },
  { package: "jq", shownBy: ["/usr/bin/jq"] },
  {
    package: "libatomic1",
    shownBy: ["/usr/lib/x86_64-linux-gnu/libatomic.so.1", "/usr/lib/aarch64-linux-gnu/libatomic.so.1"],
  },
  { package: "locales", shownBy: ["/usr/share/i18n/locales/en_US"] },
  { package: "lsb-release", shownBy: ["/usr/bin/lsb_release"] },
  { package: "netcat-openbsd", shownBy: ["/usr/bin/nc.openbsd"], links: { "bin/nc": "nc.openbsd" } },
  { package: "openssl", shownBy: ["/usr/bin/openssl"] },
  { package: "procps", shownBy: ["/usr/bin/ps"] },
  { package: "unzip", shownBy: ["/usr/bin/unzip"] },
  { package: "wget", shownBy: ["/usr/bin/wget"] },
  { package: "xz-utils", shownBy: ["/usr/bin/xz"] },
  { package: "zip", shownBy: ["/usr/bin/zip"] },
  { package: "zstd", shownBy: ["/usr/bin/zstd"] },
];

/** Set in every app's environment by the Cloud Controller (LANG=en_US.UTF-8). */
export const LOCALE = { definition: "en_US", charset: "UTF-8", compiledName: "en_US.utf8" } as const;

export function missingPackages(exists: (path: string) => boolean): string[] {
  return PROMISES.filter(({ shownBy }) => !shownBy.some(exists)).map(({ package: name }) => name);
}
