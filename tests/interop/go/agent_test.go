package interop

import (
	"testing"

	"github.com/hashicorp/consul/api"
)

func register(t *testing.T, agent *api.Agent) {
	t.Helper()
	must(t, agent.ServiceRegister(&api.AgentServiceRegistration{
		ID:      "web-1",
		Name:    "web",
		Tags:    []string{"v1", "green"},
		Address: "10.0.0.1",
		Port:    8001,
		Meta:    map[string]string{"team": "shop"},
		Weights: &api.AgentWeights{Passing: 7, Warning: 2},
		Check:   &api.AgentServiceCheck{CheckID: "alive", Name: "heartbeat", TTL: "10m", Notes: "by hand"},
	}))
}

func TestATTLCheckSteersHealth(t *testing.T) {
	consul := client(t)
	agent, health := consul.Agent(), consul.Health()
	register(t, agent)

	state := func(passing bool) map[string]string {
		entries, _, err := health.Service("web", "", passing, nil)
		must(t, err)
		return instances(entries)
	}
	nothing := map[string]string{}
	equal(t, "before the first update", state(false), map[string]string{"web-1": api.HealthCritical})
	equal(t, "passing before the first update", state(true), nothing)

	must(t, agent.UpdateTTL("alive", "all is well", "pass"))
	equal(t, "passing", state(true), map[string]string{"web-1": api.HealthPassing})
	must(t, agent.UpdateTTL("alive", "slow", "warn"))
	equal(t, "all while warning", state(false), map[string]string{"web-1": api.HealthWarning})
	equal(t, "passing while warning", state(true), nothing)
	must(t, agent.UpdateTTL("alive", "gone", "fail"))
	equal(t, "all while failing", state(false), map[string]string{"web-1": api.HealthCritical})
	equal(t, "passing while failing", state(true), nothing)

	// The older calls, with a note in the query.
	must(t, agent.PassTTL("alive", "a note & more"))
	checks, _, err := health.Checks("web", nil)
	must(t, err)
	equal(t, "number of checks", len(checks), 1)
	equal(t, "output", checks[0].Output, "a note & more")
	must(t, agent.FailTTL("alive", ""))
	equal(t, "passing after FailTTL", state(true), nothing)

	failsWith(t, agent.UpdateTTL("web-1", "", "pass"), 404,
		`Unknown check ID "web-1". Ensure that the check ID is passed, not the check name.`)
}

func TestAnInstanceReadsAsItWasRegistered(t *testing.T) {
	consul := client(t)
	agent := consul.Agent()
	register(t, agent)
	must(t, agent.UpdateTTL("alive", "all is well", "pass"))

	entries, _, err := consul.Health().Service("web", "green", true, nil)
	must(t, err)
	equal(t, "number of instances", len(entries), 1)
	node, service, checks := entries[0].Node, entries[0].Service, entries[0].Checks
	equal(t, "node", []string{node.Node, node.Address, node.Datacenter}, []string{"interop", "127.0.0.1", "dc1"})
	equal(t, "name, ID, address", []string{service.Service, service.ID, service.Address}, []string{"web", "web-1", "10.0.0.1"})
	equal(t, "port", service.Port, 8001)
	equal(t, "tags", service.Tags, []string{"v1", "green"})
	equal(t, "meta", service.Meta, map[string]string{"team": "shop"})
	equal(t, "weights", service.Weights, api.AgentWeights{Passing: 7, Warning: 2})
	equal(t, "tagged addresses", service.TaggedAddresses, map[string]api.ServiceAddress{
		"lan_ipv4": {Address: "10.0.0.1", Port: 8001},
		"wan_ipv4": {Address: "10.0.0.1", Port: 8001},
	})

	equal(t, "number of checks", len(checks), 2)
	equal(t, "node check", []string{checks[0].CheckID, checks[0].Name, checks[0].Status, checks[0].ServiceID},
		[]string{"serfHealth", "Serf Health Status", "passing", ""})
	check := checks[1]
	equal(t, "service check",
		[]string{check.CheckID, check.Name, check.Status, check.Notes, check.Output, check.ServiceID, check.ServiceName, check.Type},
		[]string{"alive", "heartbeat", "passing", "by hand", "all is well", "web-1", "web", "ttl"})
	equal(t, "service tags of the check", check.ServiceTags, []string{"v1", "green"})

	own, err := agent.Services()
	must(t, err)
	equal(t, "number of the agent's services", len(own), 1)
	equal(t, "the agent's service", []any{own["web-1"].Service, own["web-1"].Address, own["web-1"].Port, own["web-1"].Datacenter},
		[]any{"web", "10.0.0.1", 8001, "dc1"})
	one, _, err := agent.Service("web-1", nil)
	must(t, err)
	equal(t, "one service of the agent", []any{one.ID, one.Tags}, []any{"web-1", []string{"v1", "green"}})
	ownChecks, err := agent.Checks()
	must(t, err)
	equal(t, "number of the agent's checks", len(ownChecks), 1)
	equal(t, "the agent's check", []string{ownChecks["alive"].Status, ownChecks["alive"].ServiceID}, []string{"passing", "web-1"})

	none, _, err := consul.Health().Service("web", "blue", false, nil)
	must(t, err)
	equal(t, "instances with another tag", len(none), 0)
}

