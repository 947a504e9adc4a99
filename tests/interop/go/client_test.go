// Package interop asks muster through the Go API client of Consul 1.21. Each test runs against a registry
// of its own, at CONSUL_HTTP_ADDR; tests/go_api.rs starts both.
package interop

import (
	"cmp"
	"os"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"
)

// patience is how long anything may take before it counts as not happening.
const patience = 30 * time.Second

// client is the client as programs make it: from the environment.
func client(t *testing.T) *api.Client {
	t.Helper()
	if os.Getenv("CONSUL_HTTP_ADDR") == "" {
		t.Fatal("CONSUL_HTTP_ADDR names no registry")
	}
	made, err := api.NewClient(api.DefaultConfig())
	must(t, err)
	return made
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s\n got %#v\nwant %#v", what, got, want)
	}
}

// failsWith expects an answer of a status.
func failsWith(t *testing.T, err error, code int, body string) {
	t.Helper()
	status, ok := err.(api.StatusError)
	if !ok {
		t.Fatalf("got %#v, want status %d", err, code)
	}
	equal(t, "status", status, api.StatusError{Code: code, Body: body})
}

// receive takes the next value, which has to come.
func receive[T any](t *testing.T, what string, from <-chan T) T {
	t.Helper()
	select {
	case value := <-from:
		return value
	case <-time.After(patience):
		t.Fatalf("%s did not come", what)
		panic("unreachable")
	}
}

// instances are the IDs of a service's instances with their states.
func instances(entries []*api.ServiceEntry) map[string]string {
	found := map[string]string{}
	for _, entry := range entries {
		found[entry.Service.ID] = entry.Checks.AggregatedStatus()
	}
	return found
}

func sorted[T cmp.Ordered](list []T) []T {
	return slices.Sorted(slices.Values(list))
}
