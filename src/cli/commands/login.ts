import type { Input } from "../args.ts";
import type { Cli } from "../cli.ts";
import { type Command, flag, value } from "../command.ts";
import { currentUserOf } from "../current-user.ts";
import { argumentsCannotCombine, CliError, NotFound } from "../errors.ts";
import { UntrustedCertificate } from "../http.ts";
import type { Org, Space } from "../resources.ts";
import { setTarget } from "../set-target.ts";
import { UaaFailure } from "../uaa-api.ts";

const TRIES_MAX = 3;

export const command: Command = {
  usage: `cf login [-a API_URL] [-u USERNAME] [-p PASSWORD] [-o ORG] [-s SPACE] [--sso | --sso-passcode PASSCODE] [--origin ORIGIN]

WARNING:
   Providing your password as a command line option is highly discouraged
   Your password may be visible to others and may be recorded in your shell history

EXAMPLES:
   cf login (omit username and password to login interactively -- cf will prompt for both)
   cf login -u name@example.com -p pa55woRD (specify username and password as arguments)
   cf login -u name@example.com -p "my password" (use quotes for passwords with a space)
   cf login -u name@example.com -p "\\"password\\"" (escape quotes if used in password)
   cf login --sso (cf will provide a url to obtain a one-time passcode to login)
   cf login --origin ldap`,
  flags: [
    value("-a", "API endpoint (e.g. https://api.example.com)"),
    value("-o", "Org"),
    value("-p", "Password"),
    value("-s", "Space"),
    flag("--skip-ssl-validation", "Skip verification of the API endpoint. Not recommended!"),
    flag("--sso", "Prompt for a one-time passcode to login"),
    value("--sso-passcode", "One-time passcode"),
    value("-u", "Username"),
    value("--origin", "Indicates the identity provider to be used for login"),
  ],
  related: "api, auth, target",
  run: async (cli, input) => {
    const { ui, config } = cli;
    if (config.values.UAAGrantType === "client_credentials") {
      throw new CliError(
        "Service account currently logged in. Use 'cf logout' to log out service account and try again.",
      );
    }
    if (input.has("origin") && input.has("sso")) throw argumentsCannotCombine("--sso", "--origin");
    if (input.has("origin") && input.has("sso-passcode")) throw argumentsCannotCombine("--sso-passcode", "--origin");
    if (input.has("sso") && input.has("sso-passcode")) throw argumentsCannotCombine("--sso-passcode", "--sso");
    await targetApi(cli, input);
    ui.text();
    try {
      await signIn(cli, input);
      config.save();
      const org = await chooseOrg(cli, input.text("o"), input.text("s"));
      if (org !== null) {
        config.values.OrganizationFields = { GUID: org.guid, Name: org.name };
        config.unsetSpace();
        ui.flavor`Targeted org ${org.name}.`;
        ui.text();
        const space = await chooseSpace(cli, org, input.text("s"));
        if (space !== null) {
          config.values.SpaceFields = { GUID: space.guid, Name: space.name, AllowSSH: true };
          ui.flavor`Targeted space ${space.name}.`;
          ui.text();
        }
      }
    } finally {
      showStatus(cli);
    }
  },
};

async function targetApi(cli: Cli, input: Input): Promise<void> {
  const { ui, config } = cli;
  let address = input.text("a") ?? "";
  let skip = input.has("skip-ssl-validation");
  if (address === "" && config.values.Target !== "") {
    address = config.values.Target;
    skip ||= config.values.SSLDisabled;
  }
  if (address === "") address = await cli.ask.text("API endpoint");
  else ui.flavor`API endpoint: ${address}`;
  try {
    await setTarget(cli, address, skip);
  } catch (error) {
    throw error instanceof UntrustedCertificate ? new UntrustedCertificate(error.url, "login") : error;
  }
  if (config.values.Target.startsWith("http:")) {
    ui.warn("Warning: Insecure http API endpoint detected: secure https API endpoints are recommended");
  }
}

