import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.cloudfoundry.client.v3.BuildpackData;
import org.cloudfoundry.client.v3.Metadata;
import org.cloudfoundry.client.v3.Relationship;
import org.cloudfoundry.client.v3.applications.ApplicationRelationships;
import org.cloudfoundry.client.v3.applications.ApplicationState;
import org.cloudfoundry.client.v3.applications.CreateApplicationRequest;
import org.cloudfoundry.client.v3.applications.GetApplicationCurrentDropletRequest;
import org.cloudfoundry.client.v3.applications.GetApplicationEnvironmentRequest;
import org.cloudfoundry.client.v3.applications.GetApplicationPermissionsRequest;
import org.cloudfoundry.client.v3.applications.GetApplicationProcessRequest;
import org.cloudfoundry.client.v3.applications.GetApplicationProcessStatisticsRequest;
import org.cloudfoundry.client.v3.applications.GetApplicationRequest;
import org.cloudfoundry.client.v3.applications.ListApplicationFeaturesRequest;
import org.cloudfoundry.client.v3.applications.ListApplicationRoutesRequest;
import org.cloudfoundry.client.v3.applications.ListApplicationsRequest;
import org.cloudfoundry.client.v3.applications.RestartApplicationRequest;
import org.cloudfoundry.client.v3.applications.ScaleApplicationRequest;
import org.cloudfoundry.client.v3.applications.SetApplicationCurrentDropletRequest;
import org.cloudfoundry.client.v3.applications.StartApplicationRequest;
import org.cloudfoundry.client.v3.applications.TerminateApplicationInstanceRequest;
import org.cloudfoundry.client.v3.applications.UpdateApplicationEnvironmentVariablesRequest;
import org.cloudfoundry.client.v3.applications.UpdateApplicationFeatureRequest;
import org.cloudfoundry.client.v3.builds.BuildState;
import org.cloudfoundry.client.v3.builds.CreateBuildRequest;
import org.cloudfoundry.client.v3.builds.GetBuildRequest;
import org.cloudfoundry.client.v3.deployments.CreateDeploymentRequest;
import org.cloudfoundry.client.v3.deployments.DeploymentRelationships;
import org.cloudfoundry.client.v3.deployments.DeploymentStatusReason;
import org.cloudfoundry.client.v3.deployments.GetDeploymentRequest;
import org.cloudfoundry.client.v3.droplets.GetDropletRequest;
import org.cloudfoundry.client.v3.packages.CreatePackageRequest;
import org.cloudfoundry.client.v3.packages.DownloadPackageRequest;
import org.cloudfoundry.client.v3.packages.GetPackageRequest;
import org.cloudfoundry.client.v3.packages.PackageRelationships;
import org.cloudfoundry.client.v3.packages.PackageState;
import org.cloudfoundry.client.v3.packages.PackageType;
import org.cloudfoundry.client.v3.packages.UploadPackageRequest;
import org.cloudfoundry.client.v3.processes.Data;
import org.cloudfoundry.client.v3.processes.HealthCheck;
import org.cloudfoundry.client.v3.processes.HealthCheckType;
import org.cloudfoundry.client.v3.processes.ProcessState;
import org.cloudfoundry.client.v3.processes.UpdateProcessRequest;
import org.cloudfoundry.client.v3.routes.Application;
import org.cloudfoundry.client.v3.routes.Destination;
import org.cloudfoundry.client.v3.routes.InsertRouteDestinationsRequest;
import org.cloudfoundry.client.v3.spaces.ApplyManifestRequest;
import org.cloudfoundry.client.v3.tasks.CancelTaskRequest;
import org.cloudfoundry.client.v3.tasks.CreateTaskRequest;
import org.cloudfoundry.client.v3.tasks.GetTaskRequest;
import org.cloudfoundry.client.v3.tasks.TaskState;

