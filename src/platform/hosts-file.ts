/** Fixed host names of the system domain, for programs whose resolver does not know `*.localhost` (glibc, Go, Node, Python). */
export function systemHostNames(domain: string): string[] {
  return ["api", "login", "uaa", "log-cache", "log-stream", "doppler", "credhub", "ssh", "tcp"].map(
    (name) => `${name}.${domain}`,
  );
}

const begin = (domain: string): string => `# >>> ingot ${domain}`;
const end = (domain: string): string => `# <<< ingot ${domain}`;

/** The hosts file with this domain's block written anew at its end. */
export function withHostsBlock(hosts: string, domain: string, address: string): string {
  const rest = withoutHostsBlock(hosts, domain);
  const lines = systemHostNames(domain).map((name) => `${address} ${name}`);
  const gap = rest === "" || rest.endsWith("\n") ? "" : "\n";
  return `${rest}${gap}${[begin(domain), ...lines, end(domain)].join("\n")}\n`;
}

/** The hosts file without this domain's block; everything else stays byte for byte. */
export function withoutHostsBlock(hosts: string, domain: string): string {
  const lines = hosts.split("\n");
  const from = lines.indexOf(begin(domain));
  const to = lines.indexOf(end(domain));
  if (from < 0 || to < from) return hosts;
  return [...lines.slice(0, from), ...lines.slice(to + 1)].join("\n");
}
