import type { Cli } from "./cli.ts";
import { failureOf } from "./cloud-controller.ts";
import { CliError } from "./errors.ts";

interface Root {
  readonly links: Readonly<
    Record<string, { readonly href: string; readonly meta?: { readonly version?: string } } | null>
  >;
}

/** Asks the root document of an API and keeps its addresses; ends the session. cli: actor/v7action/target.go */
export async function setTarget(cli: Cli, address: string, skipSslValidation: boolean): Promise<void> {
  const url = (/^https?:/.test(address) ? address : `https://${address}`).replace(/\/+$/, "");
  if (!URL.canParse(url)) throw new CliError(`Request error: "${address}" is no address`);
  const { values } = cli.config;
  const before = values.SSLDisabled;
  values.SSLDisabled = skipSslValidation;
  cli.http.reset();
  let links: Root["links"];
  try {
    const answer = await cli.http.call({ method: "GET", url: `${url}/` });
    if (answer.status === 404) throw new CliError(`API endpoint not found at '${url}'`);
    if (answer.status >= 400) throw failureOf(answer);
    links = rootLinks(answer.body.toString(), url);
  } catch (error) {
    values.SSLDisabled = before;
    throw error;
  }
  const href = (name: string): string => links[name]?.href ?? "";
  const targetIsNew = values.Target !== url;
  Object.assign(values, {
    Target: url,
    APIVersion: links["cloud_controller_v3"]?.meta?.version ?? "",
    AuthorizationEndpoint: href("login"),
    UaaEndpoint: href("uaa"),
    DopplerEndPoint: href("logging"),
    LogCacheEndPoint: href("log_cache"),
    NetworkPolicyV1Endpoint: href("network_policy_v1"),
    RoutingAPIEndpoint: href("routing"),
  });
  cli.config.unsetTokens();
  if (targetIsNew) cli.config.unsetOrgAndSpace();
}

function rootLinks(text: string, url: string): Root["links"] {
  try {
    const root = JSON.parse(text) as Partial<Root>;
    if (typeof root.links === "object" && root.links !== null) return root.links;
  } catch {
    // told below
  }
  throw new CliError(`API endpoint not found at '${url}'`);
}