final class Apps {
    static List<Step> steps(World w) {
        return List.of(
                new Step("an app is created with environment variables, found and described", () -> {
                    var create = CreateApplicationRequest.builder().name("java-hello").environmentVariable("GREETING", "hello")
                            .metadata(Metadata.builder().label("lang", "java").build())
                            .relationships(ApplicationRelationships.builder().space(World.one(w.space)).build()).build();
                    w.app = World.get(w.cf.applicationsV3().create(create)).getId();
                    World.refused(w.cf.applicationsV3().create(create), 422, "CF-UniquenessError", "App with the name 'java-hello' already exists.");
                    var found = World.get(w.cf.applicationsV3().list(ListApplicationsRequest.builder().labelSelector("lang=java").spaceId(w.space).build()));
                    World.equal(found.getResources().get(0).getId(), w.app);
                    World.get(w.cf.applicationsV3().updateEnvironmentVariables(UpdateApplicationEnvironmentVariablesRequest.builder()
                            .applicationId(w.app).var("MORE", "y").build()));
                    var environment = World.get(w.cf.applicationsV3().getEnvironment(GetApplicationEnvironmentRequest.builder().applicationId(w.app).build()));
                    World.equal(environment.getEnvironmentVariables(), Map.of("GREETING", "hello", "MORE", "y"));
                    World.equal(World.get(w.cf.applicationsV3().getPermissions(GetApplicationPermissionsRequest.builder().applicationId(w.app).build()))
                            .getReadSensitiveData(), true);
                }),
                new Step("features of an app are listed and switched", () -> {
                    World.holds(World.get(w.cf.applicationsV3().listFeatures(ListApplicationFeaturesRequest.builder().applicationId(w.app).build()))
                            .getResources().size() >= 2, "too few");
                    World.equal(World.get(w.cf.applicationsV3().updateFeature(UpdateApplicationFeatureRequest.builder().applicationId(w.app)
                            .featureName("revisions").enabled(true).build())).getEnabled(), true);
                }),
                new Step("a package is created, uploaded and downloaded", () -> {
                    w.packageId = World.get(w.cf.packages().create(CreatePackageRequest.builder().type(PackageType.BITS)
                            .relationships(PackageRelationships.builder().application(World.one(w.app)).build()).build())).getId();
                    Path archive = zipOf(w.sources);
                    World.get(w.cf.packages().upload(UploadPackageRequest.builder().packageId(w.packageId).bits(archive).build()));
                    World.eventually("the package is ready", () -> World.get(w.cf.packages().get(GetPackageRequest.builder().packageId(w.packageId).build()))
                            .getState() == PackageState.READY);
                    long size = World.all(w.cf.packages().download(DownloadPackageRequest.builder().packageId(w.packageId).build()))
                            .stream().mapToLong(part -> part.length).sum();
                    World.holds(size > Files.size(archive) / 2, "too short: " + size);
                    Files.delete(archive);
                }),
                new Step("a build stages it, the droplet becomes the app's, a route leads to it, and it answers", () -> {
                    String build = World.get(w.cf.builds().create(CreateBuildRequest.builder()
                            .getPackage(Relationship.builder().id(w.packageId).build()).build())).getId();
                    World.eventually("the build has staged", () -> {
                        var state = World.get(w.cf.builds().get(GetBuildRequest.builder().buildId(build).build())).getState();
                        World.holds(state != BuildState.FAILED, "the build failed");
                        return state == BuildState.STAGED;
                    });
                    w.droplet = World.get(w.cf.builds().get(GetBuildRequest.builder().buildId(build).build())).getDroplet().getId();
                    World.holds(World.get(w.cf.droplets().get(GetDropletRequest.builder().dropletId(w.droplet).build())).getProcessTypes().containsKey("web"), "no web");
                    World.get(w.cf.applicationsV3().setCurrentDroplet(SetApplicationCurrentDropletRequest.builder().applicationId(w.app)
                            .data(Relationship.builder().id(w.droplet).build()).build()));
                    World.equal(World.get(w.cf.applicationsV3().getCurrentDroplet(GetApplicationCurrentDropletRequest.builder().applicationId(w.app).build()))
                            .getId(), w.droplet);
                    World.get(w.cf.routesV3().insertDestinations(InsertRouteDestinationsRequest.builder().routeId(w.route).destination(Destination.builder()
                            .application(Application.builder().applicationId(w.app).build()).build()).build()));
                    World.equal(World.get(w.cf.applicationsV3().listRoutes(ListApplicationRoutesRequest.builder().applicationId(w.app).build()))
                            .getResources().get(0).getId(), w.route);
                    World.get(w.cf.applicationsV3().start(StartApplicationRequest.builder().applicationId(w.app).build()));
                    World.eventually("the app answers", () -> World.answer("java-hello.apps.cf.localhost") == 200);
                }),
                new Step("the process is changed and scaled, an instance is ended, statistics tell of both", () -> {
                    var process = World.get(w.cf.applicationsV3().getProcess(GetApplicationProcessRequest.builder().applicationId(w.app).type("web").build()));
                    World.get(w.cf.processes().update(UpdateProcessRequest.builder().processId(process.getId()).command(process.getCommand()).healthCheck(HealthCheck.builder()
                            .type(HealthCheckType.HTTP).data(Data.builder().endpoint("/").invocationTimeout(5).build()).build()).build()));
                    World.get(w.cf.applicationsV3().scale(ScaleApplicationRequest.builder().applicationId(w.app).type("web").instances(2).memoryInMb(128).build()));
                    World.eventually("two instances run", () -> states(w).equals(List.of(ProcessState.RUNNING, ProcessState.RUNNING)));
                    World.get(w.cf.applicationsV3().terminateInstance(TerminateApplicationInstanceRequest.builder().applicationId(w.app).type("web").index("1").build()));
                    World.eventually("two instances run again", () -> states(w).equals(List.of(ProcessState.RUNNING, ProcessState.RUNNING)));
                    World.get(w.cf.applicationsV3().scale(ScaleApplicationRequest.builder().applicationId(w.app).type("web").instances(1).build()));
                }),
                new Step("tasks run and are cancelled", () -> {
                    String quick = World.get(w.cf.tasks().create(CreateTaskRequest.builder().applicationId(w.app).command("echo done").memoryInMb(64).build())).getId();
                    World.eventually("the task has succeeded", () -> World.get(w.cf.tasks().get(GetTaskRequest.builder().taskId(quick).build()))
                            .getState() == TaskState.SUCCEEDED);
                    String slow = World.get(w.cf.tasks().create(CreateTaskRequest.builder().applicationId(w.app).command("sleep 300").memoryInMb(64).build())).getId();
                    World.get(w.cf.tasks().cancel(CancelTaskRequest.builder().taskId(slow).build()));
                    World.eventually("the other has failed", () -> World.get(w.cf.tasks().get(GetTaskRequest.builder().taskId(slow).build()))
                            .getState() == TaskState.FAILED);
                }),
                new Step("a manifest is applied, and a wrong one refused", () -> {
                    String manifest = "applications:\n- name: java-hello\n  env:\n    BY_MANIFEST: \"1\"\n";
                    w.finished(w.cf.spacesV3().applyManifest(ApplyManifestRequest.builder().spaceId(w.space).manifest(manifest.getBytes()).build())
                            .map(applied -> applied.getJobId().get()));
                    World.refused(w.cf.spacesV3().applyManifest(ApplyManifestRequest.builder().spaceId(w.space)
                            .manifest("applications:\n- name: java-hello\n  instances: -1\n".getBytes()).build()), 422, "CF-UnprocessableEntity", "java-hello");
                }),
                new Step("a rolling deployment replaces the instance", () -> {
                    String deployment = World.get(w.cf.deploymentsV3().create(CreateDeploymentRequest.builder()
                            .relationships(DeploymentRelationships.builder().app(World.one(w.app)).build()).build())).getId();
                    World.eventually("the deployment is over", () -> World.get(w.cf.deploymentsV3().get(GetDeploymentRequest.builder().deploymentId(deployment).build()))
                            .getStatus().getReason() == DeploymentStatusReason.DEPLOYED);
                    World.equal(World.get(w.cf.applicationsV3().get(GetApplicationRequest.builder().applicationId(w.app).build())).getState(), ApplicationState.STARTED);
                    World.eventually("the app answers", () -> World.answer("java-hello.apps.cf.localhost") == 200);
                    World.get(w.cf.applicationsV3().restart(RestartApplicationRequest.builder().applicationId(w.app).build()));
                }));
    }

    private static List<ProcessState> states(World w) {
        return World.get(w.cf.applicationsV3().getProcessStatistics(GetApplicationProcessStatisticsRequest.builder().applicationId(w.app).type("web").build()))
                .getResources().stream().map(one -> one.getState()).collect(Collectors.toList());
    }

    static Path zipOf(Path folder) throws Exception {
        Path archive = Files.createTempFile("java-client", ".zip");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(archive)); var files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).collect(Collectors.toList())) {
                zip.putNextEntry(new ZipEntry(folder.relativize(file).toString()));
                zip.write(Files.readAllBytes(file));
            }
        }
        return archive;
    }
}
