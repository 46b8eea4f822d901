import java.util.List;
import org.cloudfoundry.client.v3.domains.CheckReservedRoutesRequest;
import org.cloudfoundry.client.v3.domains.CreateDomainRequest;
import org.cloudfoundry.client.v3.domains.DeleteDomainRequest;
import org.cloudfoundry.client.v3.domains.DomainRelationships;
import org.cloudfoundry.client.v3.domains.ListDomainsRequest;
import org.cloudfoundry.client.v3.organizations.GetOrganizationDefaultDomainRequest;
import org.cloudfoundry.client.v3.organizations.ListOrganizationDomainsRequest;
import org.cloudfoundry.client.v3.routes.CreateRouteRequest;
import org.cloudfoundry.client.v3.routes.DeleteRouteRequest;
import org.cloudfoundry.client.v3.routes.ListRoutesRequest;
import org.cloudfoundry.client.v3.routes.RouteRelationships;
import org.cloudfoundry.client.v3.securitygroups.BindRunningSecurityGroupRequest;
import org.cloudfoundry.client.v3.Relationship;
import org.cloudfoundry.client.v3.securitygroups.CreateSecurityGroupRequest;
import org.cloudfoundry.client.v3.securitygroups.DeleteSecurityGroupRequest;
import org.cloudfoundry.client.v3.securitygroups.ListRunningSecurityGroupsRequest;
import org.cloudfoundry.client.v3.securitygroups.Protocol;
import org.cloudfoundry.client.v3.securitygroups.Rule;
import org.cloudfoundry.client.v3.securitygroups.UnbindRunningSecurityGroupRequest;

final class Networking {
    static List<Step> steps(World w) {
        return List.of(
                new Step("domains are found, made for an organization and removed", () -> {
                    w.domain = World.get(w.cf.domainsV3().list(ListDomainsRequest.builder().name("apps.cf.localhost").build())).getResources().get(0).getId();
                    World.equal(World.get(w.cf.organizationsV3().getDefaultDomain(GetOrganizationDefaultDomainRequest.builder()
                            .organizationId(w.organization).build())).getId(), w.domain);
                    String own = World.get(w.cf.domainsV3().create(CreateDomainRequest.builder().name("java.example.org").internal(false)
                            .relationships(DomainRelationships.builder().organization(World.one(w.organization)).build()).build())).getId();
                    World.equal(World.get(w.cf.organizationsV3().listDomains(ListOrganizationDomainsRequest.builder().organizationId(w.organization)
                            .name("java.example.org").build())).getResources().get(0).getId(), own);
                    w.finished(w.cf.domainsV3().delete(DeleteDomainRequest.builder().domainId(own).build()));
                }),
                new Step("a route is reserved, found and refused to others", () -> {
                    var relationships = RouteRelationships.builder().domain(World.one(w.domain)).space(World.one(w.space)).build();
                    var create = CreateRouteRequest.builder().host("java-hello").relationships(relationships).build();
                    var reserved = CheckReservedRoutesRequest.builder().domainId(w.domain).host("java-hello").build();
                    World.equal(World.get(w.cf.domainsV3().checkReservedRoutes(reserved)).getMatchingRoute(), false);
                    w.route = World.get(w.cf.routesV3().create(create)).getId();
                    World.equal(World.get(w.cf.domainsV3().checkReservedRoutes(reserved)).getMatchingRoute(), true);
                    World.refused(w.cf.routesV3().create(create), 422, "CF-UnprocessableEntity", "Route already exists with host 'java-hello'");
                    String spare = World.get(w.cf.routesV3().create(CreateRouteRequest.builder().host("java-spare").path("/deep")
                            .relationships(relationships).build())).getId();
                    World.equal(World.get(w.cf.routesV3().list(ListRoutesRequest.builder().path("/deep").spaceId(w.space).build()))
                            .getResources().get(0).getUrl(), "java-spare.apps.cf.localhost/deep");
                    w.finished(w.cf.routesV3().delete(DeleteRouteRequest.builder().routeId(spare).build()));
                }),
                new Step("a security group is made, bound to a space and removed", () -> {
                    var group = World.get(w.cf.securityGroupsV3().create(CreateSecurityGroupRequest.builder().name("java-group")
                            .rule(Rule.builder().protocol(Protocol.TCP).destination("10.1.0.0/16").ports("443,8443").log(true).build())
                            .rule(Rule.builder().protocol(Protocol.ICMP).destination("0.0.0.0/0").type(8).code(0).build()).build()));
                    World.equal(group.getRules().get(0).getPorts(), "443,8443");
                    World.get(w.cf.securityGroupsV3().bindRunningSecurityGroup(BindRunningSecurityGroupRequest.builder()
                            .securityGroupId(group.getId()).boundSpace(Relationship.builder().id(w.space).build()).build()));
                    World.equal(World.get(w.cf.securityGroupsV3().listRunning(ListRunningSecurityGroupsRequest.builder().spaceId(w.space)
                            .name("java-group").build())).getResources().size(), 1);
                    World.get(w.cf.securityGroupsV3().unbindRunningSecurityGroup(UnbindRunningSecurityGroupRequest.builder()
                            .securityGroupId(group.getId()).spaceId(w.space).build()));
                    w.finished(w.cf.securityGroupsV3().delete(DeleteSecurityGroupRequest.builder().securityGroupId(group.getId()).build()));
                }));
    }
}
