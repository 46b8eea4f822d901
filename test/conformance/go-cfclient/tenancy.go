package main

import (
	"fmt"
	"time"

	"github.com/cloudfoundry/go-cfclient/v3/client"
	"github.com/cloudfoundry/go-cfclient/v3/resource"
	. "ingot.test/steps"
)

func orgName(org *resource.Organization) string { return org.Name }

func tenancy() []step {
	return []step{
		{"an organization is created, found, labelled and renamed", func(w *world) {
			create := resource.NewOrganizationCreate("go-org")
			create.Metadata = resource.NewMetadata().WithLabel("", "team", "gophers").WithAnnotation("example.org", "contact", "here")
			w.org = Must(w.cf.Organizations.Create(ctx, create))
			w.other = Must(w.cf.Organizations.Create(ctx, resource.NewOrganizationCreate("go-other")))
			opts := client.NewOrganizationListOptions()
			opts.Names.EqualTo("go-org")
			Equal(Must(w.cf.Organizations.Single(ctx, opts)).GUID, w.org.GUID)
			Equal(Must(w.cf.Organizations.First(ctx, opts)).GUID, w.org.GUID)
			opts = client.NewOrganizationListOptions()
			opts.LabelSel = client.LabelSelector{}
			opts.LabelSel.EqualTo("team", "gophers", "others")
			Equal(names(Must(w.cf.Organizations.ListAll(ctx, opts)), orgName), []string{"go-org"})
			update := &resource.OrganizationUpdate{Name: "go-renamed", Suspended: to(true)}
			renamed := Must(w.cf.Organizations.Update(ctx, w.org.GUID, update))
			Equal([]any{renamed.Name, *renamed.Suspended, *renamed.Metadata.Labels["team"]}, []any{"go-renamed", true, "gophers"})
			update = &resource.OrganizationUpdate{Name: "go-org", Suspended: to(false)}
			Must(w.cf.Organizations.Update(ctx, w.org.GUID, update))
			read := Must(w.cf.Organizations.Get(ctx, w.org.GUID))
			Equal([]any{read.Name, *read.Suspended, *read.Metadata.Annotations["example.org/contact"]}, []any{"go-org", false, "here"})
			Equal(Must(w.cf.Organizations.GetUsageSummary(ctx, w.org.GUID)).UsageSummary.StartedInstances, 0)
		}},
		{"a second organization of the name is refused with CF-UnprocessableEntity", func(w *world) {
			_, err := w.cf.Organizations.Create(ctx, resource.NewOrganizationCreate("GO-org"))
			refused(err, resource.IsUnprocessableEntityError, "Organization 'GO-org' already exists.")
		}},
		{"what is not there is refused with CF-ResourceNotFound, and none is not one", func(w *world) {
			_, err := w.cf.Organizations.Get(ctx, "00000000-0000-0000-0000-000000000000")
			refused(err, resource.IsResourceNotFoundError, "Organization not found")
			opts := client.NewOrganizationListOptions()
			opts.Names.EqualTo("nobody")
			_, err = w.cf.Organizations.Single(ctx, opts)
			Equal(err, client.ErrExactlyOneResultNotReturned)
			_, err = w.cf.Organizations.First(ctx, opts)
			Equal(err, client.ErrNoResultsReturned)
		}},
		{"spaces are created, listed page by page, with their organization and by time", func(w *world) {
			before := time.Now().Add(-time.Minute)
			for _, name := range []string{"one", "two", "three", "four", "five"} {
				space := Must(w.cf.Spaces.Create(ctx, resource.NewSpaceCreate("go-"+name, w.org.GUID)))
				switch name {
				case "one":
					w.space = space
				case "two":
					w.second = space
				}
			}
			opts := client.NewSpaceListOptions()
			opts.OrganizationGUIDs.EqualTo(w.org.GUID)
			opts.PerPage, opts.OrderBy = 2, "-name"
			name := func(space *resource.Space) string { return space.Name }
			page, pager := Must2(w.cf.Spaces.List(ctx, opts))
			Equal([]any{names(page, name), pager.TotalResults, pager.TotalPages, pager.HasNextPage()}, []any{[]string{"go-two", "go-three"}, 5, 3, true})
			pager.NextPage(opts)
			page, _ = Must2(w.cf.Spaces.List(ctx, opts))
			Equal(names(page, name), []string{"go-one", "go-four"})
			opts.Page = 1
			all, orgs := Must2(w.cf.Spaces.ListIncludeOrganizationsAll(ctx, opts))
			Equal(names(all, name), []string{"go-two", "go-three", "go-one", "go-four", "go-five"})
			Equal(orgs[0].GUID, w.org.GUID)
			opts.Page = 1
			opts.CreateAts.After(before)
			Equal(len(Must(w.cf.Spaces.ListAll(ctx, opts))), 5)
			opts.Page = 1
			opts.CreateAts.Before(before)
			Equal(len(Must(w.cf.Spaces.ListAll(ctx, opts))), 0)
			_, org := Must2(w.cf.Spaces.GetIncludeOrganization(ctx, w.space.GUID))
			Equal(org.Name, "go-org")
			renamed := Must(w.cf.Spaces.Update(ctx, w.second.GUID, &resource.SpaceUpdate{Name: "go-second"}))
			Equal(renamed.Name, "go-second")
		}},
		{"SSH of a space is switched off and on", func(w *world) {
			Equal(Must(w.cf.SpaceFeatures.IsSSHEnabled(ctx, w.space.GUID)), true)
			Done(w.cf.SpaceFeatures.EnableSSH(ctx, w.space.GUID, false))
			Equal(Must(w.cf.SpaceFeatures.IsSSHEnabled(ctx, w.space.GUID)), false)
			Done(w.cf.SpaceFeatures.EnableSSH(ctx, w.space.GUID, true))
		}},
		{"quotas of organizations are made, changed, applied and removed", func(w *world) {
			create := resource.NewOrganizationQuotaCreate("go-quota").WithAppsTotalMemoryInMB(4096).WithPerProcessMemoryInMB(1024).
				WithTotalInstances(20).WithPerAppTasks(5).WithTotalRoutes(50).WithTotalReservedPorts(2).WithDomains(3).
				WithPaidServicesAllowed(true).WithTotalServiceInstances(10).WithTotalServiceKeys(7)
			quota := Must(w.cf.OrganizationQuotas.Create(ctx, create))
			Equal([]int{*quota.Apps.TotalMemoryInMB, *quota.Routes.TotalReservedPorts, *quota.Domains.TotalDomains}, []int{4096, 2, 3})
			Equal(Must(w.cf.OrganizationQuotas.Apply(ctx, quota.GUID, []string{w.org.GUID})), []string{w.org.GUID})
			quota = Must(w.cf.OrganizationQuotas.Update(ctx, quota.GUID, resource.NewOrganizationQuotaUpdate().WithName("go-wide").WithDomains(9)))
			Equal([]any{quota.Name, *quota.Domains.TotalDomains, *quota.Services.TotalServiceKeys}, []any{"go-wide", 9, 7})
			opts := client.NewOrganizationQuotaListOptions()
			opts.OrganizationGUIDs.EqualTo(w.org.GUID)
			Equal(Must(w.cf.OrganizationQuotas.Single(ctx, opts)).GUID, quota.GUID)
			Equal(Must(w.cf.Organizations.Get(ctx, w.org.GUID)).Relationships.Quota.Data.GUID, quota.GUID)
			spare := Must(w.cf.OrganizationQuotas.Create(ctx, resource.NewOrganizationQuotaCreate("go-spare").WithOrganizations(w.other.GUID)))
			Equal(spare.Relationships.Organizations.Data[0].GUID, w.other.GUID)
			_, err := w.cf.OrganizationQuotas.Delete(ctx, spare.GUID)
			refused(err, resource.IsUnprocessableEntityError, "This quota is applied to one or more organizations")
			Must(w.cf.OrganizationQuotas.Apply(ctx, quota.GUID, []string{w.other.GUID}))
			job, err := w.cf.OrganizationQuotas.Delete(ctx, spare.GUID)
			finished(w, job, err)
			_, err = w.cf.OrganizationQuotas.Get(ctx, spare.GUID)
			refused(err, resource.IsResourceNotFoundError, "")
		}},
		{"quotas of spaces are made, applied, taken away and removed", func(w *world) {
			create := resource.NewSpaceQuotaCreate("go-space-quota", w.org.GUID).WithTotalMemoryInMB(2048).WithTotalRoutes(10)
			quota := Must(w.cf.SpaceQuotas.Create(ctx, create))
			Equal(Must(w.cf.SpaceQuotas.Apply(ctx, quota.GUID, []string{w.second.GUID})), []string{w.second.GUID})
			Equal(Must(w.cf.Spaces.Get(ctx, w.second.GUID)).Relationships.Quota.Data.GUID, quota.GUID)
			changed := Must(w.cf.SpaceQuotas.Update(ctx, quota.GUID, resource.NewSpaceQuotaUpdate().WithTotalRoutes(12)))
			Equal([]int{*changed.Routes.TotalRoutes, *changed.Apps.TotalMemoryInMB}, []int{12, 2048})
			opts := client.NewSpaceQuotaListOptions()
			opts.Names.EqualTo("go-space-quota")
			Equal(Must(w.cf.SpaceQuotas.Single(ctx, opts)).Relationships.Spaces.Data[0].GUID, w.second.GUID)
			Done(w.cf.SpaceQuotas.Remove(ctx, quota.GUID, w.second.GUID))
			job, err := w.cf.SpaceQuotas.Delete(ctx, quota.GUID)
			finished(w, job, err)
			_, err = w.cf.SpaceQuotas.Create(ctx, resource.NewSpaceQuotaCreate("go-wrong", w.org.GUID).WithTotalMemoryInMB(-5))
			refused(err, resource.IsUnprocessableEntityError, "must be greater than or equal to 0")
		}},
		{"isolation segments are made, allowed to organizations and given to spaces", func(w *world) {
			segment := Must(w.cf.IsolationSegments.Create(ctx, resource.NewIsolationSegmentCreate("go-segment")))
			renamed := Must(w.cf.IsolationSegments.Update(ctx, segment.GUID, &resource.IsolationSegmentUpdate{Name: to("go-part")}))
			Equal(renamed.Name, "go-part")
			allowed := Must(w.cf.IsolationSegments.EntitleOrganizations(ctx, segment.GUID, []string{w.org.GUID, w.other.GUID}))
			Equal(len(allowed.Data), 2)
			Equal(len(Must(w.cf.IsolationSegments.ListOrganizationRelationships(ctx, segment.GUID))), 2)
			Equal(len(Must(w.cf.Organizations.ListForIsolationSegmentAll(ctx, segment.GUID, nil))), 2)
			Done(w.cf.IsolationSegments.RevokeOrganization(ctx, segment.GUID, w.other.GUID))
			opts := client.NewIsolationSegmentOptions()
			opts.OrganizationGUIDs.EqualTo(w.org.GUID)
			Equal(Must(w.cf.IsolationSegments.Single(ctx, opts)).GUID, segment.GUID)
			Done(w.cf.Spaces.AssignIsolationSegment(ctx, w.second.GUID, segment.GUID))
			Equal(Must(w.cf.Spaces.GetAssignedIsolationSegment(ctx, w.second.GUID)), segment.GUID)
			Equal(Must(w.cf.IsolationSegments.ListSpaceRelationships(ctx, segment.GUID)), []string{w.second.GUID})
			Done(w.cf.Organizations.AssignDefaultIsolationSegment(ctx, w.org.GUID, segment.GUID))
			Equal(Must(w.cf.Organizations.GetDefaultIsolationSegment(ctx, w.org.GUID)), segment.GUID)
			err := w.cf.IsolationSegments.RevokeOrganization(ctx, segment.GUID, w.org.GUID)
			refused(err, resource.IsUnprocessableEntityError, "")
			Done(w.cf.Spaces.AssignIsolationSegment(ctx, w.second.GUID, ""))
			Done(w.cf.Organizations.AssignDefaultIsolationSegment(ctx, w.org.GUID, ""))
			Done(w.cf.IsolationSegments.RevokeOrganization(ctx, segment.GUID, w.org.GUID))
			Done(w.cf.IsolationSegments.Delete(ctx, segment.GUID))
		}},
		{"many pages are walked to their end", func(w *world) {
			for index := 0; index < 12; index++ {
				Must(w.cf.Spaces.Create(ctx, resource.NewSpaceCreate(fmt.Sprintf("many-%02d", index), w.other.GUID)))
			}
			opts := client.NewSpaceListOptions()
			opts.OrganizationGUIDs.EqualTo(w.other.GUID)
			opts.PerPage = 5
			Equal(len(Must(w.cf.Spaces.ListAll(ctx, opts))), 12)
		}},
	}
}
