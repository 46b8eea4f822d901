// The Go client go-uaa, which the UAA's own command line is made of, against the UAA that the environment names.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	uaa "github.com/cloudfoundry-community/go-uaa"
	. "ingot.test/steps"
)

var (
	target = os.Getenv("INGOT_UAA")
	secret = os.Getenv("INGOT_OPERATOR_SECRET")
)

const callback = "https://shop.example/callback"

// world is what steps leave for the next ones.
type world struct {
	api     *uaa.API
	user    *uaa.User
	group   *uaa.Group
	refresh string
}

type step = Step[world]

func main() {
	Explain = explained
	RunAll(&world{}, public(), users(), groups(), clients(), signIn(), zones(), removing())
}

// explained says what the answer said too.
func explained(err error) string {
	if request, is := err.(uaa.RequestError); is {
		return fmt.Sprintf("%v %s", err, request.ErrorResponse)
	}
	return err.Error()
}

// refused wants an answer with these words in it.
func refused(err error, words string) {
	if err == nil {
		panic("was not refused")
	}
	text := explained(err)
	Holds(strings.Contains(text, words), "refused with %s", text)
}

func operator(options ...uaa.Option) *uaa.API {
	return Must(uaa.New(target, uaa.WithClientCredentials("operator", secret, uaa.JSONWebToken), options...))
}

func public() []step {
	return []step{
		{"says who it is and that it is well", func(w *world) {
			api := Must(uaa.New(target, uaa.WithNoAuthentication()))
			Holds(Must(api.IsHealthy()), "not healthy")
			info := Must(api.GetInfo())
			Equal(info.ZoneName, "uaa")
			Equal(info.Prompts["username"], []string{"text", "Email"})
			Holds(strings.HasSuffix(Must(api.Issuer()), "/oauth/token"), "issuer")
		}},
		{"publishes its keys", func(w *world) {
			api := Must(uaa.New(target, uaa.WithNoAuthentication()))
			key := Must(api.TokenKey())
			Equal([]string{key.Kty, key.Alg, key.Use}, []string{"RSA", "RS256", "sig"})
			keys := Must(api.TokenKeys())
			Equal(len(keys), 1)
			Equal(keys[0].Kid, key.Kid)
			Holds(strings.HasPrefix(keys[0].Value, "-----BEGIN PUBLIC KEY-----"), "no PEM")
		}},
		{"gives a client its token, and no other secret will do", func(w *world) {
			w.api = operator()
			token := Must(w.api.Token(context.Background()))
			Equal(len(strings.Split(token.AccessToken, ".")), 3)
			opaque := Must(uaa.New(target, uaa.WithClientCredentials("operator", secret, uaa.OpaqueToken)))
			Holds(!strings.Contains(Must(opaque.Token(context.Background())).AccessToken, "."), "not opaque")
			_, err := Must(uaa.New(target, uaa.WithClientCredentials("operator", "wrong", uaa.JSONWebToken))).Token(context.Background())
			refused(err, "Bad credentials")
		}},
	}
}

