import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { systemSubprocess } from "../kit/subprocess.ts";
import { readCommandLine } from "../platform/config.ts";
import { HOST_DNS, needsHostDns } from "../platform/host-dns.ts";
import { withHostsBlock, withoutHostsBlock } from "../platform/hosts-file.ts";
import { UsageError } from "../platform/usage-error.ts";

const HOSTS = "/etc/hosts";
const RESOLVED_LIMIT_MS = 10_000;

/**
 * `./ingot dns install|uninstall|print`: the fixed names go to /etc/hosts; wildcards go through systemd-resolved to Ingot's own
 * DNS server where that service runs (`.localhost` needs neither: resolved and browsers answer it themselves).
 */
export async function dns(argv: readonly string[]): Promise<number> {
  const { config, positionals } = readCommandLine(argv, process.env, {}, 1);
  const [action = "print"] = positionals;
  const hosts = readFileSync(HOSTS, "utf8");
  if (action === "print") {
    process.stdout.write(withHostsBlock("", config.domain, "127.0.0.1"));
    return 0;
  }
  if (action !== "install" && action !== "uninstall")
    throw new UsageError(`'${action}' is not install, uninstall or print`);
  if (process.getuid?.() !== 0) {
    process.stderr.write(
      `ingot dns: root is needed to write ${HOSTS}; add these lines yourself:\n${withHostsBlock("", config.domain, "127.0.0.1")}`,
    );
    return 1;
  }
  const changed =
    action === "install" ? withHostsBlock(hosts, config.domain, "127.0.0.1") : withoutHostsBlock(hosts, config.domain);
  // Written in place: in containers /etc/hosts is a mount that cannot be renamed over.
  if (changed !== hosts) writeFileSync(HOSTS, changed);
  process.stdout.write(`${HOSTS}: names of ${config.domain} ${action === "install" ? "written" : "removed"}\n`);
  await configureResolved(config.domain, action);
  return 0;
}

async function configureResolved(domain: string, action: "install" | "uninstall"): Promise<void> {
  if (!needsHostDns({ domain })) return;
  if (!existsSync("/run/systemd/resolve/resolv.conf")) {
    if (action === "install") {
      const server = `${HOST_DNS.address}:${HOST_DNS.port}`;
      process.stdout.write(
        `*.${domain}: no systemd-resolved here; let your resolver ask Ingot's DNS server, ${server}\n`,
      );
    }
    return;
  }
  const file = `/etc/systemd/resolved.conf.d/ingot-${domain}.conf`;
  if (action === "install") {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `[Resolve]\nDNS=${HOST_DNS.address}:${HOST_DNS.port}\nDomains=~${domain}\n`);
  } else rmSync(file, { force: true });
  await systemSubprocess().run("systemctl", ["restart", "systemd-resolved"], {
    signal: AbortSignal.timeout(RESOLVED_LIMIT_MS),
  });
  process.stdout.write(
    `systemd-resolved: *.${domain} ${action === "install" ? "goes to Ingot's DNS server" : "as before"}\n`,
  );
}
