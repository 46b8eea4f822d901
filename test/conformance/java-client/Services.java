import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.cloudfoundry.client.v3.Relationship;
import org.cloudfoundry.client.v3.servicebindings.CreateServiceBindingRequest;
import org.cloudfoundry.client.v3.servicebindings.DeleteServiceBindingRequest;
import org.cloudfoundry.client.v3.servicebindings.GetServiceBindingDetailsRequest;
import org.cloudfoundry.client.v3.servicebindings.ListServiceBindingsRequest;
import org.cloudfoundry.client.v3.servicebindings.ServiceBindingRelationships;
import org.cloudfoundry.client.v3.servicebindings.ServiceBindingType;
import org.cloudfoundry.client.v3.servicebrokers.BasicAuthentication;
import org.cloudfoundry.client.v3.servicebrokers.CreateServiceBrokerRequest;
import org.cloudfoundry.client.v3.servicebrokers.DeleteServiceBrokerRequest;
import org.cloudfoundry.client.v3.servicebrokers.ListServiceBrokersRequest;
import org.cloudfoundry.client.v3.serviceinstances.CreateServiceInstanceRequest;
import org.cloudfoundry.client.v3.serviceinstances.DeleteServiceInstanceRequest;
import org.cloudfoundry.client.v3.serviceinstances.GetManagedServiceParametersRequest;
import org.cloudfoundry.client.v3.serviceinstances.GetUserProvidedCredentialsRequest;
import org.cloudfoundry.client.v3.serviceinstances.ListServiceInstancesRequest;
import org.cloudfoundry.client.v3.serviceinstances.ServiceInstanceRelationships;
import org.cloudfoundry.client.v3.serviceinstances.ServiceInstanceType;
import org.cloudfoundry.client.v3.serviceinstances.UpdateServiceInstanceRequest;
import org.cloudfoundry.client.v3.serviceofferings.ListServiceOfferingsRequest;
import org.cloudfoundry.client.v3.serviceplans.ListServicePlansRequest;
import org.cloudfoundry.client.v3.serviceplans.UpdateServicePlanVisibilityRequest;
import org.cloudfoundry.client.v3.serviceplans.Visibility;

final class Services {
    static List<Step> steps(World w) {
        return List.of(
                new Step("a broker is registered, its plans are made public", () -> {
                    w.finished(w.cf.serviceBrokersV3().create(CreateServiceBrokerRequest.builder().name("java-broker").url(System.getenv("INGOT_BROKER"))
                            .authentication(BasicAuthentication.builder().username("cc").password("secret").build()).build()));
                    World.equal(World.get(w.cf.serviceOfferingsV3().list(ListServiceOfferingsRequest.builder().name("db").build()))
                            .getResources().get(0).getShareable(), true);
                    for (var plan : World.get(w.cf.servicePlansV3().list(ListServicePlansRequest.builder().serviceBrokerName("java-broker").build())).getResources()) {
                        World.get(w.cf.servicePlansV3().updateVisibility(UpdateServicePlanVisibilityRequest.builder().servicePlanId(plan.getId())
                                .type(Visibility.PUBLIC).build()));
                    }
                }),
                new Step("a managed instance is created and renamed", () -> {
                    String plan = World.get(w.cf.servicePlansV3().list(ListServicePlansRequest.builder().name("small").build())).getResources().get(0).getId();
                    w.finished(w.cf.serviceInstancesV3().create(CreateServiceInstanceRequest.builder().type(ServiceInstanceType.MANAGED).name("java-db").tag("fast")
                            .parameter("size", 1).relationships(ServiceInstanceRelationships.builder().space(World.one(w.space)).servicePlan(World.one(plan)).build())
                            .build()).map(made -> made.getJobId().get()));
                    w.instance = World.get(w.cf.serviceInstancesV3().list(ListServiceInstancesRequest.builder().serviceInstanceName("java-db").build()))
                            .getResources().get(0).getId();
                    World.equal(World.get(w.cf.serviceInstancesV3().getManagedServiceParameters(GetManagedServiceParametersRequest.builder()
                            .serviceInstanceId(w.instance).build())).getParameters().get("size"), 1);
                    World.get(w.cf.serviceInstancesV3().update(UpdateServiceInstanceRequest.builder().serviceInstanceId(w.instance).tag("slow").build()));
                }),
                new Step("a user-provided instance holds credentials", () -> {
                    String own = World.get(w.cf.serviceInstancesV3().create(CreateServiceInstanceRequest.builder().type(ServiceInstanceType.USER_PROVIDED)
                            .name("java-own").credential("key", "value").relationships(ServiceInstanceRelationships.builder().space(World.one(w.space)).build())
                            .build())).getServiceInstance().get().getId();
                    World.equal(World.get(w.cf.serviceInstancesV3().getUserProvidedCredentials(GetUserProvidedCredentialsRequest.builder()
                            .serviceInstanceId(own).build())).getCredentials(), Map.of("key", "value"));
                }),
                new Step("an app is bound and a key is made", () -> {
                    w.finished(w.cf.serviceBindingsV3().create(CreateServiceBindingRequest.builder().type(ServiceBindingType.APPLICATION)
                            .relationships(ServiceBindingRelationships.builder().application(World.one(w.app)).serviceInstance(World.one(w.instance)).build())
                            .build()).map(made -> made.getJobId().get()));
                    w.finished(w.cf.serviceBindingsV3().create(CreateServiceBindingRequest.builder().type(ServiceBindingType.KEY).name("java-key")
                            .relationships(ServiceBindingRelationships.builder().serviceInstance(World.one(w.instance)).build())
                            .build()).map(made -> made.getJobId().get()));
                    for (var binding : World.get(w.cf.serviceBindingsV3().list(ListServiceBindingsRequest.builder().serviceInstanceId(w.instance).build())).getResources()) {
                        World.equal(World.get(w.cf.serviceBindingsV3().getDetails(GetServiceBindingDetailsRequest.builder().serviceBindingId(binding.getId()).build()))
                                .getCredentials().get("user"), binding.getId());
                        w.finished(w.cf.serviceBindingsV3().delete(DeleteServiceBindingRequest.builder().serviceBindingId(binding.getId()).build()));
                    }
                }),
                new Step("instances and the broker are removed", () -> {
                    w.finished(w.cf.serviceInstancesV3().delete(DeleteServiceInstanceRequest.builder().serviceInstanceId(w.instance).build()).map(job -> job.get()));
                    String broker = World.get(w.cf.serviceBrokersV3().list(ListServiceBrokersRequest.builder().name("java-broker").build())).getResources().get(0).getId();
                    w.finished(w.cf.serviceBrokersV3().delete(DeleteServiceBrokerRequest.builder().serviceBrokerId(broker).build()));
                }));
    }
}
