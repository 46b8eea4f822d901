package main

import (
	"github.com/cloudfoundry/go-cfclient/v3/client"
	"github.com/cloudfoundry/go-cfclient/v3/resource"
	. "ingot.test/steps"
)

func networking() []step {
	return []step{
		{"domains are listed, made for an organization, shared with another and removed", func(w *world) {
			opts := client.NewDomainListOptions()
			opts.Names.EqualTo("apps.cf.localhost")
			w.domain = Must(w.cf.Domains.Single(ctx, opts))
			Equal(Must(w.cf.Organizations.GetDefaultDomain(ctx, w.org.GUID)).GUID, w.domain.GUID)
			create := resource.NewDomainCreate("go.example.org")
			create.Relationships = &resource.DomainRelationships{Organization: &resource.ToOneRelationship{Data: &resource.Relationship{GUID: w.org.GUID}}}
			own := Must(w.cf.Domains.Create(ctx, create))
			shared := Must(w.cf.Domains.Share(ctx, own.GUID, w.other.GUID))
			Equal(shared.Data[0].GUID, w.other.GUID)
			opts = client.NewDomainListOptions()
			opts.Names.EqualTo("go.example.org")
			Equal(Must(w.cf.Domains.SingleForOrganization(ctx, w.other.GUID, opts)).GUID, own.GUID)
			Done(w.cf.Domains.UnShare(ctx, own.GUID, w.other.GUID))
			Equal(len(Must(w.cf.Domains.ListForOrganizationAll(ctx, w.other.GUID, opts))), 0)
			update := &resource.DomainUpdate{Metadata: resource.NewMetadata().WithLabel("", "for", "gophers")}
			Equal(*Must(w.cf.Domains.Update(ctx, own.GUID, update)).Metadata.Labels["for"], "gophers")
			job, err := w.cf.Domains.Delete(ctx, own.GUID)
			finished(w, job, err)
			_, err = w.cf.Domains.Create(ctx, resource.NewDomainCreate("not a domain"))
			refused(err, resource.IsUnprocessableEntityError, "RFC 1035")
		}},
		{"routes are reserved, found, shared with spaces, handed over and removed", func(w *world) {
			reservation := client.NewRouteReservationListOptions()
			reservation.Hosts = "go-hello"
			Equal(Must(w.cf.Routes.IsRouteReserved(ctx, w.domain.GUID, reservation)), false)
			create := resource.NewRouteCreate(w.domain.GUID, w.space.GUID)
			create.Host = to("go-hello")
			w.route = Must(w.cf.Routes.Create(ctx, create))
			Equal(w.route.URL, "go-hello.apps.cf.localhost")
			Equal(Must(w.cf.Routes.IsRouteReserved(ctx, w.domain.GUID, reservation)), true)
			_, err := w.cf.Routes.Create(ctx, create)
			refused(err, resource.IsUnprocessableEntityError, "Route already exists with host 'go-hello'")
			create.Host, create.Path = to("go-other"), to("/deep")
			spare := Must(w.cf.Routes.Create(ctx, create))
			share := []string{w.second.GUID}
			_, err = w.cf.Routes.ShareWithSpaces(ctx, spare.GUID, share)
			refused(err, resource.IsFeatureDisabledError, "route_sharing")
			Must(w.cf.FeatureFlags.Update(ctx, resource.FeatureFlagRouteSharing, resource.NewFeatureFlagUpdate().WithEnabled(true)))
			Must(w.cf.Routes.ShareWithSpaces(ctx, spare.GUID, share))
			Equal(Must(w.cf.Routes.GetSharedSpacesRelationships(ctx, spare.GUID)).Data[0].GUID, w.second.GUID)
			Done(w.cf.Routes.UnShareWithSpace(ctx, spare.GUID, w.second.GUID))
			Done(w.cf.Routes.TransferOwnership(ctx, spare.GUID, w.second.GUID))
			opts := client.NewRouteListOptions()
			opts.SpaceGUIDs.EqualTo(w.second.GUID)
			opts.Paths.EqualTo("/deep")
			_, domains := Must2(w.cf.Routes.ListIncludeDomainsAll(ctx, opts))
			Equal(domains[0].Name, "apps.cf.localhost")
			_, spaces, orgs := Must3(w.cf.Routes.ListIncludeSpacesAndOrganizationsAll(ctx, opts))
			Equal([]string{spaces[0].Name, orgs[0].Name}, []string{"go-second", "go-org"})
			_, domain := Must2(w.cf.Routes.GetIncludeDomain(ctx, spare.GUID))
			Equal(domain.GUID, w.domain.GUID)
			update := &resource.RouteUpdate{Metadata: resource.NewMetadata().WithAnnotation("", "why", "spare")}
			Equal(*Must(w.cf.Routes.Update(ctx, spare.GUID, update)).Metadata.Annotations["why"], "spare")
			job, err := w.cf.Routes.DeleteUnmappedRoutesForSpace(ctx, w.second.GUID)
			finished(w, job, err)
			Equal(len(Must(w.cf.Routes.ListAll(ctx, opts))), 0)
		}},
		{"security groups are made, bound to spaces for running and staging, and removed", func(w *world) {
			group := Must(w.cf.SecurityGroups.Create(ctx, &resource.SecurityGroupCreate{
				Name: "go-group",
				Rules: []*resource.SecurityGroupRule{
					resource.NewSecurityGroupRuleTCP("10.1.0.0/16", true).WithPorts("443,8443").WithDescription("web"),
					resource.NewSecurityGroupRuleUDP("10.2.0.1").WithPorts("53"),
					resource.NewSecurityGroupRuleICMP("0.0.0.0/0", 8, 0),
					resource.NewSecurityGroupRuleAll("10.3.0.0-10.3.0.9"),
				},
			}))
			Equal([]any{len(group.Rules), *group.Rules[0].Ports, *group.Rules[2].Type, *group.GloballyEnabled.Running}, []any{4, "443,8443", 8, false})
			Equal(Must(w.cf.SecurityGroups.BindRunningSecurityGroup(ctx, group.GUID, []string{w.space.GUID})), []string{w.space.GUID})
			Equal(Must(w.cf.SecurityGroups.BindStagingSecurityGroup(ctx, group.GUID, []string{w.second.GUID})), []string{w.second.GUID})
			opts := client.NewSecurityGroupSpaceListOptions()
			opts.Names.EqualTo("go-group")
			Equal(len(Must(w.cf.SecurityGroups.ListRunningForSpaceAll(ctx, w.space.GUID, opts))), 1)
			Equal(len(Must(w.cf.SecurityGroups.ListStagingForSpaceAll(ctx, w.space.GUID, opts))), 0)
			enabled := &resource.SecurityGroupUpdate{GloballyEnabled: &resource.SecurityGroupGloballyEnabled{Staging: to(true)}}
			Equal(*Must(w.cf.SecurityGroups.Update(ctx, group.GUID, enabled)).GloballyEnabled.Staging, true)
			every := client.NewSecurityGroupListOptions()
			every.GloballyEnabledStaging = to(true)
			every.Names.EqualTo("go-group")
			Equal(Must(w.cf.SecurityGroups.Single(ctx, every)).Relationships.RunningSpaces.Data[0].GUID, w.space.GUID)
			Done(w.cf.SecurityGroups.UnBindRunningSecurityGroup(ctx, group.GUID, w.space.GUID))
			Done(w.cf.SecurityGroups.UnBindStagingSecurityGroup(ctx, group.GUID, w.second.GUID))
			job, err := w.cf.SecurityGroups.Delete(ctx, group.GUID)
			finished(w, job, err)
			_, err = w.cf.SecurityGroups.Create(ctx, &resource.SecurityGroupCreate{
				Name: "go-wrong", Rules: []*resource.SecurityGroupRule{resource.NewSecurityGroupRuleTCP("nowhere", false)},
			})
			refused(err, resource.IsUnprocessableEntityError, "Rules[0]")
		}},
	}
}
