package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/cloudfoundry/go-cfclient/v3/client"
	"github.com/cloudfoundry/go-cfclient/v3/config"
	"github.com/cloudfoundry/go-cfclient/v3/resource"
	. "ingot.test/steps"
)

// uaa asks the UAA with the client's token, for what the library has no calls.
func uaa(cf *client.Client, method, path string, body, result any) {
	encoded := Must(json.Marshal(body))
	request := Must(http.NewRequest(method, cf.AuthURL(path), bytes.NewReader(encoded)))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	response := Must(cf.ExecuteAuthRequest(request))
	defer response.Body.Close()
	text := Must(io.ReadAll(response.Body))
	if result != nil {
		Done(json.Unmarshal(text, result))
	}
}

func signIn() []step {
	return []step{
		{"the root document leads to UAA, and a password to a token", func(w *world) {
			w.cf = Must(connect(config.UserPassword("admin", os.Getenv("INGOT_PASSWORD"))))
			root := Must(w.cf.Root.Get(ctx))
			Equal(root.Links.CloudControllerV3.Href, api+"/v3")
			Holds(strings.HasPrefix(root.Links.CloudControllerV3.Meta.Version, "3."), "version %q", root.Links.CloudControllerV3.Meta.Version)
			Equal(root.Links.AppSSH.Meta.OauthClient, "ssh-proxy")
			v3 := Must(w.cf.Root.GetV3(ctx))
			Equal(v3.Links["apps"].Href, api+"/v3/apps")
		}},
		{"a wrong password is refused by UAA", func(w *world) {
			cf, err := connect(config.UserPassword("admin", "wrong"))
			if err == nil {
				_, err = cf.Organizations.ListAll(ctx, nil)
			}
			Holds(err != nil && strings.Contains(err.Error(), "Bad credentials"), "got %v", err)
		}},
		{"tokens of a former sign-in are used and refreshed", func(w *world) {
			source := Must(w.cf.CreateOAuth2TokenSource(ctx))
			token := Must(source.Token())
			for _, access := range []string{token.AccessToken, ""} {
				again := Must(connect(config.Token(access, token.RefreshToken)))
				Must(again.Organizations.ListAll(ctx, nil))
			}
		}},
		{"a client signs in with its own credentials, and asks for less with scopes", func(w *world) {
			operator := Must(connect(config.ClientCredentials("admin", os.Getenv("INGOT_ADMIN_CLIENT_SECRET"))))
			uaa(operator, "POST", "/oauth/clients", map[string]any{
				"client_id": "go-robot", "client_secret": "a-long-secret", "authorized_grant_types": []string{"client_credentials"},
				"authorities": []string{"cloud_controller.admin", "cloud_controller.global_auditor"},
			}, nil)
			robot := Must(connect(config.ClientCredentials("go-robot", "a-long-secret")))
			made := Must(robot.Organizations.Create(ctx, resource.NewOrganizationCreate("robot-org")))
			finished(w, Must(robot.Organizations.Delete(ctx, made.GUID)), nil)
			auditor := Must(connect(config.ClientCredentials("go-robot", "a-long-secret"), config.Scopes("cloud_controller.global_auditor")))
			Must(auditor.Organizations.ListAll(ctx, nil))
			_, err := auditor.Organizations.Create(ctx, resource.NewOrganizationCreate("no-org"))
			refused(err, resource.IsNotAuthorizedError, "not authorized")
		}},
		{"an SSH code is given by UAA", func(w *world) {
			Holds(len(Must(w.cf.SSHCode(ctx))) >= 10, "too short")
		}},
		{"nobody's token is refused with CF-NotAuthenticated", func(w *world) {
			response, err := w.cf.ExecuteRequest(Must(http.NewRequest("GET", api+"/v3/apps", nil)))
			if err == nil {
				_ = response.Body.Close()
			}
			refused(err, resource.IsNotAuthenticatedError, "Authentication error")
		}},
	}
}
