// The Go client go-cfclient against the platform that the environment names.
//
// Prints one JSON line a step: {"name": …, "error": null or text}. A step that fails does not stop the next ones: those
// that need its result fail with it, and the list shows what works all the same.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"reflect"
	"runtime/debug"
	"strings"
	"time"

	"github.com/cloudfoundry/go-cfclient/v3/client"
	"github.com/cloudfoundry/go-cfclient/v3/config"
	"github.com/cloudfoundry/go-cfclient/v3/resource"
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

type step struct {
	name string
	run  func(w *world)
}

func main() {
	w := &world{}
	var all []step
	for _, area := range [][]step{signIn(), tenancy(), people(), networking(), operating(), pushing(), running(), services(), telling(), removing()} {
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
			failure = fmt.Sprintf("%v\n%s", reason, ours(string(debug.Stack())))
		}
	}()
	one.run(w)
	return nil
}

// ours keeps the places of a stack trace that lie in this program.
func ours(stack string) string {
	var places []string
	for _, line := range strings.Split(stack, "\n") {
		if strings.Contains(line, "go-cfclient/") && strings.Contains(line, ".go:") && !strings.Contains(line, "main.go") {
			places = append(places, strings.TrimSpace(line))
		}
	}
	return strings.Join(places, "\n")
}

func done(err error) {
	if err != nil {
		panic(err)
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

func must3[A, B, C any](a A, b B, c C, err error) (A, B, C) {
	done(err)
	return a, b, c
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

// refused wants an error that one of the client's own tests for errors knows.
func refused(err error, is func(error) bool, detail string) {
	if err == nil {
		panic("was not refused")
	}
	holds(is(err) && strings.Contains(err.Error(), detail), "refused with %T %v", err, err)
}

// finished waits for a job's end; panics with the job's own error.
func finished(w *world, job string, err error) {
	done(err)
	holds(job != "", "no job was named")
	done(w.cf.Jobs.PollComplete(ctx, job, polling))
}

func eventually(what string, condition func() bool) {
	for end := time.Now().Add(time.Minute); !condition(); time.Sleep(100 * time.Millisecond) {
		holds(time.Now().Before(end), "not within a minute: %s", what)
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
	roots.AppendCertsFromPEM(must(os.ReadFile(os.Getenv("INGOT_CA"))))
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
	request := must(http.NewRequest(http.MethodGet, "http://127.0.0.1:"+os.Getenv("INGOT_HTTP_PORT")+path, nil))
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
