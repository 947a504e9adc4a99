package interop

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/hashicorp/consul/api"
	"github.com/hashicorp/consul/api/watch"
)

// plan runs a watch plan and yields what its handler is given.
func plan(t *testing.T, parameters map[string]any) <-chan any {
	t.Helper()
	parsed, err := watch.Parse(parameters)
	must(t, err)
	results := make(chan any, 100)
	parsed.Handler = func(_ uint64, result any) { results <- result }
	ended := make(chan error, 1)
	go func() { ended <- parsed.Run(os.Getenv("CONSUL_HTTP_ADDR")) }()
	t.Cleanup(func() {
		parsed.Stop()
		must(t, receive(t, "the end of the plan", ended))
	})
	return results
}

// shows takes the plan's next result and compares a digest of it.
func shows[T any](t *testing.T, results <-chan any, digest func(T) any, want any) {
	t.Helper()
	result := receive(t, "a result of the plan", results)
	typed, ok := result.(T)
	if !ok {
		t.Fatalf("the plan yields %T", result)
	}
	got, err := json.Marshal(digest(typed))
	must(t, err)
	wanted, err := json.Marshal(want)
	must(t, err)
	equal(t, "the plan's result", string(got), string(wanted))
}

func TestAPlanFollowsAKey(t *testing.T) {
	kv := client(t).KV()
	put := func(value string) {
		_, err := kv.Put(&api.KVPair{Key: "app/one", Value: []byte(value)}, nil)
		must(t, err)
	}
	value := func(pair *api.KVPair) any { return string(pair.Value) }
	put("a")
	results := plan(t, map[string]any{"type": "key", "key": "app/one"})
	shows(t, results, value, "a")
	put("b")
	shows(t, results, value, "b")
	_, err := kv.Delete("app/one", nil)
	must(t, err)
	equal(t, "the plan's result of a deleted key", receive(t, "a result", results), nil)
	put("c")
	shows(t, results, value, "c")
}

func TestAPlanFollowsAPrefix(t *testing.T) {
	kv := client(t).KV()
	keys := func(pairs api.KVPairs) any {
		keys := []string{}
		for _, pair := range pairs {
			keys = append(keys, pair.Key)
		}
		return keys
	}
	results := plan(t, map[string]any{"type": "keyprefix", "prefix": "app/"})
	shows(t, results, keys, []string{})
	for _, key := range []string{"app/a", "app/b"} {
		_, err := kv.Put(&api.KVPair{Key: key}, nil)
		must(t, err)
		want := map[string][]string{"app/a": {"app/a"}, "app/b": {"app/a", "app/b"}}
		shows(t, results, keys, want[key])
	}
	_, err := kv.DeleteTree("app/", nil)
	must(t, err)
	shows(t, results, keys, []string{})
}

func TestAPlanFollowsAService(t *testing.T) {
	agent := client(t).Agent()
	state := func(entries []*api.ServiceEntry) any { return instances(entries) }
	results := plan(t, map[string]any{"type": "service", "service": "web", "passingonly": true})
	shows(t, results, state, map[string]string{})
	register(t, agent)
	must(t, agent.UpdateTTL("alive", "", "pass"))
	shows(t, results, state, map[string]string{"web-1": "passing"})
	must(t, agent.UpdateTTL("alive", "", "fail"))
	shows(t, results, state, map[string]string{})
}

func TestAPlanFollowsTheServices(t *testing.T) {
	agent := client(t).Agent()
	all := func(services map[string][]string) any { return services }
	results := plan(t, map[string]any{"type": "services"})
	shows(t, results, all, map[string][]string{"consul": {}})
	must(t, agent.ServiceRegister(&api.AgentServiceRegistration{Name: "web", Tags: []string{"v1"}}))
	shows(t, results, all, map[string][]string{"consul": {}, "web": {"v1"}})
	must(t, agent.ServiceRegister(&api.AgentServiceRegistration{Name: "web", Tags: []string{"v2"}}))
	shows(t, results, all, map[string][]string{"consul": {}, "web": {"v2"}})
	must(t, agent.ServiceDeregister("web"))
	shows(t, results, all, map[string][]string{"consul": {}})
}

func TestAPlanFollowsTheNodes(t *testing.T) {
	catalog := client(t).Catalog()
	names := func(nodes []*api.Node) any {
		names := []string{}
		for _, node := range nodes {
			names = append(names, node.Node+" "+node.Address)
		}
		return names
	}
	results := plan(t, map[string]any{"type": "nodes"})
	shows(t, results, names, []string{"interop 127.0.0.1"})
	_, err := catalog.Register(&api.CatalogRegistration{Node: "legacy", Address: "192.0.2.7"}, nil)
	must(t, err)
	shows(t, results, names, []string{"interop 127.0.0.1", "legacy 192.0.2.7"})
	_, err = catalog.Deregister(&api.CatalogDeregistration{Node: "legacy"}, nil)
	must(t, err)
	shows(t, results, names, []string{"interop 127.0.0.1"})
}

func TestAPlanFollowsTheChecks(t *testing.T) {
	agent := client(t).Agent()
	states := func(checks []*api.HealthCheck) any {
		states := map[string]string{}
		for _, check := range checks {
			states[check.CheckID] = check.Status
		}
		return states
	}
	register(t, agent)
	results := plan(t, map[string]any{"type": "checks", "state": "critical"})
	shows(t, results, states, map[string]string{"alive": "critical"})
	must(t, agent.UpdateTTL("alive", "", "pass"))
	shows(t, results, states, map[string]string{})
}
