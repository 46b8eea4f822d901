import java.util.List;
import java.util.stream.Collectors;
import org.cloudfoundry.client.v3.Metadata;
import org.cloudfoundry.client.v3.Relationship;
import org.cloudfoundry.client.v3.isolationsegments.AddIsolationSegmentOrganizationEntitlementRequest;
import org.cloudfoundry.client.v3.isolationsegments.CreateIsolationSegmentRequest;
import org.cloudfoundry.client.v3.isolationsegments.DeleteIsolationSegmentRequest;
import org.cloudfoundry.client.v3.isolationsegments.ListIsolationSegmentSpacesRelationshipRequest;
import org.cloudfoundry.client.v3.isolationsegments.RemoveIsolationSegmentOrganizationEntitlementRequest;
import org.cloudfoundry.client.v3.organizations.CreateOrganizationRequest;
import org.cloudfoundry.client.v3.organizations.GetOrganizationRequest;
import org.cloudfoundry.client.v3.organizations.GetOrganizationUsageSummaryRequest;
import org.cloudfoundry.client.v3.organizations.ListOrganizationsRequest;
import org.cloudfoundry.client.v3.organizations.UpdateOrganizationRequest;
import org.cloudfoundry.client.v3.quotas.organizations.CreateOrganizationQuotaRequest;
import org.cloudfoundry.client.v3.quotas.organizations.DeleteOrganizationQuotaRequest;
import org.cloudfoundry.client.v3.quotas.organizations.OrganizationQuotaRelationships;
import org.cloudfoundry.client.v3.quotas.organizations.UpdateOrganizationQuotaRequest;
import org.cloudfoundry.client.v3.quotas.spaces.CreateSpaceQuotaRequest;
import org.cloudfoundry.client.v3.quotas.spaces.DeleteSpaceQuotaRequest;
import org.cloudfoundry.client.v3.quotas.spaces.SpaceQuotaRelationships;
import org.cloudfoundry.client.v3.roles.CreateRoleRequest;
import org.cloudfoundry.client.v3.roles.ListRolesRequest;
import org.cloudfoundry.client.v3.roles.RoleRelationships;
import org.cloudfoundry.client.v3.roles.RoleType;
import org.cloudfoundry.client.v3.spaces.AssignSpaceIsolationSegmentRequest;
import org.cloudfoundry.client.v3.spaces.CreateSpaceRequest;
import org.cloudfoundry.client.v3.spaces.GetSpaceIsolationSegmentRequest;
import org.cloudfoundry.client.v3.spaces.ListSpacesRequest;
import org.cloudfoundry.client.v3.spaces.SpaceRelationships;
import org.cloudfoundry.client.v3.spaces.UpdateSpaceRequest;
import org.cloudfoundry.uaa.users.ListUsersRequest;
import org.cloudfoundry.util.PaginationUtils;

