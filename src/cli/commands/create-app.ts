import type { Cli } from "../cli.ts";
import { CcFailure } from "../cloud-controller.ts";
import { APP_NAME, type Command, list, value } from "../command.ts";
import { CliError } from "../errors.ts";
import { choice } from "../flag-values.ts";

export const command: Command = {
  usage: "cf create-app APP_NAME [--app-type (buildpack | docker | cnb)]",
  args: APP_NAME,
  flags: [
    value("--app-type", "App lifecycle type to stage and run the app (Default: buildpack)"),
    list(
      "--buildpack -b",
      "Custom buildpack by name (e.g. my-buildpack), Docker image (e.g. docker://registry/image:tag), Git URL (e.g. 'https://github.com/cloudfoundry/java-buildpack.git') or Git URL with a branch or tag (e.g. 'https://github.com/cloudfoundry/java-buildpack.git#v3.3.0' for 'v3.3.0' tag). To use built-in buildpacks only, specify 'default' or 'null'",
    ),
  ],
  related: "app, apps, push",
  run: async (cli, input) => {
    const { ui, org, space } = cli;
    const type = choice(input, "app-type", ["buildpack", "docker", "cnb"], "buildpack");
    const user = cli.requireTarget("space");
    const name = input.arg(0);
    const buildpacks = input.list("buildpack");
    ui.flavor`Creating app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    ui.text(`Using app type "${type}"`);
    if (type === "cnb" && buildpacks.length === 0) {
      throw new CliError("buildpack(s) must be provided when using --app-type cnb");
    }
    const credentials = type === "cnb" ? cnbCredentials(cli) : null;
    try {
      await cli.cc.post("/v3/apps", {
        name,
        relationships: { space: { data: { guid: space.guid } } },
        ...lifecycleOf(type, buildpacks, credentials),
      });
    } catch (error) {
      if (!isNameTaken(error)) throw error;
      ui.text(error.message);
    }
    ui.ok();
  },
};

/** Registry credentials that `cf push` heeds too. Throws `CliError`. cli: util/configv3/env.go */
function cnbCredentials({ deps }: Cli): unknown {
  const text = deps.env["CF_CNB_REGISTRY_CREDS"] ?? "";
  if (text === "") return null;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new CliError(error instanceof Error ? error.message : String(error));
  }
}

/** What the API takes as the default is left out, so that it decides. cli: resources/application_resource.go */
function lifecycleOf(
  type: string,
  buildpacks: readonly string[],
  credentials: unknown,
): { readonly lifecycle?: Readonly<Record<string, unknown>> } {
  if (type === "docker") return { lifecycle: { type, data: {} } };
  if (type === "buildpack" && buildpacks.length === 0) return {};
  const standard = buildpacks.length === 1 && ["default", "null"].includes(buildpacks[0]!);
  const data = {
    ...(standard ? { buildpacks: null } : { buildpacks }),
    ...(credentials === null ? {} : { credentials }),
  };
  return { lifecycle: { type, data } };
}

function isNameTaken(error: unknown): error is CcFailure {
  const taken = /App with the name '.*' already exists\.|name must be unique in space/s;
  return error instanceof CcFailure && error.status === 422 && taken.test(error.message);
}
