import java.util.List;
import java.util.stream.Collectors;
import org.cloudfoundry.AbstractCloudFoundryException;
import org.cloudfoundry.client.v3.applications.DeleteApplicationRequest;
import org.cloudfoundry.client.v3.applications.GetApplicationEnvironmentVariablesRequest;
import org.cloudfoundry.client.v3.applications.ListApplicationsRequest;
import org.cloudfoundry.logcache.v1.EnvelopeType;
import org.cloudfoundry.logcache.v1.InfoRequest;
import org.cloudfoundry.logcache.v1.MetaRequest;
import org.cloudfoundry.logcache.v1.ReadRequest;
import org.cloudfoundry.operations.applications.ApplicationHealthCheck;
import org.cloudfoundry.operations.applications.ApplicationSshEnabledRequest;
import org.cloudfoundry.operations.applications.ListApplicationTasksRequest;
import org.cloudfoundry.operations.applications.ManifestV3;
import org.cloudfoundry.operations.applications.ManifestV3Application;
import org.cloudfoundry.operations.applications.PushManifestV3Request;
import org.cloudfoundry.operations.applications.Route;
import org.cloudfoundry.operations.applications.RunApplicationTaskRequest;
import org.cloudfoundry.operations.applications.TaskState;
import org.cloudfoundry.operations.applications.TerminateApplicationTaskRequest;

/** The library's upper layer, as far as it asks the v3 API. */
final class Operations {
    static List<Step> steps(World w) {
        return List.of(
                new Step("operations push an app by its manifest", () -> {
                    var app = ManifestV3Application.builder().name("java-pushed").path(w.sources).memory(128).instances(1).environmentVariable("BY", "push")
                            .healthCheckType(ApplicationHealthCheck.PORT).route(Route.builder().route("java-pushed.apps.cf.localhost").build()).build();
                    w.operations.applications().pushManifestV3(PushManifestV3Request.builder().manifest(ManifestV3.builder().application(app).build()).build())
                            .block(World.LIMIT.multipliedBy(2));
                    World.eventually("the pushed app answers", () -> World.answer("java-pushed.apps.cf.localhost") == 200);
                    World.equal(World.get(w.cf.applicationsV3().getEnvironmentVariables(GetApplicationEnvironmentVariablesRequest.builder().applicationId(pushed(w)).build()))
                            .getVars(), java.util.Map.of("BY", "push"));
                }),
                new Step("operations run, list and end tasks, and ask for SSH", () -> {
                    var run = World.get(w.operations.applications().runTask(RunApplicationTaskRequest.builder().applicationName("java-pushed")
                            .command("sleep 300").taskName("slow").memory(64).build()));
                    World.get(w.operations.applications().terminateTask(TerminateApplicationTaskRequest.builder().applicationName("java-pushed")
                            .sequenceId(run.getSequenceId()).build()));
                    World.eventually("the task has failed", () -> World.all(w.operations.applications().listTasks(ListApplicationTasksRequest.builder()
                            .name("java-pushed").build())).stream().map(task -> task.getState()).collect(Collectors.toList()).equals(List.of(TaskState.FAILED)));
                    World.equal(World.get(w.operations.applications().sshEnabled(ApplicationSshEnabledRequest.builder().name("java-pushed").build())), true);
                    World.holds(World.get(w.operations.advanced().sshCode()).length() >= 10, "too short");
                }),
                new Step("what operations still ask the v2 API for is refused as by a Cloud Foundry without it", () -> {
                    try {
                        World.all(w.operations.organizations().list());
                    } catch (AbstractCloudFoundryException refusal) {
                        World.equal(refusal.getStatusCode(), 404);
                        return;
                    }
                    throw new AssertionError("was not refused");
                }),
                new Step("log-cache tells its version, its sources, and an app's log", () -> {
                    World.holds(World.get(w.logCache.info(InfoRequest.builder().build())).getVersion() != null, "no version");
                    String app = pushed(w);
                    World.eventually("a line of the app is read", () -> World.get(w.logCache.read(ReadRequest.builder().sourceId(app)
                            .envelopeType(EnvelopeType.LOG).limit(100).descending(true).build())).getEnvelopes().getBatch().stream()
                            .anyMatch(envelope -> envelope.getLog().getPayloadAsText().contains("listens on")));
                    World.holds(World.get(w.logCache.meta(MetaRequest.builder().build())).getMeta().containsKey(app), "no source");
                    w.finished(w.cf.applicationsV3().delete(DeleteApplicationRequest.builder().applicationId(app).build()));
                }));
    }

    private static String pushed(World w) {
        return World.get(w.cf.applicationsV3().list(ListApplicationsRequest.builder().name("java-pushed").build())).getResources().get(0).getId();
    }
}
