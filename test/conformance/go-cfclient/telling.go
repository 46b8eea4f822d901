package main

import (
	"github.com/cloudfoundry/go-cfclient/v3/client"
	"github.com/cloudfoundry/go-cfclient/v3/resource"
	. "ingot.test/steps"
)

func telling() []step {
	return []step{
		{"audit events tell what happened to the app, by type, target and time", func(w *world) {
			opts := client.NewAuditEventListOptions()
			opts.TargetGUIDs.EqualTo(w.app.GUID)
			seen := map[string]bool{}
			for _, event := range Must(w.cf.AuditEvents.ListAll(ctx, opts)) {
				seen[event.Type] = true
			}
			for _, kind := range []string{"audit.app.create", "audit.app.start", "audit.app.build.create", "audit.app.package.create", "audit.app.deployment.create"} {
				Holds(seen[kind], "no %s in %v", kind, seen)
			}
			opts.Types.EqualTo("audit.app.create")
			created := Must(w.cf.AuditEvents.Single(ctx, opts))
			Equal([]string{created.Actor.Name, created.Target.Name, created.Space.GUID}, []string{"admin", "go-hello", w.space.GUID})
			Equal(Must(w.cf.AuditEvents.Get(ctx, created.GUID)).Type, "audit.app.create")
			opts = client.NewAuditEventListOptions()
			opts.Types.EqualTo("audit.app.create")
			opts.SpaceGUIDs.EqualTo(w.space.GUID)
			opts.TargetGUIDs.NotEqualTo(w.app.GUID)
			opts.OrderBy = "-created_at"
			Equal(Must(w.cf.AuditEvents.First(ctx, opts)).Target.Name, "go-pushed")
		}},
		{"usage events of apps are read on from one, and purged", func(w *world) {
			all := Must(w.cf.AppUsageEvents.ListAll(ctx, nil))
			Holds(len(all) > 3, "%d events", len(all))
			opts := client.NewAppUsageOptions()
			opts.AfterGUID = all[1].GUID
			Equal(Must(w.cf.AppUsageEvents.ListAll(ctx, opts))[0].GUID, all[2].GUID)
			Equal(Must(w.cf.AppUsageEvents.Get(ctx, all[0].GUID)).GUID, all[0].GUID)
			Done(w.cf.AppUsageEvents.Purge(ctx))
			eventually("running apps begin anew", func() bool {
				for _, event := range Must(w.cf.AppUsageEvents.ListAll(ctx, nil)) {
					if event.State.Current != "STARTED" {
						return false
					}
				}
				return true
			})
		}},
		{"usage events of services are read and purged", func(w *world) {
			first := Must(w.cf.ServiceUsageEvents.First(ctx, nil))
			Equal(*first.State, "CREATED")
			Equal(*Must(w.cf.ServiceUsageEvents.Get(ctx, first.GUID)).ServiceInstance.GUID, w.instance.GUID)
			Done(w.cf.ServiceUsageEvents.Purge(ctx))
			for _, event := range Must(w.cf.ServiceUsageEvents.ListAll(ctx, nil)) {
				Equal(*event.State, "CREATED") // what there is now begins anew
			}
		}},
		{"a job tells its operation, and one that failed its errors", func(w *world) {
			job := Must(w.cf.Applications.Delete(ctx, Must(w.cf.Applications.Create(ctx, resource.NewAppCreate("go-short", w.space.GUID))).GUID))
			finished(w, job, nil)
			told := Must(w.cf.Jobs.Get(ctx, job))
			Equal([]any{told.Operation, string(told.State), len(told.Errors), len(told.Warnings)}, []any{"app.delete", "COMPLETE", 0, 0})
		}},
	}
}

func removing() []step {
	return []step{
		{"bindings, instances and the broker go in turn", func(w *world) {
			broker := Must(w.cf.ServiceBrokers.First(ctx, nil))
			_, err := w.cf.ServiceBrokers.Delete(ctx, broker.GUID)
			refused(err, resource.IsServiceBrokerNotRemovableError, "Can not remove brokers that have associated service instances")
			job, err := w.cf.ServiceCredentialBindings.Delete(ctx, w.binding)
			finished(w, job, err)
			job, err = w.cf.ServiceInstances.Delete(ctx, w.instance.GUID)
			finished(w, job, err)
			_, err = w.cf.ServiceInstances.Get(ctx, w.instance.GUID)
			refused(err, resource.IsResourceNotFoundError, "Service instance not found")
			job, err = w.cf.ServiceBrokers.Delete(ctx, broker.GUID)
			finished(w, job, err)
			Equal(len(Must(w.cf.ServicePlans.ListAll(ctx, nil))), 0)
		}},
		{"an organization goes with everything in it, a user with all roles", func(w *world) {
			job, err := w.cf.Routes.Delete(ctx, w.route.GUID)
			finished(w, job, err)
			for _, org := range []*resource.Organization{w.org, w.other} {
				job, err := w.cf.Organizations.Delete(ctx, org.GUID)
				finished(w, job, err)
			}
			_, err = w.cf.Applications.Get(ctx, w.app.GUID)
			refused(err, resource.IsResourceNotFoundError, "App not found")
			job, err = w.cf.Users.Delete(ctx, w.user)
			finished(w, job, err)
			Equal(len(Must(w.cf.Roles.ListAll(ctx, nil))), 0)
		}},
	}
}
