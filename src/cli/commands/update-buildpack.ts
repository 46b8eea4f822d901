import type { Input } from "../args.ts";
import { type Buildpack, buildpackByName, PATH_TIP, whichText } from "../buildpack-details.ts";
import { buildpackFile, requireBuildpackPath, uploadBuildpack } from "../buildpack-files.ts";
import { type Command, flag, value } from "../command.ts";
import { argumentsCannotCombine, UsageError } from "../errors.ts";

export const command: Command = {
  usage: `cf update-buildpack BUILDPACK [-p PATH | -s STACK | --assign-stack NEW_STACK] [-i POSITION] [--rename NEW_NAME] [--enable|--disable] [--lock|--unlock]

TIP:
${PATH_TIP}

Use '--assign-stack' with caution. Associating a buildpack with a stack that it does not support may result in undefined behavior. Additionally, changing this association once made may require a local copy of the buildpack.`,
  args: [{ name: "BUILDPACK" }],
  flags: [
    value("--assign-stack", "Assign a stack to a buildpack that does not have a stack association"),
    flag("--disable", "Disable the buildpack from being used for staging"),
    flag("--enable", "Enable the buildpack to be used for staging"),
    flag("--lock", "Lock the buildpack to prevent updates"),
    value("--path -p", "Path to directory or zip file"),
    value("--position -i", "The order in which the buildpacks are checked during buildpack auto-detection"),
    value("--rename", "Rename an existing buildpack"),
    value("--stack -s", "Specify stack to disambiguate buildpacks with the same name"),
    value("--lifecycle -l", "Specify lifecycle to disambiguate buildpacks with the same name"),
    flag("--unlock", "Unlock the buildpack to enable updates"),
  ],
  related: "buildpacks, create-buildpack, delete-buildpack",
  run: async (cli, input) => {
    const { ui, cc } = cli;
    const path = input.text("path") ?? "";
    const change = changeOf(input);
    if (path !== "") await requireBuildpackPath(cli, path);
    requireOneOfEach(input);
    const user = cli.requireTarget("login");
    const wanted = { name: input.arg(0), stack: input.text("stack") ?? "", lifecycle: input.text("lifecycle") ?? "" };
    const newName = input.text("rename") ?? "";
    const newStack = input.text("assign-stack") ?? "";
    const shownName = newName === "" ? wanted.name : newName;
    if (newName !== "") ui.flavor`Renaming buildpack ${wanted.name} to ${newName} as ${user.name}...\n`;
    if (newStack !== "") ui.flavor`Assigning stack ${newStack} to ${shownName} as ${user.name}...`;
    const isMore = ["position", "lock", "unlock", "enable", "disable"].some((name) => input.has(name));
    if (newStack === "" || isMore) {
      if (newStack !== "") ui.text();
      const bright = (value: string): string => ui.bright(value);
      const which = whichText({ ...wanted, stack: newStack === "" ? wanted.stack : newStack }, bright);
      ui.text(`Updating buildpack ${bright(shownName)}${which} as ${bright(user.name)}...`);
    }
    await using file = path === "" ? null : await buildpackFile(cli, path);
    const { guid } = await buildpackByName(cli, wanted);
    await cc.patch<Buildpack>(`/v3/buildpacks/${guid}`, change);
    ui.ok();
    if (file !== null) await uploadBuildpack(cli, user.name, { guid, name: wanted.name }, file);
  },
};

/** What the API is asked to change. Throws `UsageError`. */
function changeOf(input: Input): object {
  const place = input.text("position");
  if (place !== undefined && !/^[+-]?\d+$/.test(place)) {
    throw new UsageError(`Incorrect Usage: invalid integer value \`${place}\``);
  }
  const [name, stack] = [input.text("rename") ?? "", input.text("assign-stack") ?? ""];
  return {
    ...(name === "" ? {} : { name }),
    ...(stack === "" ? {} : { stack }),
    ...(place === undefined ? {} : { position: Number(place) }),
    ...(input.has("enable") || input.has("disable") ? { enabled: input.has("enable") } : {}),
    ...(input.has("lock") || input.has("unlock") ? { locked: input.has("lock") } : {}),
  };
}

function requireOneOfEach(input: Input): void {
  const pairs = [
    ["lock", "unlock"],
    ["enable", "disable"],
    ["path", "lock"],
    ["path", "assign-stack"],
    ["stack", "assign-stack"],
  ] as const;
  for (const [one, other] of pairs) {
    if (input.has(one) && input.has(other)) throw argumentsCannotCombine(`--${one}`, `--${other}`);
  }
}
