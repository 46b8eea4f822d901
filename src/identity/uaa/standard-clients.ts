import { JWT_BEARER } from "./approval.ts";
import type { BootstrapClient } from "./config.ts";

/**
 * The clients of an ordinary installation. `secretOf` gives the machine-made secret of a client id; it is asked for
 * each client but `cf`, whose secret is empty by convention. cf-deployment: uaa.clients
 */
export function standardClients(uaaUrl: string, secretOf: (clientId: string) => string): BootstrapClient[] {
  const service = (id: string, ...authorities: string[]): BootstrapClient => ({
    id,
    secret: secretOf(id),
    authorities,
    grantTypes: ["client_credentials"],
  });
  return [
    {
      id: "cf",
      secret: "",
      scope: [
        "network.admin",
        "network.write",
        "cloud_controller.read",
        "cloud_controller.write",
        "openid",
        "password.write",
        "cloud_controller.admin",
        "scim.read",
        "scim.write",
        "doppler.firehose",
        "uaa.user",
        "routing.router_groups.read",
        "routing.router_groups.write",
        "cloud_controller.admin_read_only",
        "cloud_controller.global_auditor",
        "perm.admin",
        "clients.read",
      ],
      authorities: ["uaa.none"],
      grantTypes: ["password", "refresh_token", JWT_BEARER],
      accessTokenValiditySeconds: 1200,
      refreshTokenValiditySeconds: 2_592_000,
    },
    {
      id: "ssh-proxy",
      secret: secretOf("ssh-proxy"),
      scope: ["openid", "cloud_controller.read", "cloud_controller.write", "cloud_controller.admin"],
      grantTypes: ["authorization_code"],
      redirectUris: [`${uaaUrl}/login`],
      autoApprove: true,
    },
    service(
      "admin",
      "clients.read",
      "clients.write",
      "clients.secret",
      "uaa.admin",
      "scim.read",
      "scim.write",
      "password.write",
    ),
    service("cc-service-dashboards", "clients.read", "clients.write", "clients.admin"),
    service("cc_routing", "routing.router_groups.read"),
    service("cc_service_key_client", "credhub.read", "credhub.write"),
    service("cloud_controller_username_lookup", "scim.userids", "scim.read"),
    service("credhub_admin_client", "credhub.read", "credhub.write"),
    service("doppler", "uaa.resource"),
    service("gorouter", "routing.routes.read"),
    service("network-policy", "uaa.resource", "cloud_controller.admin_read_only"),
    service("routing_api_client", "routing.routes.write", "routing.routes.read", "routing.router_groups.read"),
    service("tcp_emitter", "routing.routes.write", "routing.routes.read"),
    service("tcp_router", "routing.routes.read", "routing.router_groups.read"),
  ];
}
