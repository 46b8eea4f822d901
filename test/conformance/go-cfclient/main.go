// The Go client go-cfclient against the platform that the environment names.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/cloudfoundry/go-cfclient/v3/client"
	"github.com/cloudfoundry/go-cfclient/v3/config"
	"github.com/cloudfoundry/go-cfclient/v3/resource"
	. "ingot.test/steps"
)

var (
	ctx     = context.Background()
	api     = os.Getenv("INGOT_API")
	polling = &client.PollingOptions{Timeout: time.Minute, CheckInterval: 200 * time.Millisecond, FailedState: "FAILED"}
)

// world is what steps leave for the next ones.
type world struct {
	cf          *client.Client
	org, other  *resource.Organization
	space       *resource.Space
	second      *resource.Space
	domain      *resource.Domain
	user        string
	app         *resource.App
	process     *resource.Process
	pkg         *resource.Package
	droplet     *resource.Droplet
	route       *resource.Route
	plan        *resource.ServicePlan
	instance    *resource.ServiceInstance
	userGiven   *resource.ServiceInstance
	binding     string
	boundRoutes []string
}

type step = Step[world]

func main() {
	RunAll(&world{}, signIn(), tenancy(), people(), networking(), operating(), pushing(), running(), services(), telling(), removing())
}

// refused wants an error that one of the client's own tests for errors knows.
func refused(err error, is func(error) bool, detail string) {
	if err == nil {
		panic("was not refused")
	}
	Holds(is(err) && strings.Contains(err.Error(), detail), "refused with %T %v", err, err)
}

// finished waits for a job's end; panics with the job's own error.
func finished(w *world, job string, err error) {
	Done(err)
	Holds(job != "", "no job was named")
	Done(w.cf.Jobs.PollComplete(ctx, job, polling))
}

func eventually(what string, condition func() bool) {
	for end := time.Now().Add(time.Minute); !condition(); time.Sleep(100 * time.Millisecond) {
		Holds(time.Now().Before(end), "not within a minute: %s", what)
	}
}

func to[T any](value T) *T { return &value }

func names[T any](all []T, name func(T) string) []string {
	var found []string
	for _, one := range all {
		found = append(found, name(one))
	}
	return found
}

// loopback leads every name of the platform to this machine; most resolvers do not know names below .localhost.
func loopback() *http.Client {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(Must(os.ReadFile(os.Getenv("INGOT_CA"))))
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: roots},
		ForceAttemptHTTP2: true,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			_, port, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			return dialer.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
		},
	}}
}

func connect(options ...config.Option) (*client.Client, error) {
	cfg, err := config.New(api, append(options, config.HttpClient(loopback()))...)
	if err != nil {
		return nil, err
	}
	return client.New(cfg)
}

// answer asks the router for an app's page.
func answer(host, path string) (int, string) {
	request := Must(http.NewRequest(http.MethodGet, "http://127.0.0.1:"+os.Getenv("INGOT_HTTP_PORT")+path, nil))
	request.Host = host
	response, err := (&http.Client{Timeout: 10 * time.Second}).Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	var body strings.Builder
	buffer := make([]byte, 4096)
	for {
		read, err := response.Body.Read(buffer)
		body.Write(buffer[:read])
		if err != nil {
			return response.StatusCode, body.String()
		}
	}
}
