package main

import (
	"strings"

	"github.com/cloudfoundry/go-cfclient/v3/client"
	"github.com/cloudfoundry/go-cfclient/v3/resource"
	. "ingot.test/steps"
)

func running() []step {
	return []step{
		{"a process is read, changed, scaled, and its statistics show each instance", func(w *world) {
			opts := client.NewProcessOptions()
			opts.Types.EqualTo("web")
			listed := Must(w.cf.Processes.SingleForApp(ctx, w.app.GUID, opts))
			Equal(*listed.Command, "[PRIVATE DATA HIDDEN IN LISTS]")
			w.process = Must(w.cf.Processes.Get(ctx, listed.GUID))
			update := resource.NewProcessUpdate().WithHealthCheckType("http").WithHealthCheckEndpoint("/").WithHealthCheckInvocationTimeout(5).
				WithReadinessCheckType("port").WithHealthCheckTimeout(60)
			update.Command = w.process.Command
			changed := Must(w.cf.Processes.Update(ctx, w.process.GUID, update))
			Equal([]any{changed.HealthCheck.Type, *changed.HealthCheck.Data.Endpoint, changed.ReadinessCheck.Type}, []any{"http", "/", "port"})
			scaled := Must(w.cf.Processes.Scale(ctx, w.process.GUID, resource.NewProcessScale().WithInstances(2).WithMemoryInMB(96).WithDiskInMB(512)))
			Equal([]int{scaled.Instances, scaled.MemoryInMB, scaled.DiskInMB}, []int{2, 96, 512})
			eventually("two instances run", func() bool {
				stats := Must(w.cf.Processes.GetStatsForApp(ctx, w.app.GUID, "web")).Stats
				return len(stats) == 2 && stats[0].State == "RUNNING" && stats[1].State == "RUNNING"
			})
			eventually("usage is told", func() bool {
				stat := Must(w.cf.Processes.GetStats(ctx, w.process.GUID)).Stats[0]
				return stat.Usage.Memory > 0 && stat.MemoryQuota > 0 && stat.Usage.Time.Year() > 2000
			})
			_, err := w.cf.Processes.Scale(ctx, w.process.GUID, resource.NewProcessScale().WithMemoryInMB(1<<20))
			refused(err, resource.IsUnprocessableEntityError, "memory")
		}},
		{"an instance is ended and comes back", func(w *world) {
			Done(w.cf.Processes.Terminate(ctx, w.process.GUID, 1))
			eventually("two instances run again", func() bool {
				stats := Must(w.cf.Processes.GetStats(ctx, w.process.GUID)).Stats
				return len(stats) == 2 && stats[0].State == "RUNNING" && stats[1].State == "RUNNING"
			})
			Must(w.cf.Processes.Scale(ctx, w.process.GUID, resource.NewProcessScale().WithInstances(1)))
		}},
		{"the manifest is generated, compared and applied", func(w *world) {
			text := Must(w.cf.Manifests.Generate(ctx, w.app.GUID))
			Holds(strings.Contains(text, "name: go-hello") && strings.Contains(text, "route: go-hello.apps.cf.localhost"), "%s", text)
			changed := "applications:\n- name: go-hello\n  env:\n    BY_MANIFEST: \"1\"\n  processes:\n  - type: web\n    instances: 1\n    memory: 128M\n"
			diff := Must(w.cf.Manifests.ManifestDiff(ctx, w.space.GUID, changed)).Diff
			var found []string
			for _, item := range diff {
				found = append(found, item.Op+" "+item.Path)
			}
			Holds(strings.Contains(strings.Join(found, "\n"), "replace /applications/0/processes/0/memory"), "%v", found)
			job, err := w.cf.Manifests.ApplyManifest(ctx, w.space.GUID, changed)
			finished(w, job, err)
			Equal(Must(w.cf.Processes.Get(ctx, w.process.GUID)).MemoryInMB, 128)
			Equal(*Must(w.cf.Applications.GetEnvironmentVariables(ctx, w.app.GUID))["BY_MANIFEST"], "1")
			job, err = w.cf.Manifests.ApplyManifest(ctx, w.space.GUID, "applications:\n- name: go-hello\n  instances: -1\n")
			if err == nil {
				err = w.cf.Jobs.PollComplete(ctx, job, polling)
			}
			refused(err, resource.IsUnprocessableEntityError, "")
		}},
		{"tasks run, are listed by state and cancelled", func(w *world) {
			quick := Must(w.cf.Tasks.Create(ctx, w.app.GUID, resource.NewTaskCreateWithCommand("echo done").WithName("quick").WithMemoryInMB(64)))
			Equal([]any{quick.Name, quick.MemoryInMB, quick.Command}, []any{"quick", 64, "echo done"})
			eventually("the task has succeeded", func() bool {
				state := Must(w.cf.Tasks.Get(ctx, quick.GUID)).State
				Holds(state != "FAILED", "the task failed")
				return state == "SUCCEEDED"
			})
			long := Must(w.cf.Tasks.Create(ctx, w.app.GUID, resource.NewTaskCreateWithCommand("sleep 300").WithName("long")))
			Must(w.cf.Tasks.Cancel(ctx, long.GUID))
			eventually("the task has failed", func() bool { return Must(w.cf.Tasks.Get(ctx, long.GUID)).State == "FAILED" })
			Holds(Must(w.cf.Tasks.Get(ctx, long.GUID)).Result.FailureReason != nil, "no reason")
			opts := client.NewTaskListOptions()
			opts.AppGUIDs.EqualTo(w.app.GUID)
			opts.States.EqualTo("SUCCEEDED")
			Equal(Must(w.cf.Tasks.Single(ctx, opts)).SequenceID, 1)
			Equal(len(Must(w.cf.Tasks.ListForAppAll(ctx, w.app.GUID, nil))), 2)
			update := &resource.TaskUpdate{Metadata: resource.NewMetadata().WithLabel("", "fast", "yes")}
			Equal(*Must(w.cf.Tasks.Update(ctx, quick.GUID, update)).Metadata.Labels["fast"], "yes")
			template := Must(w.cf.Tasks.Create(ctx, w.app.GUID, resource.NewTaskCreateWithProcessTemplate(w.process.GUID)))
			Holds(template.Command != "", "no command from the template")
			Must(w.cf.Tasks.Cancel(ctx, template.GUID))
		}},
		{"sidecars are made, changed and removed", func(w *world) {
			made := Must(w.cf.Sidecars.Create(ctx, w.app.GUID, resource.NewSidecarCreate("watch", "sleep 1000", []string{"web"}).WithMemoryInMB(16)))
			Equal([]any{made.Origin, made.MemoryInMB}, []any{"user", 16})
			changed := Must(w.cf.Sidecars.Update(ctx, made.GUID, resource.NewSidecarUpdate().WithCommand("sleep 2000")))
			Equal(changed.Command, "sleep 2000")
			Equal(Must(w.cf.Sidecars.SingleForApp(ctx, w.app.GUID, nil)).GUID, made.GUID)
			Equal(Must(w.cf.Sidecars.SingleForProcess(ctx, w.process.GUID, nil)).Name, "watch")
			Done(w.cf.Sidecars.Delete(ctx, made.GUID))
		}},
		{"a rolling deployment replaces the instances and makes a revision", func(w *world) {
			Must(w.cf.Applications.SetEnvironmentVariables(ctx, w.app.GUID, map[string]*string{"GREETING": to("rolled")}))
			deployment := Must(w.cf.Deployments.Create(ctx, resource.NewDeploymentCreate(w.app.GUID)))
			Equal([]string{deployment.Status.Value, deployment.Strategy, deployment.Droplet.GUID}, []string{"ACTIVE", "rolling", w.droplet.GUID})
			eventually("the deployment is over", func() bool {
				status := Must(w.cf.Deployments.Get(ctx, deployment.GUID)).Status
				return status.Value == "FINALIZED" && status.Reason == "DEPLOYED"
			})
			opts := client.NewDeploymentListOptions()
			opts.AppGUIDs.EqualTo(w.app.GUID)
			opts.StatusReasons.EqualTo("DEPLOYED")
			Equal(Must(w.cf.Deployments.Single(ctx, opts)).GUID, deployment.GUID)
			update := &resource.DeploymentUpdate{Metadata: resource.NewMetadata().WithLabel("", "calm", "yes")}
			Must(w.cf.Deployments.Update(ctx, deployment.GUID, update))
			err := w.cf.Deployments.Cancel(ctx, deployment.GUID)
			refused(err, resource.IsUnprocessableEntityError, "Cannot cancel a deployment with status: FINALIZED and reason: DEPLOYED")
		}},
		{"revisions tell what ran, with its environment, and which runs now", func(w *world) {
			opts := client.NewRevisionListOptions()
			opts.OrderBy = "-created_at"
			revisions := Must(w.cf.Revisions.ListForAppAll(ctx, w.app.GUID, opts))
			Holds(len(revisions) >= 2, "%d revisions", len(revisions))
			newest := revisions[0]
			Equal([]any{newest.Droplet.GUID, newest.Deployable}, []any{w.droplet.GUID, true})
			Equal(*Must(w.cf.Revisions.GetEnvironmentVariables(ctx, newest.GUID))["GREETING"], "rolled")
			Equal(Must(w.cf.Revisions.SingleForAppDeployed(ctx, w.app.GUID, nil)).GUID, newest.GUID)
			update := &resource.RevisionUpdate{Metadata: resource.NewMetadata().WithAnnotation("", "good", "yes")}
			Equal(*Must(w.cf.Revisions.Update(ctx, newest.GUID, update)).Metadata.Annotations["good"], "yes")
		}},
		{"a deployment goes back to a former revision and is cancelled on its way", func(w *world) {
			opts := client.NewRevisionListOptions()
			opts.Versions.EqualTo("1")
			first := Must(w.cf.Revisions.SingleForApp(ctx, w.app.GUID, opts))
			create := resource.NewDeploymentCreate(w.app.GUID)
			create.Revision = &resource.DeploymentRevision{GUID: first.GUID}
			deployment := Must(w.cf.Deployments.Create(ctx, create))
			Done(w.cf.Deployments.Cancel(ctx, deployment.GUID))
			eventually("the deployment is cancelled", func() bool {
				status := Must(w.cf.Deployments.Get(ctx, deployment.GUID)).Status
				return status.Value == "FINALIZED" && status.Reason == "CANCELED"
			})
		}},
		{"an app is restarted, stopped and started", func(w *world) {
			Must(w.cf.Applications.Restart(ctx, w.app.GUID))
			eventually("the app answers again", func() bool { status, _ := answer(w.route.URL, "/"); return status == 200 })
			Equal(Must(w.cf.Applications.Stop(ctx, w.app.GUID)).State, "STOPPED")
			eventually("nobody answers", func() bool { status, _ := answer(w.route.URL, "/"); return status == 404 || status == 503 })
			Must(w.cf.Applications.Start(ctx, w.app.GUID))
		}},
	}
}
