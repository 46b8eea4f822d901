import { UsageError } from "../platform/usage-error.ts";

/** One command of `./ingot`: takes the arguments after its name, gives the exit code. Imported only when called. */
type Command = (argv: readonly string[]) => Promise<number>;

const COMMANDS: Readonly<Record<string, { readonly about: string; readonly load: () => Promise<Command> }>> = {
  up: {
    about: "boot everything on this machine (--push DIR: push that app too)",
    load: async () => (await import("./up.ts")).up,
  },
  down: { about: "stop everything, the apps included", load: async () => (await import("./down.ts")).down },
  status: { about: "what runs, where, and how well (--json)", load: async () => (await import("./status.ts")).status },
  login: { about: "log the cf command line in as admin", load: async () => (await import("./login.ts")).login },
  cf: { about: "the cf command line", load: async () => (await import("./cf.ts")).cf },
  config: { about: "print the configuration in force", load: async () => (await import("./config.ts")).config },
  doctor: {
    about: "check this machine; one line and one fix a check (--json)",
    load: async () => (await import("./doctor.ts")).doctor,
  },
  dns: {
    about: "install | uninstall: names of the platform for programs that do not know *.localhost",
    load: async () => (await import("./dns.ts")).dns,
  },
  trust: {
    about: "install Ingot's CA in this machine's trust store (--uninstall)",
    load: async () => (await import("./trust.ts")).trust,
  },
  admin: {
    about: "backup, restore … (./ingot admin help)",
    load: async () => (await import("./admin.ts")).admin,
  },
  test: {
    about: "every check of the project (--quick, --only PATH, --repeat N, --full)",
    load: async () => (await import("./test.ts")).test,
  },
  bench: {
    about: "the benchmarks (NAME…; without a name: the list)",
    load: async () => (await import("./bench.ts")).bench,
  },
  sim: { about: "run the cluster simulator (--seed N, --seeds N)", load: async () => (await import("./sim.ts")).sim },
  version: { about: "print the version", load: async () => (await import("./version.ts")).version },
};

/** Runs the command that `argv` names; prints what went wrong in one line and gives its exit code. */
export async function dispatch(argv: readonly string[]): Promise<number> {
  const [name = "help", ...rest] = argv;
  if (name === "help" || name === "--help" || name === "-h") {
    process.stdout.write(helpText());
    return 0;
  }
  const command = COMMANDS[name === "--version" ? "version" : name];
  if (command === undefined) {
    process.stderr.write(`ingot: unknown command '${name}'; see ./ingot help\n`);
    return 2;
  }
  try {
    return await (await command.load())(rest);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`ingot ${name}: ${error.message}\n`);
    return 2;
  }
}

function helpText(): string {
  const lines = Object.entries(COMMANDS).map(([name, { about }]) => `  ${name.padEnd(9)} ${about}`);
  return `Ingot: the whole of Cloud Foundry, cast in one piece\n\n./ingot COMMAND [flags]\n\n${lines.join("\n")}\n\nFlags of up: --detach --push DIR --state DIR --domain D --http-port N --https-port N --ssh-port N --tcp-ports A-B\n             --bind ADDR --config FILE --isolation auto|container|sandbox|process --no-install\n`;
}
