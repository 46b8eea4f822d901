// The Go client go-uaa, which the UAA's own command line is made of, against the UAA that the environment names.
//
// Prints one JSON line a step: {"name": …, "error": null or text}. A step that fails does not stop the next ones: those
// that need its result fail with it, and the list shows what works all the same.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"strings"

	uaa "github.com/cloudfoundry-community/go-uaa"
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

type step struct {
	name string
	run  func(w *world)
}

func main() {
	w := &world{}
	var all []step
	for _, area := range [][]step{public(), users(), groups(), clients(), signIn(), zones(), removing()} {
		all = append(all, area...)
	}
	for _, one := range all {
		line, _ := json.Marshal(map[string]any{"name": one.name, "error": attempt(one, w)})
		fmt.Println(string(line))
	}
}

// attempt gives what went wrong, or nil.
func attempt(one step, w *world) (failure any) {
	defer func() {
		if reason := recover(); reason != nil {
			failure = fmt.Sprint(reason)
		}
	}()
	one.run(w)
	return nil
}

func done(err error) {
	if err != nil {
		var request uaa.RequestError
		if requestError, is := err.(uaa.RequestError); is {
			request = requestError
		}
		panic(fmt.Sprintf("%v %s", err, request.ErrorResponse))
	}
}

func must[T any](value T, err error) T {
	done(err)
	return value
}

func must2[A, B any](a A, b B, err error) (A, B) {
	done(err)
	return a, b
}

func equal(got, want any) {
	if !reflect.DeepEqual(got, want) {
		panic(fmt.Sprintf("got %#v, want %#v", got, want))
	}
}

func holds(condition bool, format string, values ...any) {
	if !condition {
		panic(fmt.Sprintf(format, values...))
	}
}

// refused wants an answer with these words in it.
func refused(err error, words string) {
	if err == nil {
		panic("was not refused")
	}
	text := err.Error()
	if request, is := err.(uaa.RequestError); is {
		text += string(request.ErrorResponse)
	}
	holds(strings.Contains(text, words), "refused with %s", text)
}

func operator(options ...uaa.Option) *uaa.API {
	return must(uaa.New(target, uaa.WithClientCredentials("operator", secret, uaa.JSONWebToken), options...))
}

func public() []step {
	return []step{
		{"says who it is and that it is well", func(w *world) {
			api := must(uaa.New(target, uaa.WithNoAuthentication()))
			holds(must(api.IsHealthy()), "not healthy")
			info := must(api.GetInfo())
			equal(info.ZoneName, "uaa")
			equal(info.Prompts["username"], []string{"text", "Email"})
			holds(strings.HasSuffix(must(api.Issuer()), "/oauth/token"), "issuer")
		}},
		{"publishes its keys", func(w *world) {
			api := must(uaa.New(target, uaa.WithNoAuthentication()))
			key := must(api.TokenKey())
			equal([]string{key.Kty, key.Alg, key.Use}, []string{"RSA", "RS256", "sig"})
			keys := must(api.TokenKeys())
			equal(len(keys), 1)
			equal(keys[0].Kid, key.Kid)
			holds(strings.HasPrefix(keys[0].Value, "-----BEGIN PUBLIC KEY-----"), "no PEM")
		}},
		{"gives a client its token, and no other secret will do", func(w *world) {
			w.api = operator()
			token := must(w.api.Token(context.Background()))
			equal(len(strings.Split(token.AccessToken, ".")), 3)
			opaque := must(uaa.New(target, uaa.WithClientCredentials("operator", secret, uaa.OpaqueToken)))
			holds(!strings.Contains(must(opaque.Token(context.Background())).AccessToken, "."), "not opaque")
			_, err := must(uaa.New(target, uaa.WithClientCredentials("operator", "wrong", uaa.JSONWebToken))).Token(context.Background())
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
			w.user = must(w.api.CreateUser(named("eva")))
			holds(w.user.ID != "" && *w.user.Active && *w.user.Verified, "%#v", w.user)
			for _, name := range []string{"bob", "cyd"} {
				must(w.api.CreateUser(named(name)))
			}
			_, err := w.api.CreateUser(named("EVA"))
			refused(err, "Username already in use")
		}},
		{"finds them by id and by name", func(w *world) {
			equal(must(w.api.GetUser(w.user.ID)).Username, "eva")
			equal(must(w.api.GetUserByUsername("Eva", "uaa", "")).ID, w.user.ID)
			_, err := w.api.GetUserByUsername("nobody", "", "")
			refused(err, "not found")
			_, err = w.api.GetUser("none")
			refused(err, "User none does not exist")
		}},
		{"lists them in pages, in order, cut down to attributes", func(w *world) {
			first, page := func() ([]uaa.User, uaa.Page) {
				list, page, err := w.api.ListUsers(`userName co "" and origin eq "uaa"`, "userName", "id,userName", uaa.SortDescending, 1, 2)
				done(err)
				return list, page
			}()
			equal(page.TotalResults, 4)
			equal([]string{first[0].Username, first[1].Username}, []string{"eva", "cyd"})
			equal(len(first[0].Emails), 0)
			equal(len(must(w.api.ListAllUsers("", "", "", ""))), 4)
			_, err := w.api.ListAllUsers(`userName is "x"`, "", "", "")
			refused(err, "Invalid filter expression")
		}},
		{"changes one, from the version that was seen", func(w *world) {
			w.user.Name.GivenName = "Evelyn"
			changed := must(w.api.UpdateUser(*w.user))
			equal(changed.Name.GivenName, "Evelyn")
			equal(changed.Meta.Version, 1)
			w.user = changed
		}},
		{"deactivates and activates one", func(w *world) {
			done(w.api.DeactivateUser(w.user.ID, w.user.Meta.Version))
			equal(*must(w.api.GetUser(w.user.ID)).Active, false)
			refused(w.api.ActivateUser(w.user.ID, w.user.Meta.Version), "wrong version")
			done(w.api.ActivateUser(w.user.ID, w.user.Meta.Version+1))
			equal(*must(w.api.GetUser(w.user.ID)).Active, true)
		}},
	}
}

