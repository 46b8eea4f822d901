import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.cloudfoundry.client.v3.applications.GetApplicationRequest;
import org.cloudfoundry.client.v3.auditevents.ListAuditEventsRequest;
import org.cloudfoundry.client.v3.organizations.DeleteOrganizationRequest;

final class Removing {
    static List<Step> steps(World w) {
        return List.of(
                new Step("audit events tell what happened to the app", () -> {
                    Set<String> types = World.get(w.cf.auditEventsV3().list(ListAuditEventsRequest.builder().targetId(w.app).perPage(200).build()))
                            .getResources().stream().map(event -> event.getType()).collect(Collectors.toSet());
                    World.holds(types.containsAll(Set.of("audit.app.create", "audit.app.start", "audit.app.build.create", "audit.app.deployment.create")), types);
                }),
                new Step("an organization goes with everything in it", () -> {
                    w.finished(w.cf.organizationsV3().delete(DeleteOrganizationRequest.builder().organizationId(w.organization).build()));
                    World.refused(w.cf.applicationsV3().get(GetApplicationRequest.builder().applicationId(w.app).build()), 404, "CF-ResourceNotFound", "App not found");
                }));
    }
}
