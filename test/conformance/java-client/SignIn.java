import java.util.List;
import java.util.Map;
import org.cloudfoundry.client.v2.info.GetInfoRequest;
import org.cloudfoundry.client.v3.organizations.CreateOrganizationRequest;
import org.cloudfoundry.client.v3.organizations.ListOrganizationsRequest;
import org.cloudfoundry.reactor.TokenProvider;
import org.cloudfoundry.reactor.client.ReactorCloudFoundryClient;
import org.cloudfoundry.reactor.tokenprovider.ClientCredentialsGrantTokenProvider;
import org.cloudfoundry.reactor.tokenprovider.RefreshTokenGrantTokenProvider;
import org.cloudfoundry.reactor.uaa.ReactorUaaClient;
import org.cloudfoundry.uaa.clients.CreateClientRequest;
import org.cloudfoundry.uaa.tokens.GetTokenKeyRequest;
import org.cloudfoundry.uaa.tokens.GrantType;
import org.cloudfoundry.uaa.users.CreateUserRequest;
import org.cloudfoundry.uaa.users.Email;
import org.cloudfoundry.uaa.users.ListUsersRequest;
import org.cloudfoundry.uaa.users.Name;

final class SignIn {
    static List<Step> steps(World w) {
        return List.of(
                new Step("the root document leads everywhere, and a password to a token", () -> {
                    World.holds(World.get(w.admin.getToken(w.connection)).startsWith("bearer "), "no bearer token");
                    World.holds(World.get(w.connection.getRootProvider().getRoot("uaa", w.connection)).contains("uaa."), "no uaa");
                    World.equal(World.get(w.cf.info().get(GetInfoRequest.builder().build())).getName() != null, true);
                    World.equal(World.get(w.uaa.getUsername()), "admin");
                    World.equal(World.get(w.uaa.tokens().getKey(GetTokenKeyRequest.builder().build())).getAlgorithm(), "RS256");
                }),
                new Step("a wrong password is refused by UAA", () -> {
                    try {
                        World.get(World.password("admin", "wrong").getToken(w.connection));
                    } catch (RuntimeException refusal) {
                        World.holds(refusal.toString().contains("Bad credentials"), refusal);
                        return;
                    }
                    throw new AssertionError("was not refused");
                }),
                new Step("a refresh token gives a new access token", () -> {
                    String refresh = World.get(w.admin.getRefreshTokens(w.connection).next());
                    ReactorCloudFoundryClient again = w.client(RefreshTokenGrantTokenProvider.builder().token(refresh).build());
                    World.get(again.organizationsV3().list(ListOrganizationsRequest.builder().build()));
                }),
                new Step("a client made in the UAA signs in with its own credentials", () -> {
                    TokenProvider operator = ClientCredentialsGrantTokenProvider.builder()
                            .clientId("admin").clientSecret(System.getenv("INGOT_ADMIN_CLIENT_SECRET")).build();
                    ReactorUaaClient uaa = ReactorUaaClient.builder().connectionContext(w.connection).tokenProvider(operator).build();
                    World.get(uaa.clients().create(CreateClientRequest.builder().clientId("java-robot").clientSecret("a-long-secret")
                            .authorizedGrantType(GrantType.CLIENT_CREDENTIALS).authority("cloud_controller.global_auditor").build()));
                    ReactorCloudFoundryClient robot = w.client(ClientCredentialsGrantTokenProvider.builder()
                            .clientId("java-robot").clientSecret("a-long-secret").build());
                    World.get(robot.organizationsV3().list(ListOrganizationsRequest.builder().build()));
                    World.refused(robot.organizationsV3().create(CreateOrganizationRequest.builder().name("no").build()),
                            403, "CF-NotAuthorized", "not authorized");
                }),
                new Step("a user is made in the UAA and found by name", () -> {
                    World.get(w.uaa.users().create(CreateUserRequest.builder().userName("duke").password("a-dukes-password")
                            .email(Email.builder().value("duke@example.org").primary(true).build())
                            .name(Name.builder().givenName("Duke").familyName("Java").build()).build()));
                    String filter = "userName eq \"duke\"";
                    World.equal(World.get(w.uaa.users().list(ListUsersRequest.builder().filter(filter).build())).getTotalResults(), 1);
                }));
    }
}
