package main

import (
	"encoding/json"
	"os"
	"strings"

	"github.com/cloudfoundry/go-cfclient/v3/client"
	"github.com/cloudfoundry/go-cfclient/v3/resource"
)

func services() []step {
	return []step{
		{"a broker is registered; its offerings and plans are listed and made public", func(w *world) {
			create := resource.NewServiceBrokerCreate("go-broker", os.Getenv("INGOT_BROKER"), "cc", "secret")
			job, err := w.cf.ServiceBrokers.Create(ctx, create)
			finished(w, job, err)
			opts := client.NewServiceBrokerListOptions()
			opts.Names.EqualTo("go-broker")
			broker := must(w.cf.ServiceBrokers.Single(ctx, opts))
			job, changed := must2(w.cf.ServiceBrokers.Update(ctx, broker.GUID, resource.NewServiceBrokerUpdate().WithName("go-renamed-broker")))
			if job != "" {
				finished(w, job, nil)
			} else {
				equal(changed.Name, "go-renamed-broker")
			}
			offerings := client.NewServiceOfferingListOptions()
			offerings.ServiceBrokerGUIDs.EqualTo(broker.GUID)
			offerings.Names.EqualTo("db")
			offering := must(w.cf.ServiceOfferings.Single(ctx, offerings))
			equal([]any{offering.Shareable, offering.BrokerCatalog.ID, offering.BrokerCatalog.Features.InstancesRetrievable}, []any{true, "db", true})
			label := &resource.ServiceOfferingUpdate{Metadata: resource.NewMetadata().WithLabel("", "good", "yes")}
			must(w.cf.ServiceOfferings.Update(ctx, offering.GUID, label))
			plans := client.NewServicePlanListOptions()
			plans.ServiceBrokerGUIDs.EqualTo(broker.GUID)
			every, included := must2(w.cf.ServicePlans.ListIncludeServiceOfferingAll(ctx, plans))
			holds(len(every) > 4 && len(included) == 3, "%d plans of %d offerings", len(every), len(included))
			for _, plan := range every {
				equal(plan.VisibilityType, "admin")
				public := resource.NewServicePlanVisibilityUpdate(resource.ServicePlanVisibilityPublic)
				equal(must(w.cf.ServicePlansVisibility.Update(ctx, plan.GUID, public)).Type, "public")
				if plan.Name == "small" {
					w.plan = plan
				}
			}
			equal(w.plan.MaintenanceInfo.Version, "1.0.0")
		}},
		{"a plan is shown to organizations, to more, and to one less", func(w *world) {
			plans := client.NewServicePlanListOptions()
			plans.Names.EqualTo("paid")
			plan := must(w.cf.ServicePlans.Single(ctx, plans))
			only := resource.NewServicePlanVisibilityUpdate(resource.ServicePlanVisibilityOrganization)
			only.Organizations = []resource.ServicePlanVisibilityRelation{{GUID: w.org.GUID}}
			must(w.cf.ServicePlansVisibility.Update(ctx, plan.GUID, only))
			only.Organizations[0].GUID = w.other.GUID
			must(w.cf.ServicePlansVisibility.Apply(ctx, plan.GUID, only))
			equal(len(must(w.cf.ServicePlansVisibility.Get(ctx, plan.GUID)).Organizations), 2)
			done(w.cf.ServicePlansVisibility.Delete(ctx, plan.GUID, w.other.GUID))
			equal(*must(w.cf.ServicePlansVisibility.Get(ctx, plan.GUID)).Organizations[0].Name, "go-org")
			_, offering := must2(w.cf.ServicePlans.GetIncludeServicePlan(ctx, plan.GUID))
			equal(offering.Name, "db")
		}},
		{"a managed instance is created, updated, upgraded in plan and shared", func(w *world) {
			create := resource.NewServiceInstanceCreateManaged("go-db", w.space.GUID, w.plan.GUID).WithTags([]string{"fast"}).
				WithParameters(json.RawMessage(`{"size":1}`))
			job, err := w.cf.ServiceInstances.CreateManaged(ctx, create)
			finished(w, job, err)
			opts := client.NewServiceInstanceListOptions()
			opts.Names.EqualTo("go-db")
			w.instance = must(w.cf.ServiceInstances.Single(ctx, opts))
			equal([]string{w.instance.LastOperation.State, w.instance.Tags[0], *w.instance.DashboardURL}, []string{"succeeded", "fast", "https://dashboard/" + w.instance.GUID})
			holds(strings.Contains(string(*must(w.cf.ServiceInstances.GetManagedParameters(ctx, w.instance.GUID))), "size"), "no parameters")
			plans := client.NewServicePlanListOptions()
			plans.Names.EqualTo("large")
			large := must(w.cf.ServicePlans.Single(ctx, plans))
			update := resource.NewServiceInstanceManagedUpdate().WithName("go-store").WithTags([]string{"slow"}).WithServicePlan(large.GUID)
			job, _ = must2(w.cf.ServiceInstances.UpdateManaged(ctx, w.instance.GUID, update))
			finished(w, job, nil)
			changed := must(w.cf.ServiceInstances.Get(ctx, w.instance.GUID))
			equal([]string{changed.Name, changed.Tags[0], changed.Relationships.ServicePlan.Data.GUID}, []string{"go-store", "slow", large.GUID})
			must(w.cf.FeatureFlags.Update(ctx, resource.FeatureFlagServiceInstanceSharing, resource.NewFeatureFlagUpdate().WithEnabled(true)))
			must(w.cf.ServiceInstances.ShareWithSpace(ctx, w.instance.GUID, w.second.GUID))
			equal(must(w.cf.ServiceInstances.GetSharedSpaceRelationships(ctx, w.instance.GUID)).Data[0].GUID, w.second.GUID)
			equal(must(w.cf.ServiceInstances.GetSharedSpaceUsageSummary(ctx, w.instance.GUID)).UsageSummary[0].Space.GUID, w.second.GUID)
			done(w.cf.ServiceInstances.UnShareWithSpace(ctx, w.instance.GUID, w.second.GUID))
			equal(*must(w.cf.ServiceInstances.GetUserPermissions(ctx, w.instance.GUID)), resource.ServiceInstanceUserPermissions{Read: true, Manage: true})
		}},
		{"a user-provided instance holds credentials and is changed", func(w *world) {
			create := resource.NewServiceInstanceCreateUserProvided("go-own", w.space.GUID).
				WithCredentials(json.RawMessage(`{"key":"value"}`)).WithSyslogDrainURL("syslog-tls://drain.example.org:6514")
			w.userGiven = must(w.cf.ServiceInstances.CreateUserProvided(ctx, create))
			equal([]string{w.userGiven.Type, *w.userGiven.SyslogDrainURL}, []string{"user-provided", "syslog-tls://drain.example.org:6514"})
			holds(strings.Contains(string(*must(w.cf.ServiceInstances.GetUserProvidedCredentials(ctx, w.userGiven.GUID))), "value"), "no credentials")
			update := resource.NewServiceInstanceUserProvidedUpdate().WithTags([]string{"mine"}).WithRouteServiceURL("https://route.example.org")
			equal(*must(w.cf.ServiceInstances.UpdateUserProvided(ctx, w.userGiven.GUID, update)).RouteServiceURL, "https://route.example.org")
			_, err := w.cf.ServiceInstances.CreateUserProvided(ctx, create)
			refused(err, resource.IsUnprocessableEntityError, "The service instance name is taken: go-own.")
		}},
		{"an app is bound, a key is made, and both show what the broker gave", func(w *world) {
			bind := resource.NewServiceCredentialBindingCreateApp(w.instance.GUID, w.app.GUID).WithName("store")
			job, _ := must2(w.cf.ServiceCredentialBindings.Create(ctx, bind))
			finished(w, job, nil)
			opts := client.NewServiceCredentialBindingListOptions()
			opts.AppGUIDs.EqualTo(w.app.GUID)
			found, apps := must2(w.cf.ServiceCredentialBindings.ListIncludeAppsAll(ctx, opts))
			equal([]string{*found[0].Name, found[0].LastOperation.State, apps[0].Name}, []string{"store", "succeeded", "go-hello"})
			w.binding = found[0].GUID
			equal(must(w.cf.ServiceCredentialBindings.GetDetails(ctx, w.binding)).Credentials["user"], w.binding)
			_, instance := must2(w.cf.ServiceCredentialBindings.GetIncludeServiceInstance(ctx, w.binding))
			equal(instance.Name, "go-store")
			job, _ = must2(w.cf.ServiceCredentialBindings.Create(ctx, resource.NewServiceCredentialBindingCreateKey(w.instance.GUID, "go-key")))
			finished(w, job, nil)
			keys := client.NewServiceCredentialBindingListOptions()
			keys.Type.EqualTo("key")
			key := must(w.cf.ServiceCredentialBindings.Single(ctx, keys))
			equal(must(w.cf.ServiceCredentialBindings.GetParameters(ctx, key.GUID))["colour"], "red")
			job, created := must2(w.cf.ServiceCredentialBindings.Create(ctx, resource.NewServiceCredentialBindingCreateApp(w.userGiven.GUID, w.app.GUID)))
			equal(job, "")
			equal(created.Type, "app")
			env := must(w.cf.Applications.GetEnvironment(ctx, w.app.GUID))
			holds(strings.Contains(string(env.SystemEnvVars["VCAP_SERVICES"]), w.binding), "%s", env.SystemEnvVars)
		}},
		{"a route is bound to a route service", func(w *world) {
			plans := client.NewServicePlanListOptions()
			plans.Names.EqualTo("filter")
			filter := must(w.cf.ServicePlans.Single(ctx, plans))
			job, err := w.cf.ServiceInstances.CreateManaged(ctx, resource.NewServiceInstanceCreateManaged("go-filter", w.space.GUID, filter.GUID))
			finished(w, job, err)
			opts := client.NewServiceInstanceListOptions()
			opts.ServicePlanNames.EqualTo("filter")
			instance := must(w.cf.ServiceInstances.Single(ctx, opts))
			job, _ = must2(w.cf.ServiceRouteBindings.Create(ctx, resource.NewServiceRouteBindingCreate(w.route.GUID, instance.GUID)))
			finished(w, job, nil)
			bindings := client.NewServiceRouteBindingListOptions()
			bindings.RouteGUIDs.EqualTo(w.route.GUID)
			// The library's lists that include routes or instances forget to ask for them.
			bound := must(w.cf.ServiceRouteBindings.Single(ctx, bindings))
			equal([]string{bound.LastOperation.State, bound.RouteServiceURL}, []string{"succeeded", "https://filter.example.org"})
			_, filtering := must2(w.cf.ServiceRouteBindings.GetIncludeServiceInstance(ctx, bound.GUID))
			equal(filtering.Name, "go-filter")
			_, route := must2(w.cf.ServiceRouteBindings.GetIncludeRoute(ctx, bound.GUID))
			equal(route.URL, w.route.URL)
			equal(must(w.cf.ServiceRouteBindings.GetParameters(ctx, bound.GUID))["colour"], "red")
			update := &resource.ServiceRouteBindingUpdate{Metadata: resource.NewMetadata().WithLabel("", "on", "way")}
			must(w.cf.ServiceRouteBindings.Update(ctx, bound.GUID, update))
			job, err = w.cf.ServiceRouteBindings.Delete(ctx, bound.GUID)
			finished(w, job, err)
			job, err = w.cf.ServiceInstances.Delete(ctx, instance.GUID)
			finished(w, job, err)
		}},
		{"a broker that offers nothing good is refused with its catalog's faults", func(w *world) {
			job, err := w.cf.ServiceBrokers.Create(ctx, resource.NewServiceBrokerCreate("go-bad", os.Getenv("INGOT_BROKER")+"/nowhere", "cc", "secret"))
			done(err)
			err = w.cf.Jobs.PollComplete(ctx, job, polling)
			holds(err != nil && strings.Contains(err.Error(), "CF-"), "%v", err)
		}},
	}
}