func users() []step {
	named := func(name string) uaa.User {
		primary := true
		return uaa.User{
			Username: name,
			Password: "a password",
			Emails:   []uaa.Email{{Value: name + "@example.org", Primary: &primary}},
			Name:     &uaa.UserName{GivenName: "Eva", FamilyName: "Smith"},
		}
	}
	return []step{
		{"makes users", func(w *world) {
			w.user = Must(w.api.CreateUser(named("eva")))
			Holds(w.user.ID != "" && *w.user.Active && *w.user.Verified, "%#v", w.user)
			for _, name := range []string{"bob", "cyd"} {
				Must(w.api.CreateUser(named(name)))
			}
			_, err := w.api.CreateUser(named("EVA"))
			refused(err, "Username already in use")
		}},
		{"finds them by id and by name", func(w *world) {
			Equal(Must(w.api.GetUser(w.user.ID)).Username, "eva")
			Equal(Must(w.api.GetUserByUsername("Eva", "uaa", "")).ID, w.user.ID)
			_, err := w.api.GetUserByUsername("nobody", "", "")
			refused(err, "not found")
			_, err = w.api.GetUser("none")
			refused(err, "User none does not exist")
		}},
		{"lists them in pages, in order, cut down to attributes", func(w *world) {
			first, page := func() ([]uaa.User, uaa.Page) {
				list, page, err := w.api.ListUsers(`userName co "" and origin eq "uaa"`, "userName", "id,userName", uaa.SortDescending, 1, 2)
				Done(err)
				return list, page
			}()
			Equal(page.TotalResults, 4)
			Equal([]string{first[0].Username, first[1].Username}, []string{"eva", "cyd"})
			Equal(len(first[0].Emails), 0)
			Equal(len(Must(w.api.ListAllUsers("", "", "", ""))), 4)
			_, err := w.api.ListAllUsers(`userName is "x"`, "", "", "")
			refused(err, "Invalid filter expression")
		}},
		{"changes one, from the version that was seen", func(w *world) {
			w.user.Name.GivenName = "Evelyn"
			changed := Must(w.api.UpdateUser(*w.user))
			Equal(changed.Name.GivenName, "Evelyn")
			Equal(changed.Meta.Version, 1)
			w.user = changed
		}},
		{"deactivates and activates one", func(w *world) {
			Done(w.api.DeactivateUser(w.user.ID, w.user.Meta.Version))
			Equal(*Must(w.api.GetUser(w.user.ID)).Active, false)
			refused(w.api.ActivateUser(w.user.ID, w.user.Meta.Version), "wrong version")
			Done(w.api.ActivateUser(w.user.ID, w.user.Meta.Version+1))
			Equal(*Must(w.api.GetUser(w.user.ID)).Active, true)
		}},
	}
}

func groups() []step {
	return []step{
		{"makes a group, which is there once", func(w *world) {
			w.group = Must(w.api.CreateGroup(uaa.Group{DisplayName: "shop.buy", Description: "Buy things"}))
			Equal(Must(w.api.GetGroup(w.group.ID)).Description, "Buy things")
			Equal(Must(w.api.GetGroupByName("shop.buy", "")).ID, w.group.ID)
			_, err := w.api.CreateGroup(uaa.Group{DisplayName: "shop.buy"})
			refused(err, "already exists")
		}},
		{"takes members in and out", func(w *world) {
			Done(w.api.AddGroupMember(w.group.ID, w.user.ID, "USER", "uaa"))
			refused(w.api.AddGroupMember(w.group.ID, w.user.ID, "USER", "uaa"), "already part of the group")
			Equal(Must(w.api.GetGroup(w.group.ID)).Members[0].Value, w.user.ID)
			Done(w.api.RemoveGroupMember(w.group.ID, w.user.ID, "USER", "uaa"))
			Equal(len(Must(w.api.GetGroup(w.group.ID)).Members), 0)
			Done(w.api.AddGroupMember(w.group.ID, w.user.ID, "USER", "uaa"))
		}},
		{"changes and lists groups", func(w *world) {
			group := Must(w.api.GetGroup(w.group.ID))
			group.Description = "Buy more"
			Equal(Must(w.api.UpdateGroup(*group)).Description, "Buy more")
			found := Must(w.api.ListAllGroups(`displayName eq "shop.buy"`, "", "", ""))
			Equal(len(found), 1)
			Holds(len(Must(w.api.ListAllGroups("", "displayName", "id,displayName", uaa.SortAscending))) > 10, "few groups")
		}},
		{"maps groups of other providers", func(w *world) {
			Done(w.api.MapGroup(w.group.ID, "cn=buyers", "ldap"))
			mappings := Must(w.api.ListAllGroupMappings("ldap"))
			Equal([]string{mappings[0].DisplayName, mappings[0].ExternalGroup}, []string{"shop.buy", "cn=buyers"})
			Done(w.api.UnmapGroup(w.group.ID, "cn=buyers", "ldap"))
			Equal(len(Must(w.api.ListAllGroupMappings("ldap"))), 0)
		}},
	}
}