func groups() []step {
	return []step{
		{"makes a group, which is there once", func(w *world) {
			w.group = must(w.api.CreateGroup(uaa.Group{DisplayName: "shop.buy", Description: "Buy things"}))
			equal(must(w.api.GetGroup(w.group.ID)).Description, "Buy things")
			equal(must(w.api.GetGroupByName("shop.buy", "")).ID, w.group.ID)
			_, err := w.api.CreateGroup(uaa.Group{DisplayName: "shop.buy"})
			refused(err, "already exists")
		}},
		{"takes members in and out", func(w *world) {
			done(w.api.AddGroupMember(w.group.ID, w.user.ID, "USER", "uaa"))
			refused(w.api.AddGroupMember(w.group.ID, w.user.ID, "USER", "uaa"), "already part of the group")
			equal(must(w.api.GetGroup(w.group.ID)).Members[0].Value, w.user.ID)
			done(w.api.RemoveGroupMember(w.group.ID, w.user.ID, "USER", "uaa"))
			equal(len(must(w.api.GetGroup(w.group.ID)).Members), 0)
			done(w.api.AddGroupMember(w.group.ID, w.user.ID, "USER", "uaa"))
		}},
		{"changes and lists groups", func(w *world) {
			group := must(w.api.GetGroup(w.group.ID))
			group.Description = "Buy more"
			equal(must(w.api.UpdateGroup(*group)).Description, "Buy more")
			found := must(w.api.ListAllGroups(`displayName eq "shop.buy"`, "", "", ""))
			equal(len(found), 1)
			holds(len(must(w.api.ListAllGroups("", "displayName", "id,displayName", uaa.SortAscending))) > 10, "few groups")
		}},
		{"maps groups of other providers", func(w *world) {
			done(w.api.MapGroup(w.group.ID, "cn=buyers", "ldap"))
			mappings := must(w.api.ListAllGroupMappings("ldap"))
			equal([]string{mappings[0].DisplayName, mappings[0].ExternalGroup}, []string{"shop.buy", "cn=buyers"})
			done(w.api.UnmapGroup(w.group.ID, "cn=buyers", "ldap"))
			equal(len(must(w.api.ListAllGroupMappings("ldap"))), 0)
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
			equal(must(w.api.CreateClient(shop)).ClientID, "shop")
			found := must(w.api.GetClient("shop"))
			equal([]any{found.DisplayName, found.AccessTokenValidity, found.ClientSecret}, []any{"Shop", int64(60), ""})
			_, err := w.api.CreateClient(shop)
			refused(err, "Client already exists: shop")
			_, err = w.api.GetClient("none")
			refused(err, "No client with requested id: none")
		}},
		{"changes it, and its secret", func(w *world) {
			changed := shop
			changed.DisplayName = "The Shop"
			equal(must(w.api.UpdateClient(changed)).DisplayName, "The Shop")
			done(w.api.ChangeClientSecret("shop", "second"))
		}},
		{"lists clients", func(w *world) {
			found := must(w.api.ListAllClients(`client_id eq "shop"`, "client_id", uaa.SortAscending))
			equal(len(found), 1)
			list, page, err := w.api.ListClients("", "client_id", uaa.SortDescending, 1, 3)
			done(err)
			equal(len(list), 3)
			holds(page.TotalResults > 10, "%d clients", page.TotalResults)
		}},
		{"gives it keys instead of a secret and takes them back", func(w *world) {
			keys := json.RawMessage(`{"keys":[{"kty":"RSA","e":"AQAB","kid":"one","alg":"RS256","n":"` + strings.Repeat("A", 342) + `"}]}`)
			done(w.api.ChangeClientJWT(uaa.ClientJWTChangeRequest{ClientID: "shop", ChangeMode: uaa.ChangeClientJWTModeAdd, Jwks: keys}))
			done(w.api.ChangeClientJWT(uaa.ClientJWTChangeRequest{ClientID: "shop", ChangeMode: uaa.ChangeClientJWTModeDelete, Kid: "one"}))
		}},
	}
}

