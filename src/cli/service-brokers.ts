import type { ArgumentSpec, Input } from "./args.ts";
import type { Cli } from "./cli.ts";
import { NotFound } from "./errors.ts";
import type { Resource } from "./resources.ts";

export interface ServiceBroker extends Resource {
  readonly url: string;
}

export const BROKER_ARGUMENTS: readonly ArgumentSpec[] = [
  { name: "SERVICE_BROKER" },
  { name: "USERNAME" },
  { name: "URL" },
  { name: "URL", optional: true },
];

export const BROKER_ENVIRONMENT = [
  ["CF_BROKER_PASSWORD", "password", "Password associated with user. Overridden if PASSWORD argument is provided"],
] as const;

export const PASSWORD_WARNING = `WARNING:
   Providing your password as a command line option is highly discouraged
   Your password may be visible to others and may be recorded in your shell history`;

/** Where a broker is and how the platform signs in to it. */
export interface BrokerAddress {
  readonly name: string;
  readonly url: string;
  readonly authentication: { readonly type: "basic"; readonly credentials: object };
}

/** The arguments; without a password among them it comes from the environment, or the user is asked. */
export async function brokerAddress(cli: Cli, input: Input): Promise<BrokerAddress> {
  const [name, username, third, fourth] = [input.arg(0), input.arg(1), input.arg(2), input.optional(3)];
  const isGiven = fourth !== undefined && fourth !== "";
  const password = isGiven
    ? third
    : (cli.deps.env["CF_BROKER_PASSWORD"] ?? (await cli.ask.password("Service Broker Password")));
  const authentication = { type: "basic" as const, credentials: { username, password } };
  return { name, url: isGiven ? fourth : third, authentication };
}

/** Throws `NotFound`. */
export async function serviceBrokerByName(cli: Cli, name: string): Promise<ServiceBroker> {
  const broker = await cli.cc.first<ServiceBroker>("/v3/service_brokers", { names: [name] });
  if (broker !== null) return broker;
  throw new NotFound(
    `Service broker '${name}' not found.\nTIP: Use 'cf service-brokers' to see a list of available brokers.`,
  );
}

/** Gives a broker another address and reads its catalog again. */
export async function updateBroker(cli: Cli, userName: string, guid: string, to: BrokerAddress): Promise<void> {
  const { name, url, authentication } = to;
  cli.ui.flavor`Updating service broker ${name} as ${userName}...`;
  const answer = await cli.cc.send("PATCH", `/v3/service_brokers/${guid}`, { json: { url, authentication } });
  await cli.cc.waitForJob(answer);
  cli.ui.ok();
}