func clients() []step {
	shop := uaa.Client{
		ClientID:             "shop",
		ClientSecret:         "first",
		AuthorizedGrantTypes: []string{"authorization_code", "password", "refresh_token"},
		RedirectURI:          []string{callback},
		Scope:                []string{"openid", "uaa.user", "shop.buy"},
		Authorities:          []string{"uaa.none"},
		AutoApproveRaw:       true,
		AccessTokenValidity:  60,
		DisplayName:          "Shop",
	}
	return []step{
		{"makes a client and finds it", func(w *world) {
			Equal(Must(w.api.CreateClient(shop)).ClientID, "shop")
			found := Must(w.api.GetClient("shop"))
			Equal([]any{found.DisplayName, found.AccessTokenValidity, found.ClientSecret}, []any{"Shop", int64(60), ""})
			_, err := w.api.CreateClient(shop)
			refused(err, "Client already exists: shop")
			_, err = w.api.GetClient("none")
			refused(err, "No client with requested id: none")
		}},
		{"changes it, and its secret", func(w *world) {
			changed := shop
			changed.DisplayName = "The Shop"
			Equal(Must(w.api.UpdateClient(changed)).DisplayName, "The Shop")
			Done(w.api.ChangeClientSecret("shop", "second"))
		}},
		{"lists clients", func(w *world) {
			found := Must(w.api.ListAllClients(`client_id eq "shop"`, "client_id", uaa.SortAscending))
			Equal(len(found), 1)
			list, page, err := w.api.ListClients("", "client_id", uaa.SortDescending, 1, 3)
			Done(err)
			Equal(len(list), 3)
			Holds(page.TotalResults > 10, "%d clients", page.TotalResults)
		}},
		{"gives it keys instead of a secret and takes them back", func(w *world) {
			keys := json.RawMessage(`{"keys":[{"kty":"RSA","e":"AQAB","kid":"one","alg":"RS256","n":"` + strings.Repeat("A", 342) + `"}]}`)
			Done(w.api.ChangeClientJWT(uaa.ClientJWTChangeRequest{ClientID: "shop", ChangeMode: uaa.ChangeClientJWTModeAdd, Jwks: keys}))
			Done(w.api.ChangeClientJWT(uaa.ClientJWTChangeRequest{ClientID: "shop", ChangeMode: uaa.ChangeClientJWTModeDelete, Kid: "one"}))
		}},
	}
}

func signIn() []step {
	ctx := context.Background()
	return []step{
		{"signs a user in with his password", func(w *world) {
			api := Must(uaa.New(target, uaa.WithPasswordCredentials("shop", "second", "eva", "a password", uaa.JSONWebToken)))
			me := Must(api.GetMe())
			Equal([]string{me.UserID, me.Username, me.GivenName, me.Email}, []string{w.user.ID, "eva", "Evelyn", "eva@example.org"})
			w.refresh = Must(api.Token(ctx)).RefreshToken
			Holds(w.refresh != "", "no refresh token")
			_, err := Must(uaa.New(target, uaa.WithPasswordCredentials("shop", "second", "eva", "wrong", uaa.JSONWebToken))).Token(ctx)
			refused(err, "Bad credentials")
		}},
		{"renews his tokens", func(w *world) {
			api := Must(uaa.New(target, uaa.WithRefreshToken("shop", "second", w.refresh, uaa.JSONWebToken)))
			Equal(Must(api.GetMe()).Username, "eva")
		}},
		{"exchanges a code for his tokens, once", func(w *world) {
			bearer := Must(Must(uaa.New(target, uaa.WithRefreshToken("shop", "second", w.refresh, uaa.JSONWebToken))).Token(ctx))
			code := codeFor(bearer.AccessToken)
			redirect := Must(url.Parse(callback))
			exchange := func() (*uaa.API, error) {
				return uaa.New(target, uaa.WithAuthorizationCode("shop", "second", code, uaa.JSONWebToken, redirect))
			}
			Equal(Must(Must(exchange()).GetMe()).Username, "eva")
			api, err := exchange()
			if err == nil {
				_, err = api.Token(ctx)
			}
			refused(err, "Invalid authorization code")
		}},
		{"takes a token that was given before, and no forged one", func(w *world) {
			token := Must(w.api.Token(ctx))
			Equal(Must(Must(uaa.New(target, uaa.WithToken(token))).GetUser(w.user.ID)).Username, "eva")
			forged := *token
			forged.AccessToken = token.AccessToken[:len(token.AccessToken)-4] + "AAAA"
			_, err := Must(uaa.New(target, uaa.WithToken(&forged))).GetUser(w.user.ID)
			refused(err, "invalid_token")
		}},
	}
}

