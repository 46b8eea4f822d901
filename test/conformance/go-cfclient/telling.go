package main

import (
	"github.com/cloudfoundry/go-cfclient/v3/client"
	"github.com/cloudfoundry/go-cfclient/v3/resource"
)

func telling() []step {
	return []step{
		{"audit events tell what happened to the app, by type, target and time", func(w *world) {
			opts := client.NewAuditEventListOptions()
			opts.TargetGUIDs.EqualTo(w.app.GUID)
			seen := map[string]bool{}
			for _, event := range must(w.cf.AuditEvents.ListAll(ctx, opts)) {
				seen[event.Type] = true
			}
			for _, kind := range []string{"audit.app.create", "audit.app.start", "audit.app.build.create", "audit.app.package.create", "audit.app.deployment.create"} {
				holds(seen[kind], "no %s in %v", kind, seen)
			}
			opts.Types.EqualTo("audit.app.create")
			created := must(w.cf.AuditEvents.Single(ctx, opts))
			equal([]string{created.Actor.Name, created.Target.Name, created.Space.GUID}, []string{"admin", "go-hello", w.space.GUID})
			equal(must(w.cf.AuditEvents.Get(ctx, created.GUID)).Type, "audit.app.create")
			opts = client.NewAuditEventListOptions()
			opts.Types.EqualTo("audit.app.create")
			opts.SpaceGUIDs.EqualTo(w.space.GUID)
			opts.TargetGUIDs.NotEqualTo(w.app.GUID)
			opts.OrderBy = "-created_at"
			equal(must(w.cf.AuditEvents.First(ctx, opts)).Target.Name, "go-pushed")
		}},
		{"usage events of apps are read on from one, and purged", func(w *world) {
			all := must(w.cf.AppUsageEvents.ListAll(ctx, nil))
			holds(len(all) > 3, "%d events", len(all))
			opts := client.NewAppUsageOptions()
			opts.AfterGUID = all[1].GUID
			equal(must(w.cf.AppUsageEvents.ListAll(ctx, opts))[0].GUID, all[2].GUID)
			equal(must(w.cf.AppUsageEvents.Get(ctx, all[0].GUID)).GUID, all[0].GUID)
			done(w.cf.AppUsageEvents.Purge(ctx))
			eventually("running apps begin anew", func() bool {
				for _, event := range must(w.cf.AppUsageEvents.ListAll(ctx, nil)) {
					if event.State.Current != "STARTED" {
						return false
					}
				}
				return true
			})
		}},
		{"usage events of services are read and purged", func(w *world) {
			first := must(w.cf.ServiceUsageEvents.First(ctx, nil))
			equal(*first.State, "CREATED")
			equal(*must(w.cf.ServiceUsageEvents.Get(ctx, first.GUID)).ServiceInstance.GUID, w.instance.GUID)
			done(w.cf.ServiceUsageEvents.Purge(ctx))
			for _, event := range must(w.cf.ServiceUsageEvents.ListAll(ctx, nil)) {
				equal(*event.State, "CREATED") // what there is now begins anew
			}
		}},
		{"a job tells its operation, and one that failed its errors", func(w *world) {
			job := must(w.cf.Applications.Delete(ctx, must(w.cf.Applications.Create(ctx, resource.NewAppCreate("go-short", w.space.GUID))).GUID))
			finished(w, job, nil)
			told := must(w.cf.Jobs.Get(ctx, job))
			equal([]any{told.Operation, string(told.State), len(told.Errors), len(told.Warnings)}, []any{"app.delete", "COMPLETE", 0, 0})
		}},
	}
}

func removing() []step {
	return []step{
		{"bindings, instances and the broker go in turn", func(w *world) {
			broker := must(w.cf.ServiceBrokers.First(ctx, nil))
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
			equal(len(must(w.cf.ServicePlans.ListAll(ctx, nil))), 0)
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
			equal(len(must(w.cf.Roles.ListAll(ctx, nil))), 0)
		}},
	}
}