final class Tenancy {
    static List<Step> steps(World w) {
        return List.of(
                new Step("an organization is created, labelled and read again", () -> {
                    w.organization = World.get(w.cf.organizationsV3().create(CreateOrganizationRequest.builder().name("java-org").build())).getId();
                    Metadata metadata = Metadata.builder().label("team", "duke").annotation("contact", "here").build();
                    World.get(w.cf.organizationsV3().update(UpdateOrganizationRequest.builder().organizationId(w.organization).metadata(metadata).build()));
                    var read = World.get(w.cf.organizationsV3().get(GetOrganizationRequest.builder().organizationId(w.organization).build()));
                    World.equal(read.getName() + " " + read.getMetadata().getLabels(), "java-org {team=duke}");
                    World.get(w.cf.organizationsV3().getUsageSummary(GetOrganizationUsageSummaryRequest.builder().organizationId(w.organization).build()));
                }),
                new Step("a second organization of the name is refused with CF-UnprocessableEntity", () ->
                    World.refused(w.cf.organizationsV3().create(CreateOrganizationRequest.builder().name("java-org").build()),
                            422, "CF-UnprocessableEntity", "Organization 'java-org' already exists.")),
                new Step("what is not there is refused with CF-ResourceNotFound", () ->
                    World.refused(w.cf.organizationsV3().get(GetOrganizationRequest.builder().organizationId("nobody").build()),
                            404, "CF-ResourceNotFound", "Organization not found")),
                new Step("spaces are created, renamed and listed to the last page", () -> {
                    for (String name : List.of("java-space", "b", "c", "d")) {
                        String guid = World.get(w.cf.spacesV3().create(CreateSpaceRequest.builder().name(name)
                                .relationships(SpaceRelationships.builder().organization(World.one(w.organization)).build()).build())).getId();
                        if (name.equals("java-space")) w.space = guid;
                        if (name.equals("b")) w.secondSpace = guid;
                    }
                    World.get(w.cf.spacesV3().update(UpdateSpaceRequest.builder().spaceId(w.secondSpace).name("java-second").build()));
                    var names = World.all(PaginationUtils.requestClientV3Resources(page -> w.cf.spacesV3().list(ListSpacesRequest.builder()
                            .organizationId(w.organization).perPage(2).page(page).build()))).stream().map(s -> s.getName()).collect(Collectors.toList());
                    World.equal(names, List.of("java-space", "java-second", "c", "d"));
                }),
                new Step("organizations are found by name", () ->
                    World.equal(World.get(w.cf.organizationsV3().list(ListOrganizationsRequest.builder().name("java-org").build()))
                            .getResources().get(0).getId(), w.organization)),
                new Step("roles are given and listed", () -> {
                    String user = World.get(w.uaa.users().list(ListUsersRequest.builder().filter("userName eq \"duke\"").build())).getResources().get(0).getId();
                    World.get(w.cf.rolesV3().create(CreateRoleRequest.builder().type(RoleType.ORGANIZATION_USER).relationships(RoleRelationships.builder()
                            .organization(World.one(w.organization)).user(World.one(user)).build()).build()));
                    World.get(w.cf.rolesV3().create(CreateRoleRequest.builder().type(RoleType.SPACE_DEVELOPER).relationships(RoleRelationships.builder()
                            .space(World.one(w.space)).user(World.one(user)).build()).build()));
                    var mine = World.get(w.cf.rolesV3().list(ListRolesRequest.builder().userId(user).build())).getResources();
                    World.equal(mine.stream().map(role -> role.getType()).collect(Collectors.toSet()),
                            java.util.Set.of(RoleType.ORGANIZATION_USER, RoleType.SPACE_DEVELOPER));
                    var duke = w.client(World.password("duke", "a-dukes-password"));
                    World.equal(World.get(duke.spacesV3().list(ListSpacesRequest.builder().build())).getResources().get(0).getName(), "java-space");
                }),
                new Step("quotas of organizations and spaces are made, changed and removed", () -> {
                    var apps = org.cloudfoundry.client.v3.quotas.Apps.builder().totalMemoryInMb(4096).totalInstances(20).build();
                    String quota = World.get(w.cf.organizationQuotasV3().create(CreateOrganizationQuotaRequest.builder().name("java-quota").apps(apps)
                            .build())).getId();
                    var changed = World.get(w.cf.organizationQuotasV3().update(UpdateOrganizationQuotaRequest.builder()
                            .organizationQuotaId(quota).name("java-wide").build()));
                    World.equal(changed.getName() + " " + changed.getApps().getTotalInstances(), "java-wide 20");
                    w.finished(w.cf.organizationQuotasV3().delete(DeleteOrganizationQuotaRequest.builder().organizationQuotaId(quota).build()));
                    String narrow = World.get(w.cf.spaceQuotasV3().create(CreateSpaceQuotaRequest.builder().name("java-narrow").apps(apps)
                            .relationships(SpaceQuotaRelationships.builder().organization(World.one(w.organization)).build())
                            .build())).getId();
                    w.finished(w.cf.spaceQuotasV3().delete(DeleteSpaceQuotaRequest.builder().spaceQuotaId(narrow).build()));
                }),
                new Step("isolation segments are made, allowed, given to a space and removed", () -> {
                    String segment = World.get(w.cf.isolationSegments().create(CreateIsolationSegmentRequest.builder().name("java-segment").build())).getId();
                    World.get(w.cf.isolationSegments().addOrganizationEntitlement(AddIsolationSegmentOrganizationEntitlementRequest.builder()
                            .isolationSegmentId(segment).data(Relationship.builder().id(w.organization).build()).build()));
                    World.get(w.cf.spacesV3().assignIsolationSegment(AssignSpaceIsolationSegmentRequest.builder().spaceId(w.secondSpace)
                            .data(Relationship.builder().id(segment).build()).build()));
                    World.equal(World.get(w.cf.spacesV3().getIsolationSegment(GetSpaceIsolationSegmentRequest.builder().spaceId(w.secondSpace).build()))
                            .getData().getId(), segment);
                    World.equal(World.get(w.cf.isolationSegments().listSpacesRelationship(ListIsolationSegmentSpacesRelationshipRequest.builder()
                            .isolationSegmentId(segment).build())).getData().get(0).getId(), w.secondSpace);
                    World.get(w.cf.spacesV3().assignIsolationSegment(AssignSpaceIsolationSegmentRequest.builder().spaceId(w.secondSpace).build()));
                    World.get(w.cf.isolationSegments().removeOrganizationEntitlement(RemoveIsolationSegmentOrganizationEntitlementRequest.builder()
                            .isolationSegmentId(segment).organizationId(w.organization).build()));
                    World.get(w.cf.isolationSegments().delete(DeleteIsolationSegmentRequest.builder().isolationSegmentId(segment).build()));
                }));
    }
}
