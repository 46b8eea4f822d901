package main

import (
	"archive/zip"
	"bytes"

	"github.com/cloudfoundry/go-cfclient/v3/client"
	"github.com/cloudfoundry/go-cfclient/v3/resource"
	. "ingot.test/steps"
)

func operating() []step {
	return []step{
		{"feature flags are listed and switched with a message of one's own", func(w *world) {
			Equal(len(Must(w.cf.FeatureFlags.ListAll(ctx, nil))) >= 17, true)
			off := resource.NewFeatureFlagUpdate().WithEnabled(false).WithCustomErrorMessage("not today")
			flag := Must(w.cf.FeatureFlags.Update(ctx, resource.FeatureFlagTaskCreation, off))
			Equal([]any{flag.Enabled, flag.CustomErrorMessage}, []any{false, "not today"})
			Equal(Must(w.cf.FeatureFlags.Get(ctx, resource.FeatureFlagTaskCreation)).Enabled, false)
			Must(w.cf.FeatureFlags.Update(ctx, resource.FeatureFlagTaskCreation, resource.NewFeatureFlagUpdate().WithEnabled(true)))
		}},
		{"groups of environment variables are read and written", func(w *world) {
			update := &resource.EnvVarGroupUpdate{Var: map[string]string{"GO_RUNNING": "yes"}}
			Equal(Must(w.cf.EnvVarGroups.UpdateRunning(ctx, update)).Var["GO_RUNNING"], "yes")
			update = &resource.EnvVarGroupUpdate{Var: map[string]string{"GO_STAGING": "too"}}
			Must(w.cf.EnvVarGroups.UpdateStaging(ctx, update))
			Equal(Must(w.cf.EnvVarGroups.GetRunning(ctx)).Var, map[string]string{"GO_RUNNING": "yes"})
			Equal(Must(w.cf.EnvVarGroups.GetStaging(ctx)).Name, "staging")
		}},
		{"stacks are listed, made and removed", func(w *world) {
			opts := client.NewStackListOptions()
			opts.Default = to(true)
			Equal(Must(w.cf.Stacks.Single(ctx, opts)).Name, "cflinuxfs4")
			made := Must(w.cf.Stacks.Create(ctx, &resource.StackCreate{Name: "go-stack", Description: to("for gophers")}))
			update := &resource.StackUpdate{Metadata: resource.NewMetadata().WithLabel("", "old", "yes")}
			Equal(*Must(w.cf.Stacks.Update(ctx, made.GUID, update)).Metadata.Labels["old"], "yes")
			Equal(len(Must(w.cf.Stacks.ListAppsOnStackAll(ctx, made.GUID, nil))), 0)
			Done(w.cf.Stacks.Delete(ctx, made.GUID))
			_, err := w.cf.Stacks.Get(ctx, made.GUID)
			refused(err, resource.IsResourceNotFoundError, "Stack not found")
		}},
		{"a buildpack is made, uploaded, moved, locked and removed", func(w *world) {
			made := Must(w.cf.Buildpacks.Create(ctx, resource.NewBuildpackCreate("gopher_buildpack").WithPosition(3).WithEnabled(false)))
			Equal([]any{made.State, made.Position, made.Enabled}, []any{"AWAITING_UPLOAD", 3, false})
			var bits bytes.Buffer
			archive := zip.NewWriter(&bits)
			for _, name := range []string{"bin/detect", "bin/compile", "bin/release"} {
				Must(Must(archive.Create(name)).Write([]byte("#!/bin/sh\n")))
			}
			Done(archive.Close())
			job, _ := Must2(w.cf.Buildpacks.Upload(ctx, made.GUID, "gopher_buildpack.zip", &bits))
			finished(w, job, nil)
			ready := Must(w.cf.Buildpacks.Get(ctx, made.GUID))
			Equal([]any{ready.State, *ready.Filename}, []any{"READY", "gopher_buildpack.zip"})
			locked := Must(w.cf.Buildpacks.Update(ctx, made.GUID, resource.NewBuildpackUpdate().WithLocked(true).WithPosition(1)))
			Equal([]any{locked.Locked, locked.Position}, []any{true, 1})
			opts := client.NewBuildpackListOptions()
			opts.Names.EqualTo("gopher_buildpack")
			Equal(Must(w.cf.Buildpacks.Single(ctx, opts)).GUID, made.GUID)
			job, err := w.cf.Buildpacks.Delete(ctx, made.GUID)
			finished(w, job, err)
			job, err = w.cf.Admin.ClearBuildpackCache(ctx)
			finished(w, job, err)
		}},
	}
}
