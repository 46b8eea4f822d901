package main

import (
	"github.com/cloudfoundry/go-cfclient/v3/client"
	"github.com/cloudfoundry/go-cfclient/v3/config"
	"github.com/cloudfoundry/go-cfclient/v3/resource"
	. "ingot.test/steps"
)

const gopherPassword = "a-gophers-password"

func people() []step {
	return []step{
		{"a user of the UAA becomes one of the Cloud Controller, is listed, labelled and found", func(w *world) {
			var made struct{ ID string }
			uaa(w.cf, "POST", "/Users", map[string]any{
				"userName": "gopher", "password": gopherPassword, "emails": []map[string]string{{"value": "gopher@example.org"}},
			}, &made)
			w.user = made.ID
			user := Must(w.cf.Users.Create(ctx, &resource.UserCreate{GUID: made.ID}))
			Equal([]string{user.Username, user.Origin, user.PresentationName}, []string{"gopher", "uaa", "gopher"})
			update := &resource.UserUpdate{Metadata: resource.NewMetadata().WithLabel("", "kind", "rodent")}
			Equal(*Must(w.cf.Users.Update(ctx, made.ID, update)).Metadata.Labels["kind"], "rodent")
			opts := client.NewUserListOptions()
			opts.UserNames.EqualTo("gopher")
			opts.Origins.EqualTo("uaa")
			Equal(Must(w.cf.Users.Single(ctx, opts)).GUID, made.ID)
			opts = client.NewUserListOptions()
			opts.PartialUsernames.EqualTo("oph")
			Equal(Must(w.cf.Users.First(ctx, opts)).GUID, made.ID)
			_, err := w.cf.Users.Create(ctx, &resource.UserCreate{GUID: made.ID})
			refused(err, resource.IsUnprocessableEntityError, "already exists")
		}},
		{"roles are given by guid and by name, listed with users, spaces and organizations, and taken away", func(w *world) {
			_, err := w.cf.Roles.CreateSpaceRole(ctx, w.space.GUID, w.user, resource.SpaceRoleDeveloper)
			refused(err, resource.IsUnprocessableEntityError, "")
			inOrg := Must(w.cf.Roles.CreateOrganizationRole(ctx, w.org.GUID, w.user, resource.OrganizationRoleUser))
			Equal(inOrg.Type, "organization_user")
			Must(w.cf.Roles.CreateSpaceRole(ctx, w.space.GUID, w.user, resource.SpaceRoleDeveloper))
			auditor := Must(w.cf.Roles.CreateSpaceRoleWithUsername(ctx, w.second.GUID, "gopher", resource.SpaceRoleAuditor, "uaa"))
			Must(w.cf.Roles.CreateOrganizationRoleWithUsername(ctx, w.org.GUID, "gopher", resource.OrganizationRoleBillingManager, "uaa"))
			opts := client.NewRoleListOptions()
			opts.UserGUIDs.EqualTo(w.user)
			Equal(len(Must(w.cf.Roles.ListAll(ctx, opts))), 4)
			_, users := Must2(w.cf.Roles.ListIncludeUsersAll(ctx, opts))
			Equal(users[0].Username, "gopher")
			_, orgs := Must2(w.cf.Roles.ListIncludeOrganizationsAll(ctx, opts))
			Equal(orgs[0].Name, "go-org")
			_, users = Must2(w.cf.Roles.GetIncludeUsers(ctx, auditor.GUID))
			Equal(users[0].GUID, w.user)
			opts.WithSpaceRoleType(resource.SpaceRoleAuditor, resource.SpaceRoleManager)
			Equal(Must(w.cf.Roles.Single(ctx, opts)).GUID, auditor.GUID)
			job, err := w.cf.Roles.Delete(ctx, auditor.GUID)
			finished(w, job, err)
			_, err = w.cf.Roles.Get(ctx, auditor.GUID)
			refused(err, resource.IsResourceNotFoundError, "Role not found")
			Equal(len(Must(w.cf.Organizations.ListUsersAll(ctx, w.org.GUID, nil))), 1)
			Equal(Must(w.cf.Spaces.ListUsersAll(ctx, w.space.GUID, nil))[0].Username, "gopher")
		}},
		{"a developer sees the space, nobody else's, and may not make organizations", func(w *world) {
			gopher := Must(connect(config.UserPassword("gopher", gopherPassword), config.Origin("uaa")))
			Equal(Must(gopher.Spaces.Single(ctx, nil)).GUID, w.space.GUID)
			_, err := gopher.Spaces.Get(ctx, w.second.GUID)
			refused(err, resource.IsResourceNotFoundError, "Space not found")
			_, err = gopher.Organizations.Create(ctx, resource.NewOrganizationCreate("gophers-own"))
			refused(err, resource.IsNotAuthorizedError, "")
		}},
	}
}
