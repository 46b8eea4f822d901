import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const START_LIMIT_MS = 15_000;

/** A directory `dc=test,dc=com` in Debian's OpenLDAP, on a free port of loopback. */
export interface LdapServer extends AsyncDisposable {
  readonly url: string;
}

/** @param entries LDIF, loaded before it starts. */
export async function startLdapServer(entries: string): Promise<LdapServer> {
  const folder = await mkdtemp(join(tmpdir(), "ingot-ldap-"));
  const configuration = join(folder, "slapd.conf");
  await mkdir(join(folder, "data"));
  await writeFile(
    configuration,
    `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile ${folder}/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
database mdb
suffix "dc=test,dc=com"
rootdn "cn=admin,dc=test,dc=com"
rootpw adminsecret
directory ${folder}/data
access to attrs=userPassword by dn.exact="cn=reader,dc=test,dc=com" read by anonymous auth by * none
access to * by users read by anonymous auth
`,
  );
  const ldif = join(folder, "entries.ldif");
  await writeFile(ldif, entries);
  await finished(spawn("slapadd", ["-f", configuration, "-l", ldif], { stdio: "inherit", env: pathEnvironment() }));
  const port = await freePort();
  const url = `ldap://127.0.0.1:${port}`;
  const server = spawn("slapd", ["-f", configuration, "-h", url, "-d", "0"], {
    stdio: "ignore",
    env: pathEnvironment(),
  });
  await answers(port, server);
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      server.kill("SIGTERM");
      if (server.exitCode === null && server.signalCode === null) await once(server, "exit");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function pathEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` };
}

async function finished(child: ChildProcess): Promise<void> {
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new Error(`slapadd ended with ${code}`);
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

async function answers(port: number, server: ChildProcess): Promise<void> {
  const until = Date.now() + START_LIMIT_MS;
  while (Date.now() < until && server.exitCode === null) {
    const socket = connect(port, "127.0.0.1");
    const isOpen = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("slapd does not answer");
}