// codeFor asks for a code as `cf ssh-code` does: with the user's token.
func codeFor(token string) string {
	query := url.Values{"client_id": {"shop"}, "response_type": {"code"}, "redirect_uri": {callback}}
	request := Must(http.NewRequest("GET", target+"/oauth/authorize?"+query.Encode(), nil))
	request.Header.Set("Authorization", "bearer "+token)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response := Must(client.Do(request))
	defer response.Body.Close()
	return Must(url.Parse(response.Header.Get("Location"))).Query().Get("code")
}

func zones() []step {
	acme := uaa.IdentityZone{ID: "acme", Subdomain: "acme", Name: "Acme"}
	return []step{
		{"makes a zone and sees it", func(w *world) {
			Equal(Must(w.api.CreateIdentityZone(acme)).ID, "acme")
			Equal(Must(w.api.GetIdentityZone("acme")).Name, "Acme")
			Equal(len(Must(w.api.ListIdentityZones())), 2) // the default one too
		}},
		{"has other people in it, by a header", func(w *world) {
			inside := operator(uaa.WithZoneID("acme"))
			Equal(len(Must(inside.ListAllUsers("", "", "", ""))), 0)
			primary := true
			made := Must(inside.CreateUser(uaa.User{Username: "eva", Password: "x", Emails: []uaa.Email{{Value: "e@example.org", Primary: &primary}}}))
			Equal(made.ZoneID, "acme")
			Holds(made.ID != w.user.ID, "the same user")
			_, err := operator(uaa.WithZoneID("beta")).ListAllUsers("", "", "", "")
			refused(err, "does not exist")
		}},
		{"changes and removes it", func(w *world) {
			acme.Description = "All of Acme"
			acme.Config = uaa.IdentityZoneConfig{}
			Equal(Must(w.api.UpdateIdentityZone(acme)).Description, "All of Acme")
			Equal(Must(w.api.DeleteIdentityZone("acme")).ID, "acme")
			Equal(len(Must(w.api.ListIdentityZones())), 1)
		}},
	}
}

func removing() []step {
	return []step{
		{"removes what was made", func(w *world) {
			Equal(Must(w.api.DeleteClient("shop")).ClientID, "shop")
			Equal(Must(w.api.DeleteGroup(w.group.ID)).DisplayName, "shop.buy")
			Equal(Must(w.api.DeleteUser(w.user.ID)).Username, "eva")
			_, err := w.api.GetUser(w.user.ID)
			refused(err, "does not exist")
		}},
		{"answers what the client does not know", func(w *world) {
			_, body, status, err := w.api.Curl("/RateLimitingStatus", "GET", "", nil)
			Done(err)
			Equal(status, 200)
			Holds(strings.Contains(body, "DISABLED"), "%s", body)
		}},
	}
}