func TestADeregisteredInstanceIsGone(t *testing.T) {
	consul := client(t)
	agent := consul.Agent()
	register(t, agent)
	must(t, agent.ServiceDeregister("web-1"))

	entries, _, err := consul.Health().Service("web", "", false, nil)
	must(t, err)
	equal(t, "instances", len(entries), 0)
	checks, err := agent.Checks()
	must(t, err)
	equal(t, "checks", len(checks), 0)
	services, err := agent.Services()
	must(t, err)
	equal(t, "services", len(services), 0)
	failsWith(t, agent.ServiceDeregister("web-1"), 404,
		`Unknown service ID "web-1". Ensure that the service ID is passed, not the service name.`)
}

func TestMaintenanceTakesOut(t *testing.T) {
	consul := client(t)
	agent, health := consul.Agent(), consul.Health()
	register(t, agent)
	must(t, agent.UpdateTTL("alive", "", "pass"))
	must(t, agent.EnableServiceMaintenance("web-1", "new disk"))
	entries, _, err := health.Service("web", "", true, nil)
	must(t, err)
	equal(t, "passing under maintenance", len(entries), 0)
	entries, _, err = health.Service("web", "", false, nil)
	must(t, err)
	equal(t, "all under maintenance", instances(entries), map[string]string{"web-1": api.HealthMaint})
	must(t, agent.DisableServiceMaintenance("web-1"))
	entries, _, err = health.Service("web", "", true, nil)
	must(t, err)
	equal(t, "passing afterwards", instances(entries), map[string]string{"web-1": api.HealthPassing})
}

func TestStandaloneChecksBelongToTheNode(t *testing.T) {
	consul := client(t)
	agent, health := consul.Agent(), consul.Health()
	register(t, agent)
	must(t, agent.UpdateTTL("alive", "", "pass"))
	check := &api.AgentCheckRegistration{ID: "disk", Name: "disk space"}
	check.TTL = "10m"
	check.Status = api.HealthPassing
	must(t, agent.CheckRegister(check))
	must(t, agent.UpdateTTL("disk", "full", "fail"))

	// A node's check takes out all that runs on it.
	entries, _, err := health.Service("web", "", true, nil)
	must(t, err)
	equal(t, "passing", len(entries), 0)
	critical, _, err := health.State(api.HealthCritical, nil)
	must(t, err)
	equal(t, "number of critical checks", len(critical), 1)
	equal(t, "critical check", []string{critical[0].CheckID, critical[0].Node, critical[0].Output}, []string{"disk", "interop", "full"})
	ofNode, _, err := health.Node("interop", nil)
	must(t, err)
	ids := []string{}
	for _, check := range ofNode {
		ids = append(ids, check.CheckID)
	}
	equal(t, "checks of the node", sorted(ids), []string{"alive", "disk", "serfHealth"})
	must(t, agent.CheckDeregister("disk"))
	entries, _, err = health.Service("web", "", true, nil)
	must(t, err)
	equal(t, "passing without it", len(entries), 1)
}
