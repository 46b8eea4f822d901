import { ok } from "../../api/answer.ts";
import type { CcApi } from "../../api/api.ts";
import { CcError } from "../../errors.ts";
import { globalUsage } from "../usage-summary/usage.ts";

/** The v3 API that this program speaks. CC: config/version */
export const API_VERSION = "3.228.0";
/** CC: config/osbapi_version */
const OSBAPI_VERSION = "2.15";

/** Registers the documents that need no token: `/`, `/v3`, `/v2/info`, `/v3/info`, `/healthz`. */
export function root(api: CcApi): void {
  const open = { token: "none" } as const;
  api.get("/", async () => ok(rootDocument(api)), open);
  api.get("/v3", async () => ok({ links: v3Links(api) }), open);
  api.get("/v2/info", async () => ok(v2Info(api)), open);
  api.get("/v3/info", async () => ok(v3Info(api)), open);
  api.get("/v3/info/usage_summary", async ({ access }) => {
    if (!access.readsAll) throw new CcError("NotFound");
    return ok({
      usage_summary: await globalUsage(api),
      links: { self: api.links.to("/v3/info/usage_summary") },
    });
  });
  // As JSON, which it is not. CC: rack_app_builder.rb
  api.get("/healthz", async () => ({ status: 200, body: "OK", headers: { "content-type": "application/json" } }), open);
}

/** CC: controllers/runtime/root_controller.rb */
function rootDocument({ config: { urls, ...config }, links }: CcApi): object {
  return {
    links: {
      self: { href: urls.api },
      cloud_controller_v2: null,
      cloud_controller_v3: { href: links.href("/v3"), meta: { version: API_VERSION } },
      network_policy_v0: links.to("/networking/v0/external"),
      network_policy_v1: links.to("/networking/v1/external"),
      login: { href: urls.login },
      uaa: { href: urls.uaa },
      credhub: { href: urls.credhub },
      routing: { href: urls.routing },
      logging: { href: urls.logging },
      log_cache: { href: urls.logCache },
      log_stream: { href: urls.logStream },
      app_ssh: {
        href: urls.appSsh,
        meta: { host_key_fingerprint: config.appSshHostKeyFingerprint, oauth_client: "ssh-proxy" },
      },
    },
  };
}

/** CC: controllers/v3/root_controller.rb */
const V3_RESOURCES = [
  "app_usage_events",
  "apps",
  "audit_events",
  "buildpacks",
  "builds",
  "deployments",
  "domains",
  "droplets",
  "environment_variable_groups",
  "feature_flags",
  "info",
  "isolation_segments",
  "organizations",
  "organization_quotas",
  "packages",
  "processes",
  "resource_matches",
  "roles",
  "routes",
  "security_groups",
  "service_brokers",
  "service_instances",
  "service_credential_bindings",
  "service_offerings",
  "service_plans",
  "service_route_bindings",
  "service_usage_events",
  "spaces",
  "space_quotas",
  "stacks",
  "tasks",
  "users",
] as const;

function v3Links({ links }: CcApi): object {
  return {
    self: links.to("/v3"),
    ...Object.fromEntries(V3_RESOURCES.map((name) => [name, links.to(`/v3/${name}`)])),
  };
}

/** CC: controllers/runtime/info_controller.rb, with v2 switched off. */
function v2Info({ config: { urls, info, ...config } }: CcApi): object {
  return {
    name: info.name,
    build: info.build,
    support: "CF API v2 is disabled",
    version: info.version,
    description: info.description,
    authorization_endpoint: urls.login,
    token_endpoint: urls.uaa,
    min_cli_version: info.minCliVersion,
    min_recommended_cli_version: info.minRecommendedCliVersion,
    app_ssh_endpoint: urls.appSsh,
    app_ssh_host_key_fingerprint: config.appSshHostKeyFingerprint,
    app_ssh_oauth_client: "ssh-proxy",
    doppler_logging_endpoint: urls.logging,
    api_version: "",
    osbapi_version: OSBAPI_VERSION,
    routing_endpoint: urls.routing,
  };
}

/** CC: presenters/v3/info_presenter.rb */
function v3Info({ config: { info, rateLimits }, links }: CcApi): object {
  const limits = rateLimits ?? null;
  return {
    build: info.build,
    cli_version: { minimum: info.minCliVersion, recommended: info.minRecommendedCliVersion },
    custom: {},
    description: info.description,
    name: info.name,
    version: info.version,
    osbapi_version: OSBAPI_VERSION,
    rate_limits: {
      enabled: limits !== null,
      general_limit: limits?.generalMax ?? "",
      reset_interval_in_minutes: limits?.intervalMinutes ?? "",
    },
    links: { self: links.to("/v3/info"), support: { href: info.supportAddress } },
  };
}