async function signIn(cli: Cli, input: Input): Promise<void> {
  const { ui, uaa } = cli;
  const prompts = await uaa.prompts();
  const sso = input.has("sso") || input.has("sso-passcode");
  const origin = sso ? "" : (input.text("origin") ?? "");
  const form: Record<string, string> = { grant_type: "password" };
  if (!sso) {
    form["username"] = input.text("u") ?? (await cli.ask.text(prompts.get("username")?.label ?? "Email"));
    for (const [name, { type, label }] of prompts) {
      if (type !== "password" && name !== "username") form[name] = await cli.ask.text(label);
    }
  }
  // A secret given by flag is tried once; then the user is asked.
  let given = sso ? input.text("sso-passcode") : input.text("p");
  const name = sso ? "passcode" : "password";
  for (let tried = 0; tried < TRIES_MAX; tried++) {
    form[name] = given ?? (await cli.ask.password(prompts.get(name)?.label ?? "Password"));
    given = undefined;
    if (!sso) ui.text();
    ui.text("Authenticating...");
    try {
      await uaa.authenticate(form, origin);
      ui.ok();
      return;
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      ui.warn(error.message);
      ui.text();
      if (error instanceof UaaFailure && error.message.startsWith("Your account has been locked")) break;
    }
  }
  throw new CliError("Unable to authenticate.");
}

async function chooseOrg(cli: Cli, wanted: string | undefined, spaceName: string | undefined): Promise<Org | null> {
  if (wanted !== undefined) return await cli.orgByName(wanted);
  let { resources: orgs } = await cli.cc.list<Org>("/v3/organizations", { order_by: "name" });
  if (spaceName !== undefined) {
    const { resources: spaces } = await cli.cc.list<Space>("/v3/spaces", { names: [spaceName] });
    const owners = new Set(spaces.map((space) => space.relationships.organization.data?.guid));
    orgs = orgs.filter((org) => owners.has(org.guid));
  }
  return await chooseOne(cli, orgs, "Select an org:", "Org");
}

async function chooseSpace(cli: Cli, org: Org, wanted: string | undefined): Promise<Space | null> {
  if (wanted !== undefined) return await cli.spaceByName(wanted, org.guid);
  const { resources } = await cli.cc.list<Space>("/v3/spaces", { organization_guids: org.guid, order_by: "name" });
  return await chooseOne(cli, resources, "Select a space:", "Space");
}

async function chooseOne<T extends { readonly name: string }>(
  cli: Cli,
  choices: readonly T[],
  title: string,
  label: string,
): Promise<T | null> {
  if (choices.length <= 1) return choices[0] ?? null;
  try {
    const name = await cli.ask.choice(
      title,
      choices.map((choice) => choice.name),
      label,
    );
    return choices.find((choice) => choice.name === name) ?? null;
  } catch (error) {
    // Nobody to ask: the user is signed in all the same.
    if (error instanceof CliError && !(error instanceof NotFound) && error.message === "EOF") return null;
    throw error;
  }
}

function showStatus({ ui, config }: Cli): void {
  const { Target, APIVersion, AccessToken, OrganizationFields, SpaceFields } = config.values;
  const rows: [string, string][] = [
    ["API endpoint:", Target],
    ["API version:", APIVersion],
  ];
  const user = currentUserOf(AccessToken);
  if (user === null) {
    ui.keyValues(rows);
    ui.text("Not logged in. Use 'cf login' or 'cf login --sso' to log in.");
    return;
  }
  rows.push(["user:", user.name]);
  if (OrganizationFields.Name === "") {
    ui.keyValues(rows);
    ui.text("No org or space targeted, use 'cf target -o ORG -s SPACE'");
    return;
  }
  rows.push(["org:", OrganizationFields.Name]);
  rows.push(["space:", SpaceFields.Name === "" ? "No space targeted, use 'cf target -s SPACE'" : SpaceFields.Name]);
  ui.keyValues(rows);
}
