import { UsageError } from "../platform/usage-error.ts";
import { InterruptedError } from "./admin/until-interrupted.ts";

type AdminCommand = (argv: readonly string[]) => Promise<number>;

const COMMANDS: Readonly<Record<string, { readonly use: string; readonly load: () => Promise<AdminCommand> }>> = {
  backup: {
    use: "backup FILE            the whole state into one new file, while everything runs",
    load: async () => (await import("./admin/backup.ts")).backup,
  },
  restore: {
    use: "restore FILE           a backup into the empty state folder --state DIR",
    load: async () => (await import("./admin/restore.ts")).restore,
  },
  users: {
    use: "users list|create|set-password|activate|deactivate|grant|revoke [NAME]   accounts of the UAA",
    load: async () => (await import("./admin/users.ts")).users,
  },
  check: {
    use: "check [--repair] [--json]   whether databases, blobs, processes, routes, containers and certificates fit together",
    load: async () => (await import("./admin/check.ts")).check,
  },
  rotate: {
    use: "rotate seal-key|signing-keys|client-secrets|certificates|all   new secrets in the place of old ones",
    load: async () => (await import("./admin/rotate.ts")).rotate,
  },
};

/** `./ingot admin COMMAND`: what the operator of an installation does now and then. */
export async function admin(argv: readonly string[]): Promise<number> {
  const [name = "help", ...rest] = argv;
  if (name === "help" || name === "--help" || name === "-h") {
    const lines = Object.values(COMMANDS).map(({ use }) => `  ./ingot admin ${use}\n`);
    process.stdout.write(`${lines.join("")}\nEach takes --state DIR.\n`);
    return 0;
  }
  const command = COMMANDS[name];
  if (command === undefined) throw new UsageError(`unknown command '${name}'; see ./ingot admin help`);
  const run = await command.load();
  try {
    return await run(rest);
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error;
    process.stderr.write(`ingot admin ${name}: interrupted\n`);
    return 1;
  }
}