func signIn() []step {
	ctx := context.Background()
	return []step{
		{"signs a user in with his password", func(w *world) {
			api := must(uaa.New(target, uaa.WithPasswordCredentials("shop", "second", "eva", "a password", uaa.JSONWebToken)))
			me := must(api.GetMe())
			equal([]string{me.UserID, me.Username, me.GivenName, me.Email}, []string{w.user.ID, "eva", "Evelyn", "eva@example.org"})
			w.refresh = must(api.Token(ctx)).RefreshToken
			holds(w.refresh != "", "no refresh token")
			_, err := must(uaa.New(target, uaa.WithPasswordCredentials("shop", "second", "eva", "wrong", uaa.JSONWebToken))).Token(ctx)
			refused(err, "Bad credentials")
		}},
		{"renews his tokens", func(w *world) {
			api := must(uaa.New(target, uaa.WithRefreshToken("shop", "second", w.refresh, uaa.JSONWebToken)))
			equal(must(api.GetMe()).Username, "eva")
		}},
		{"exchanges a code for his tokens, once", func(w *world) {
			bearer := must(must(uaa.New(target, uaa.WithRefreshToken("shop", "second", w.refresh, uaa.JSONWebToken))).Token(ctx))
			code := codeFor(bearer.AccessToken)
			redirect := must(url.Parse(callback))
			exchange := func() (*uaa.API, error) {
				return uaa.New(target, uaa.WithAuthorizationCode("shop", "second", code, uaa.JSONWebToken, redirect))
			}
			equal(must(must(exchange()).GetMe()).Username, "eva")
			api, err := exchange()
			if err == nil {
				_, err = api.Token(ctx)
			}
			refused(err, "Invalid authorization code")
		}},
		{"takes a token that was given before, and no forged one", func(w *world) {
			token := must(w.api.Token(ctx))
			equal(must(must(uaa.New(target, uaa.WithToken(token))).GetUser(w.user.ID)).Username, "eva")
			forged := *token
			forged.AccessToken = token.AccessToken[:len(token.AccessToken)-4] + "AAAA"
			_, err := must(uaa.New(target, uaa.WithToken(&forged))).GetUser(w.user.ID)
			refused(err, "invalid_token")
		}},
	}
}

// codeFor asks for a code as `cf ssh-code` does: with the user's token.
func codeFor(token string) string {
	query := url.Values{"client_id": {"shop"}, "response_type": {"code"}, "redirect_uri": {callback}}
	request := must(http.NewRequest("GET", target+"/oauth/authorize?"+query.Encode(), nil))
	request.Header.Set("Authorization", "bearer "+token)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response := must(client.Do(request))
	defer response.Body.Close()
	return must(url.Parse(response.Header.Get("Location"))).Query().Get("code")
}

func zones() []step {
	acme := uaa.IdentityZone{ID: "acme", Subdomain: "acme", Name: "Acme"}
	return []step{
		{"makes a zone and sees it", func(w *world) {
			equal(must(w.api.CreateIdentityZone(acme)).ID, "acme")
			equal(must(w.api.GetIdentityZone("acme")).Name, "Acme")
			equal(len(must(w.api.ListIdentityZones())), 2) // the default one too
		}},
		{"has other people in it, by a header", func(w *world) {
			inside := operator(uaa.WithZoneID("acme"))
			equal(len(must(inside.ListAllUsers("", "", "", ""))), 0)
			primary := true
			made := must(inside.CreateUser(uaa.User{Username: "eva", Password: "x", Emails: []uaa.Email{{Value: "e@example.org", Primary: &primary}}}))
			equal(made.ZoneID, "acme")
			holds(made.ID != w.user.ID, "the same user")
			_, err := operator(uaa.WithZoneID("beta")).ListAllUsers("", "", "", "")
			refused(err, "does not exist")
		}},
		{"changes and removes it", func(w *world) {
			acme.Description = "All of Acme"
			acme.Config = uaa.IdentityZoneConfig{}
			equal(must(w.api.UpdateIdentityZone(acme)).Description, "All of Acme")
			equal(must(w.api.DeleteIdentityZone("acme")).ID, "acme")
			equal(len(must(w.api.ListIdentityZones())), 1)
		}},
	}
}

func removing() []step {
	return []step{
		{"removes what was made", func(w *world) {
			equal(must(w.api.DeleteClient("shop")).ClientID, "shop")
			equal(must(w.api.DeleteGroup(w.group.ID)).DisplayName, "shop.buy")
			equal(must(w.api.DeleteUser(w.user.ID)).Username, "eva")
			_, err := w.api.GetUser(w.user.ID)
			refused(err, "does not exist")
		}},
		{"answers what the client does not know", func(w *world) {
			_, body, status, err := w.api.Curl("/RateLimitingStatus", "GET", "", nil)
			done(err)
			equal(status, 200)
			holds(strings.Contains(body, "DISABLED"), "%s", body)
		}},
	}
}
