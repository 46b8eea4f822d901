package main

import (
	"encoding/json"
	"os"
	"strings"

	"github.com/cloudfoundry/go-cfclient/v3/client"
	"github.com/cloudfoundry/go-cfclient/v3/resource"
	. "ingot.test/steps"
)

func services() []step {
	return []step{
		{"a broker is registered; its offerings and plans are listed and made public", func(w *world) {
			create := resource.NewServiceBrokerCreate("go-broker", os.Getenv("INGOT_BROKER"), "cc", "secret")
			job, err := w.cf.ServiceBrokers.Create(ctx, create)
			finished(w, job, err)
			opts := client.NewServiceBrokerListOptions()
			opts.Names.EqualTo("go-broker")
			broker := Must(w.cf.ServiceBrokers.Single(ctx, opts))
			job, changed := Must2(w.cf.ServiceBrokers.Update(ctx, broker.GUID, resource.NewServiceBrokerUpdate().WithName("go-renamed-broker")))
			if job != "" {
				finished(w, job, nil)
			} else {
				Equal(changed.Name, "go-renamed-broker")
			}
			offerings := client.NewServiceOfferingListOptions()
			offerings.ServiceBrokerGUIDs.EqualTo(broker.GUID)
			offerings.Names.EqualTo("db")
			offering := Must(w.cf.ServiceOfferings.Single(ctx, offerings))
			Equal([]any{offering.Shareable, offering.BrokerCatalog.ID, offering.BrokerCatalog.Features.InstancesRetrievable}, []any{true, "db", true})
			label := &resource.ServiceOfferingUpdate{Metadata: resource.NewMetadata().WithLabel("", "good", "yes")}
			Must(w.cf.ServiceOfferings.Update(ctx, offering.GUID, label))
			plans := client.NewServicePlanListOptions()
			plans.ServiceBrokerGUIDs.EqualTo(broker.GUID)
			every, included := Must2(w.cf.ServicePlans.ListIncludeServiceOfferingAll(ctx, plans))
			Holds(len(every) > 4 && len(included) == 3, "%d plans of %d offerings", len(every), len(included))
			for _, plan := range every {
				Equal(plan.VisibilityType, "admin")
				public := resource.NewServicePlanVisibilityUpdate(resource.ServicePlanVisibilityPublic)
				Equal(Must(w.cf.ServicePlansVisibility.Update(ctx, plan.GUID, public)).Type, "public")
				if plan.Name == "small" {
					w.plan = plan
				}
			}
			Equal(w.plan.MaintenanceInfo.Version, "1.0.0")
		}},
		{"a plan is shown to organizations, to more, and to one less", func(w *world) {
			plans := client.NewServicePlanListOptions()
			plans.Names.EqualTo("paid")
			plan := Must(w.cf.ServicePlans.Single(ctx, plans))
			only := resource.NewServicePlanVisibilityUpdate(resource.ServicePlanVisibilityOrganization)
			only.Organizations = []resource.ServicePlanVisibilityRelation{{GUID: w.org.GUID}}
			Must(w.cf.ServicePlansVisibility.Update(ctx, plan.GUID, only))
			only.Organizations[0].GUID = w.other.GUID
			Must(w.cf.ServicePlansVisibility.Apply(ctx, plan.GUID, only))
			Equal(len(Must(w.cf.ServicePlansVisibility.Get(ctx, plan.GUID)).Organizations), 2)
			Done(w.cf.ServicePlansVisibility.Delete(ctx, plan.GUID, w.other.GUID))
			Equal(*Must(w.cf.ServicePlansVisibility.Get(ctx, plan.GUID)).Organizations[0].Name, "go-org")
			_, offering := Must2(w.cf.ServicePlans.GetIncludeServicePlan(ctx, plan.GUID))
			Equal(offering.Name, "db")
		}},
		{"a managed instance is created, updated, upgraded in plan and shared", func(w *world) {
			create := resource.NewServiceInstanceCreateManaged("go-db", w.space.GUID, w.plan.GUID).WithTags([]string{"fast"}).
				WithParameters(json.RawMessage(`{"size":1}`))
			job, err := w.cf.ServiceInstances.CreateManaged(ctx, create)
			finished(w, job, err)
			opts := client.NewServiceInstanceListOptions()
			opts.Names.EqualTo("go-db")
			w.instance = Must(w.cf.ServiceInstances.Single(ctx, opts))
			Equal([]string{w.instance.LastOperation.State, w.instance.Tags[0], *w.instance.DashboardURL}, []string{"succeeded", "fast", "https://dashboard/" + w.instance.GUID})
			Holds(strings.Contains(string(*Must(w.cf.ServiceInstances.GetManagedParameters(ctx, w.instance.GUID))), "size"), "no parameters")
			plans := client.NewServicePlanListOptions()
			plans.Names.EqualTo("large")
			large := Must(w.cf.ServicePlans.Single(ctx, plans))
			update := resource.NewServiceInstanceManagedUpdate().WithName("go-store").WithTags([]string{"slow"}).WithServicePlan(large.GUID)
			job, _ = Must2(w.cf.ServiceInstances.UpdateManaged(ctx, w.instance.GUID, update))
			finished(w, job, nil)
			changed := Must(w.cf.ServiceInstances.Get(ctx, w.instance.GUID))
			Equal([]string{changed.Name, changed.Tags[0], changed.Relationships.ServicePlan.Data.GUID}, []string{"go-store", "slow", large.GUID})
			Must(w.cf.FeatureFlags.Update(ctx, resource.FeatureFlagServiceInstanceSharing, resource.NewFeatureFlagUpdate().WithEnabled(true)))
			Must(w.cf.ServiceInstances.ShareWithSpace(ctx, w.instance.GUID, w.second.GUID))
			Equal(Must(w.cf.ServiceInstances.GetSharedSpaceRelationships(ctx, w.instance.GUID)).Data[0].GUID, w.second.GUID)
			Equal(Must(w.cf.ServiceInstances.GetSharedSpaceUsageSummary(ctx, w.instance.GUID)).UsageSummary[0].Space.GUID, w.second.GUID)
			Done(w.cf.ServiceInstances.UnShareWithSpace(ctx, w.instance.GUID, w.second.GUID))
			Equal(*Must(w.cf.ServiceInstances.GetUserPermissions(ctx, w.instance.GUID)), resource.ServiceInstanceUserPermissions{Read: true, Manage: true})
		}},
		{"a user-provided instance holds credentials and is changed", func(w *world) {
			create := resource.NewServiceInstanceCreateUserProvided("go-own", w.space.GUID).
				WithCredentials(json.RawMessage(`{"key":"value"}`)).WithSyslogDrainURL("syslog-tls://drain.example.org:6514")
			w.userGiven = Must(w.cf.ServiceInstances.CreateUserProvided(ctx, create))
			Equal([]string{w.userGiven.Type, *w.userGiven.SyslogDrainURL}, []string{"user-provided", "syslog-tls://drain.example.org:6514"})
			Holds(strings.Contains(string(*Must(w.cf.ServiceInstances.GetUserProvidedCredentials(ctx, w.userGiven.GUID))), "value"), "no credentials")
			update := resource.NewServiceInstanceUserProvidedUpdate().WithTags([]string{"mine"}).WithRouteServiceURL("https://route.example.org")
			Equal(*Must(w.cf.ServiceInstances.UpdateUserProvided(ctx, w.userGiven.GUID, update)).RouteServiceURL, "https://route.example.org")
			_, err := w.cf.ServiceInstances.CreateUserProvided(ctx, create)
			refused(err, resource.IsUnprocessableEntityError, "The service instance name is taken: go-own.")
		}},
		{"an app is bound, a key is made, and both show what the broker gave", func(w *world) {
			bind := resource.NewServiceCredentialBindingCreateApp(w.instance.GUID, w.app.GUID).WithName("store")
			job, _ := Must2(w.cf.ServiceCredentialBindings.Create(ctx, bind))
			finished(w, job, nil)
			opts := client.NewServiceCredentialBindingListOptions()
			opts.AppGUIDs.EqualTo(w.app.GUID)
			found, apps := Must2(w.cf.ServiceCredentialBindings.ListIncludeAppsAll(ctx, opts))
			Equal([]string{*found[0].Name, found[0].LastOperation.State, apps[0].Name}, []string{"store", "succeeded", "go-hello"})
			w.binding = found[0].GUID
			Equal(Must(w.cf.ServiceCredentialBindings.GetDetails(ctx, w.binding)).Credentials["user"], w.binding)
			_, instance := Must2(w.cf.ServiceCredentialBindings.GetIncludeServiceInstance(ctx, w.binding))
			Equal(instance.Name, "go-store")
			job, _ = Must2(w.cf.ServiceCredentialBindings.Create(ctx, resource.NewServiceCredentialBindingCreateKey(w.instance.GUID, "go-key")))
			finished(w, job, nil)
			keys := client.NewServiceCredentialBindingListOptions()
			keys.Type.EqualTo("key")
			key := Must(w.cf.ServiceCredentialBindings.Single(ctx, keys))
			Equal(Must(w.cf.ServiceCredentialBindings.GetParameters(ctx, key.GUID))["colour"], "red")
			job, created := Must2(w.cf.ServiceCredentialBindings.Create(ctx, resource.NewServiceCredentialBindingCreateApp(w.userGiven.GUID, w.app.GUID)))
			Equal(job, "")
			Equal(created.Type, "app")
			env := Must(w.cf.Applications.GetEnvironment(ctx, w.app.GUID))
			Holds(strings.Contains(string(env.SystemEnvVars["VCAP_SERVICES"]), w.binding), "%s", env.SystemEnvVars)
		}},
		{"a route is bound to a route service", func(w *world) {
			plans := client.NewServicePlanListOptions()
			plans.Names.EqualTo("filter")
			filter := Must(w.cf.ServicePlans.Single(ctx, plans))
			job, err := w.cf.ServiceInstances.CreateManaged(ctx, resource.NewServiceInstanceCreateManaged("go-filter", w.space.GUID, filter.GUID))
			finished(w, job, err)
			opts := client.NewServiceInstanceListOptions()
			opts.ServicePlanNames.EqualTo("filter")
			instance := Must(w.cf.ServiceInstances.Single(ctx, opts))
			job, _ = Must2(w.cf.ServiceRouteBindings.Create(ctx, resource.NewServiceRouteBindingCreate(w.route.GUID, instance.GUID)))
			finished(w, job, nil)
			bindings := client.NewServiceRouteBindingListOptions()
			bindings.RouteGUIDs.EqualTo(w.route.GUID)
			// The library's lists that include routes or instances forget to ask for them.
			bound := Must(w.cf.ServiceRouteBindings.Single(ctx, bindings))
			Equal([]string{bound.LastOperation.State, bound.RouteServiceURL}, []string{"succeeded", "https://filter.example.org"})
			_, filtering := Must2(w.cf.ServiceRouteBindings.GetIncludeServiceInstance(ctx, bound.GUID))
			Equal(filtering.Name, "go-filter")
			_, route := Must2(w.cf.ServiceRouteBindings.GetIncludeRoute(ctx, bound.GUID))
			Equal(route.URL, w.route.URL)
			Equal(Must(w.cf.ServiceRouteBindings.GetParameters(ctx, bound.GUID))["colour"], "red")
			update := &resource.ServiceRouteBindingUpdate{Metadata: resource.NewMetadata().WithLabel("", "on", "way")}
			Must(w.cf.ServiceRouteBindings.Update(ctx, bound.GUID, update))
			job, err = w.cf.ServiceRouteBindings.Delete(ctx, bound.GUID)
			finished(w, job, err)
			job, err = w.cf.ServiceInstances.Delete(ctx, instance.GUID)
			finished(w, job, err)
		}},
		{"a broker that offers nothing good is refused with its catalog's faults", func(w *world) {
			job, err := w.cf.ServiceBrokers.Create(ctx, resource.NewServiceBrokerCreate("go-bad", os.Getenv("INGOT_BROKER")+"/nowhere", "cc", "secret"))
			Done(err)
			err = w.cf.Jobs.PollComplete(ctx, job, polling)
			Holds(err != nil && strings.Contains(err.Error(), "CF-"), "%v", err)
		}},
	}
}
