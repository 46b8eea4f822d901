import { text } from "node:stream/consumers";
import type { OperatorUser } from "../../identity/uaa/index.ts";
import { systemSecrets } from "../../kit/random-system.ts";
import { readCommandLine } from "../../platform/config.ts";
import { UsageError } from "../../platform/usage-error.ts";
import { askPlatform } from "./ask-platform.ts";

const FLAGS = {
  json: "boolean",
  admin: "boolean",
  email: "string",
  groups: "string",
  "password-stdin": "boolean",
} as const;
const USE = `users list [--json]
       users create NAME [--email ADDRESS] [--admin] [--groups A,B] [--password-stdin]
       users set-password NAME [--password-stdin]
       users activate|deactivate NAME
       users grant|revoke NAME --admin | --groups A,B`;

/** `./ingot admin users …`. A password comes from stdin, or is made up and printed: command lines are everybody's to read. */
export async function users(argv: readonly string[]): Promise<number> {
  const { config, flags, positionals } = readCommandLine(argv, process.env, FLAGS, 2);
  const [action = "", userName] = positionals;
  const ask = (order: string, body: object) => askPlatform("users", config.state, `users/${order}`, body);
  const groups = typeof flags["groups"] === "string" ? flags["groups"].split(",").filter((one) => one !== "") : [];
  const admin = flags["admin"] === true;
  if (action === "list") {
    const told = await ask("list", {});
    if ("failed" in told) return told.failed;
    const { users: found } = told.answer as { users: readonly OperatorUser[] };
    process.stdout.write(flags["json"] === true ? `${JSON.stringify(found, null, 2)}\n` : listText(found));
    return 0;
  }
  if (userName === undefined) throw new UsageError(USE);
  switch (action) {
    case "create": {
      const { password, shown } = await choosePassword(flags["password-stdin"] === true);
      const email = typeof flags["email"] === "string" ? { email: flags["email"] } : {};
      return finish(
        await ask("create", { userName, password, groups, admin, ...email }),
        `${userName} is there`,
        shown,
      );
    }
    case "set-password": {
      const { password, shown } = await choosePassword(flags["password-stdin"] === true);
      return finish(await ask("password", { userName, password }), `${userName} has a new password`, shown);
    }
    case "activate":
    case "deactivate": {
      const active = action === "activate";
      return finish(await ask("active", { userName, active }), `${userName} is ${active ? "" : "not "}active`);
    }
    case "grant":
    case "revoke": {
      if (groups.length === 0 && !admin) throw new UsageError(`${action} what? --admin or --groups A,B`);
      const told = await ask("groups", { userName, change: action, groups, admin });
      if ("failed" in told) return told.failed;
      const { user } = told.answer as { user: OperatorUser };
      process.stdout.write(`${userName} is in ${user.groups.join(", ") || "no group"}\n`);
      return 0;
    }
    default:
      throw new UsageError(USE);
  }
}

function finish(told: Awaited<ReturnType<typeof askPlatform>>, done: string, more = ""): number {
  if ("failed" in told) return told.failed;
  process.stdout.write(`${done}\n${more}`);
  return 0;
}

async function choosePassword(fromStdin: boolean): Promise<{ readonly password: string; readonly shown: string }> {
  if (!fromStdin) {
    const password = systemSecrets().token(18);
    return { password, shown: `password  ${password}\n` };
  }
  const password = (await text(process.stdin)).replace(/\r?\n$/, "");
  if (password === "") throw new UsageError("--password-stdin: there is no password on stdin");
  return { password, shown: "" };
}

function listText(found: readonly OperatorUser[]): string {
  const rows = found.map(({ userName, origin, active, lastLogonMs, groups }) => [
    userName,
    origin,
    active ? "active" : "inactive",
    lastLogonMs === null ? "never" : new Date(lastLogonMs).toISOString().slice(0, 19),
    groups.includes("cloud_controller.admin") ? "admin" : "",
  ]);
  const all = [["name", "origin", "state", "last sign-in", ""], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all
    .map(
      (row) =>
        `${row
          .map((cell, at) => cell.padEnd(widths[at]!))
          .join("   ")
          .trimEnd()}\n`,
    )
    .join("");
}
