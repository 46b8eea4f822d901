import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Input } from "./args.ts";
import type { Cli } from "./cli.ts";
import { type Command, value } from "./command.ts";
import { UsageError } from "./errors.ts";
import { type JsonObject, jsonObject } from "./json-object.ts";
import { serviceTags, TAGS_FLAG } from "./service-tags.ts";

/** What a user-provided service instance is made of; only what the flags name. */
export interface UserProvided {
  readonly credentials?: JsonObject;
  readonly syslog_drain_url?: string;
  readonly route_service_url?: string;
  readonly tags?: readonly string[];
}

const CREDENTIALS =
  "Credentials, provided inline or in a file, to be exposed in the VCAP_SERVICES environment variable for bound applications";

export function userProvidedFlags(aboutCredentials = ""): NonNullable<Command["flags"]> {
  return [
    value("-l", "URL to which logs for bound applications will be streamed"),
    value("-p", CREDENTIALS + aboutCredentials),
    value("-r", "URL to which requests for bound routes will be forwarded. Scheme for this URL must be https"),
    TAGS_FLAG,
  ];
}

export function userProvidedUsage(call: string): string {
  return `${call} SERVICE_INSTANCE [-p CREDENTIALS] [-l SYSLOG_DRAIN_URL] [-r ROUTE_SERVICE_URL] [-t TAGS]

Pass comma separated credential parameter names to enable interactive mode:
${call} SERVICE_INSTANCE -p "comma, separated, parameter, names"

Pass credential parameters as JSON to create a service non-interactively:
${call} SERVICE_INSTANCE -p '{"key1":"value1","key2":"value2"}'

Specify a path to a file containing JSON:
${call} SERVICE_INSTANCE -p PATH_TO_FILE

EXAMPLES:
   ${call} my-db-mine -p "username, password"
   ${call} my-db-mine -p /path/to/credentials.json
   ${call} my-db-mine -t "list, of, tags"
   ${call} my-drain-service -l syslog://example.com
   ${call} my-route-service -r https://example.com`;
}

/** What the flags say; asks for credentials of which only names are given. Throws `UsageError` for a file without JSON. */
export async function userProvided(cli: Cli, input: Input): Promise<UserProvided> {
  const word = input.text("p");
  const given = word === undefined ? undefined : await read(cli, word.replace(/^["']+|["']+$/g, ""));
  cli.requireTarget("space");
  const credentials = Array.isArray(given) ? await ask(cli, given) : given;
  const drain = input.text("l");
  const routeService = input.text("r");
  const tags = serviceTags(input);
  return {
    ...(credentials === undefined ? {} : { credentials }),
    ...(drain === undefined ? {} : { syslog_drain_url: drain }),
    ...(routeService === undefined ? {} : { route_service_url: routeService }),
    ...(tags === undefined ? {} : { tags }),
  };
}

/** A JSON object, one in a file, or else the names of what to ask for. cli: flag/credentials_or_json.go */
async function read(cli: Cli, word: string): Promise<JsonObject | string[]> {
  const inline = jsonObject(word);
  if (inline !== null) return inline;
  const text = word === "" ? null : await readFile(resolve(cli.deps.cwd, word), "utf8").catch(() => null);
  if (text === null) return word.split(",").map((name) => name.trim());
  const object = jsonObject(text);
  if (object === null) {
    throw new UsageError(
      `Incorrect Usage: The file '${word}' contains invalid JSON. Please provide a path to a file containing a valid JSON object.`,
    );
  }
  return object;
}

async function ask(cli: Cli, names: readonly string[]): Promise<JsonObject> {
  const credentials: Record<string, unknown> = {};
  for (const name of names) if (name !== "") credentials[name] = await cli.ask.password(name);
  return credentials;
}
