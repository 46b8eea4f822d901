package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/cloudfoundry/go-cfclient/v3/client"
	"github.com/cloudfoundry/go-cfclient/v3/operation"
	"github.com/cloudfoundry/go-cfclient/v3/resource"
	. "ingot.test/steps"
)

// sources gives the app's files as a zip archive.
func sources() *bytes.Buffer {
	var bits bytes.Buffer
	archive := zip.NewWriter(&bits)
	root := os.Getenv("INGOT_APP_DIR")
	Done(filepath.Walk(root, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		content := Must(os.ReadFile(path))
		Must(Must(archive.Create(Must(filepath.Rel(root, path)))).Write(content))
		return nil
	}))
	Done(archive.Close())
	return &bits
}

func pushing() []step {
	return []step{
		{"an app is created, changed, and gets environment variables", func(w *world) {
			create := resource.NewAppCreate("go-hello", w.space.GUID)
			create.EnvironmentVariables = map[string]string{"GREETING": "hello", "SPARE": "x"}
			create.Metadata = resource.NewMetadata().WithLabel("", "lang", "go")
			w.app = Must(w.cf.Applications.Create(ctx, create))
			Equal([]string{w.app.State, w.app.Lifecycle.Type, w.app.Lifecycle.BuildpackData.Stack}, []string{"STOPPED", "buildpack", "cflinuxfs4"})
			set := Must(w.cf.Applications.SetEnvironmentVariables(ctx, w.app.GUID, map[string]*string{"SPARE": nil, "MORE": to("y")}))
			Equal([]any{*set["GREETING"], *set["MORE"], set["SPARE"]}, []any{"hello", "y", (*string)(nil)})
			Equal(len(Must(w.cf.Applications.GetEnvironmentVariables(ctx, w.app.GUID))), 2)
			env := Must(w.cf.Applications.GetEnvironment(ctx, w.app.GUID))
			Equal([]string{env.EnvVars["MORE"], env.RunningEnv["GO_RUNNING"], env.StagingEnv["GO_STAGING"]}, []string{"y", "yes", "too"})
			Holds(strings.Contains(string(env.AppEnvVars["VCAP_APPLICATION"]), `"go-hello"`), "%s", env.AppEnvVars)
			update := &resource.AppUpdate{Name: "go-hello", Metadata: resource.NewMetadata().WithAnnotation("", "note", "n")}
			Must(w.cf.Applications.Update(ctx, w.app.GUID, update))
			Equal(Must(w.cf.Applications.Permissions(ctx, w.app.GUID)), &resource.AppPermissions{ReadBasicData: true, ReadSensitiveData: true})
			Equal(Must(w.cf.Applications.SSHEnabled(ctx, w.app.GUID)).Enabled, true)
			_, err := w.cf.Applications.Create(ctx, create)
			// The library takes this code for another error of long ago.
			refused(err, resource.IsServiceBrokerRateLimitExceededError, "CF-UniquenessError|10016): App with the name 'go-hello' already exists.")
		}},
		{"an app is found by name, label, space and with its space and organization", func(w *world) {
			opts := client.NewAppListOptions()
			opts.Names.EqualTo("go-hello")
			opts.SpaceGUIDs.EqualTo(w.space.GUID)
			opts.LabelSel = client.LabelSelector{}
			opts.LabelSel.EqualTo("lang", "go")
			opts.LabelSel.NotExistence("unlabelled")
			apps, spaces, orgs := Must3(w.cf.Applications.ListIncludeSpacesAndOrganizationsAll(ctx, opts))
			Equal([]string{apps[0].GUID, spaces[0].Name, orgs[0].Name}, []string{w.app.GUID, "go-one", "go-org"})
			_, space, org := Must3(w.cf.Applications.GetIncludeSpaceAndOrganization(ctx, w.app.GUID))
			Equal([]string{space.GUID, org.GUID}, []string{w.space.GUID, w.org.GUID})
			opts.LabelSel.NotEqualTo("lang", "go", "rust")
			Equal(len(Must(w.cf.Applications.ListAll(ctx, opts))), 0)
		}},
		{"features of an app are switched", func(w *world) {
			features, _ := Must2(w.cf.AppFeatures.List(ctx, w.app.GUID))
			Holds(len(features) >= 2, "%d features", len(features))
			Equal(Must(w.cf.AppFeatures.UpdateSSH(ctx, w.app.GUID, false)).Enabled, false)
			Equal(Must(w.cf.Applications.SSHEnabled(ctx, w.app.GUID)).Enabled, false)
			Equal(Must(w.cf.AppFeatures.GetSSH(ctx, w.app.GUID)).Enabled, false)
			Equal(Must(w.cf.AppFeatures.GetRevisions(ctx, w.app.GUID)).Enabled, true)
			Must(w.cf.AppFeatures.UpdateSSH(ctx, w.app.GUID, true))
		}},
		{"a package is created, uploaded, read back, and its files are known", func(w *world) {
			w.pkg = Must(w.cf.Packages.Create(ctx, resource.NewPackageCreate(w.app.GUID)))
			Equal(string(w.pkg.State), "AWAITING_UPLOAD")
			bits := sources()
			size := bits.Len()
			Must(w.cf.Packages.Upload(ctx, w.pkg.GUID, bits))
			Done(w.cf.Packages.PollReady(ctx, w.pkg.GUID, polling))
			ready := Must(w.cf.Packages.Get(ctx, w.pkg.GUID))
			Equal(ready.Data.Bits.Checksum.Type, "sha256")
			content := Must(w.cf.Packages.Download(ctx, w.pkg.GUID))
			defer content.Close()
			Holds(len(Must(io.ReadAll(content))) > size/2, "too short")
			Equal(Must(w.cf.Packages.SingleForApp(ctx, w.app.GUID, nil)).GUID, w.pkg.GUID)
			sum := sha1.Sum([]byte("nobody has sent this"))
			match := resource.ResourceMatch{Checksum: resource.ResourceMatchChecksum{Value: hex.EncodeToString(sum[:])}, SizeInBytes: 70000, Path: "x", Mode: "0644"}
			Equal(len(Must(w.cf.ResourceMatches.Create(ctx, &resource.ResourceMatches{Resources: []resource.ResourceMatch{match}})).Resources), 0)
			update := &resource.PackageUpdate{Metadata: resource.NewMetadata().WithLabel("", "from", "zip")}
			Equal(*Must(w.cf.Packages.Update(ctx, w.pkg.GUID, update)).Metadata.Labels["from"], "zip")
		}},
		{"a build stages the package to a droplet", func(w *world) {
			create := resource.NewBuildCreate(w.pkg.GUID)
			create.StagingMemoryInMB = 1536
			build := Must(w.cf.Builds.Create(ctx, create))
			Equal([]any{string(build.State), build.StagingMemoryInMB, build.CreatedBy.Name}, []any{"STAGING", 1536, "admin"})
			Done(w.cf.Builds.PollStaged(ctx, build.GUID, polling))
			staged := Must(w.cf.Builds.SingleForApp(ctx, w.app.GUID, nil))
			w.droplet = Must(w.cf.Droplets.Get(ctx, staged.Droplet.GUID))
			Equal([]any{string(w.droplet.State), w.droplet.Stack, w.droplet.Checksum.Type}, []any{"STAGED", "cflinuxfs4", "sha256"})
			Holds(w.droplet.ProcessTypes["web"] != "" && len(w.droplet.Buildpacks) == 1, "%+v", w.droplet)
			opts := client.NewDropletPackageListOptions()
			opts.States.EqualTo("STAGED")
			Equal(Must(w.cf.Droplets.SingleForPackage(ctx, w.pkg.GUID, opts)).GUID, w.droplet.GUID)
			update := &resource.BuildUpdate{Metadata: resource.NewMetadata().WithLabel("", "by", "gopher")}
			Must(w.cf.Builds.Update(ctx, build.GUID, update))
			every := client.NewBuildListOptions()
			every.PackageGUIDs.EqualTo(w.pkg.GUID)
			Equal(Must(w.cf.Builds.Single(ctx, every)).GUID, build.GUID)
		}},
		{"the droplet becomes the app's, a route leads to it, and it answers", func(w *world) {
			Equal(Must(w.cf.Droplets.SetCurrentAssociationForApp(ctx, w.app.GUID, w.droplet.GUID)).Data.GUID, w.droplet.GUID)
			Equal(Must(w.cf.Droplets.GetCurrentForApp(ctx, w.app.GUID)).GUID, w.droplet.GUID)
			Equal(Must(w.cf.Droplets.GetCurrentAssociationForApp(ctx, w.app.GUID)).Data.GUID, w.droplet.GUID)
			destination := []*resource.RouteDestinationInsertOrReplace{resource.NewRouteDestinationInsertOrReplace(w.app.GUID)}
			inserted := Must(w.cf.Routes.InsertDestinations(ctx, w.route.GUID, destination))
			Equal(*inserted.Destinations[0].Protocol, "http1")
			Equal(Must(w.cf.Routes.SingleForApp(ctx, w.app.GUID, nil)).GUID, w.route.GUID)
			Equal(Must(w.cf.Applications.Start(ctx, w.app.GUID)).State, "STARTED")
			eventually("the app answers", func() bool { status, _ := answer(w.route.URL, "/"); return status == 200 })
		}},
		{"a destination's protocol is changed, destinations are replaced by weighted ones", func(w *world) {
			found := Must(w.cf.Routes.GetDestinations(ctx, w.route.GUID)).Destinations[0]
			changed := Must(w.cf.Routes.UpdateDestinationProtocol(ctx, w.route.GUID, *found.GUID, "http2"))
			Equal(*changed.Protocol, "http2")
			weighted := resource.NewRouteDestinationInsertOrReplace(w.app.GUID)
			weighted.Weight = to(100)
			replaced := Must(w.cf.Routes.ReplaceDestinations(ctx, w.route.GUID, []*resource.RouteDestinationInsertOrReplace{weighted}))
			Equal([]any{len(replaced.Destinations), *replaced.Destinations[0].Weight}, []any{1, 100})
			plain := []*resource.RouteDestinationInsertOrReplace{resource.NewRouteDestinationInsertOrReplace(w.app.GUID)}
			replaced = Must(w.cf.Routes.ReplaceDestinations(ctx, w.route.GUID, plain))
			Holds(replaced.Destinations[0].Weight == nil, "weight %v", replaced.Destinations[0].Weight)
		}},
		{"a droplet is downloaded, uploaded to another app, copied and removed", func(w *world) {
			other := Must(w.cf.Applications.Create(ctx, resource.NewAppCreate("go-copy", w.space.GUID)))
			content := Must(w.cf.Droplets.Download(ctx, w.droplet.GUID))
			archive := Must(io.ReadAll(content))
			Done(content.Close())
			create := resource.NewDropletCreate(other.GUID)
			create.ProcessTypes["web"] = "node server.js"
			made := Must(w.cf.Droplets.Create(ctx, create))
			Equal(string(made.State), "AWAITING_UPLOAD")
			job, _ := Must2(w.cf.Droplets.Upload(ctx, made.GUID, bytes.NewReader(archive)))
			finished(w, job, nil)
			Equal(string(Must(w.cf.Droplets.Get(ctx, made.GUID)).State), "STAGED")
			Must(w.cf.Droplets.Copy(ctx, w.droplet.GUID, other.GUID))
			opts := client.NewDropletAppListOptions()
			eventually("both droplets are staged", func() bool {
				opts.States.EqualTo("STAGED")
				return len(Must(w.cf.Droplets.ListForAppAll(ctx, other.GUID, opts))) == 2
			})
			copied := Must(w.cf.Packages.Copy(ctx, w.pkg.GUID, other.GUID))
			Done(w.cf.Packages.PollReady(ctx, copied.GUID, polling))
			job, err := w.cf.Packages.Delete(ctx, copied.GUID)
			finished(w, job, err)
			job, err = w.cf.Droplets.Delete(ctx, made.GUID)
			finished(w, job, err)
			job, err = w.cf.Applications.Delete(ctx, other.GUID)
			finished(w, job, err)
		}},
		{"the library's own push makes an app from a manifest and sources", func(w *world) {
			manifest := operation.NewAppManifest("go-pushed")
			manifest.Memory, manifest.HealthCheckType = "128M", operation.Http
			manifest.Env = map[string]string{"BY": "push"}
			manifest.Routes = &operation.AppManifestRoutes{{Route: "go-pushed.apps.cf.localhost"}}
			manifest.Metadata = resource.NewMetadata().WithLabel("", "pushed", "yes")
			push := operation.NewAppPushOperation(w.cf, "go-org", "go-one")
			app := Must(push.Push(ctx, manifest, sources()))
			Equal(app.State, "STARTED")
			eventually("the pushed app answers", func() bool { status, _ := answer("go-pushed.apps.cf.localhost", "/"); return status == 200 })
			push.WithStrategy(operation.StrategyRolling)
			manifest.Env["BY"] = "rolling"
			Equal(Must(push.Push(ctx, manifest, sources())).GUID, app.GUID)
			Equal(*Must(w.cf.Applications.GetEnvironmentVariables(ctx, app.GUID))["BY"], "rolling")
			job, err := w.cf.Applications.Delete(ctx, app.GUID)
			finished(w, job, err)
		}},
	}
}
