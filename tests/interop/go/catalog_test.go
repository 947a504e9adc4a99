package interop

import (
	"testing"

	"github.com/hashicorp/consul/api"
)

func TestTheCatalogTakesForeignNodes(t *testing.T) {
	consul := client(t)
	catalog, health := consul.Catalog(), consul.Health()
	_, err := catalog.Register(&api.CatalogRegistration{
		Node:     "legacy",
		Address:  "192.0.2.7",
		NodeMeta: map[string]string{"rack": "7"},
		Service:  &api.AgentService{ID: "db-1", Service: "db", Port: 5432, Tags: []string{"primary"}},
		Checks: api.HealthChecks{
			{Node: "legacy", CheckID: "db-1-up", Name: "up", Status: api.HealthPassing, ServiceID: "db-1"},
		},
	}, nil)
	must(t, err)

	names := func(query *api.QueryOptions) []string {
		nodes, _, err := catalog.Nodes(query)
		must(t, err)
		names := []string{}
		for _, node := range nodes {
			names = append(names, node.Node)
		}
		return names
	}
	equal(t, "nodes", names(nil), []string{"interop", "legacy"})
	equal(t, "nodes of a rack", names(&api.QueryOptions{NodeMeta: map[string]string{"rack": "7"}}), []string{"legacy"})

	services, _, err := catalog.Services(nil)
	must(t, err)
	equal(t, "services", services, map[string][]string{"consul": {}, "db": {"primary"}})
	found, _, err := catalog.Service("db", "primary", nil)
	must(t, err)
	equal(t, "number of instances", len(found), 1)
	equal(t, "instance", []any{found[0].Node, found[0].Address, found[0].ServiceID, found[0].ServiceAddress, found[0].ServicePort, found[0].NodeMeta},
		[]any{"legacy", "192.0.2.7", "db-1", "", 5432, map[string]string{"rack": "7"}})
	entries, _, err := health.Service("db", "", true, nil)
	must(t, err)
	equal(t, "passing", instances(entries), map[string]string{"db-1": api.HealthPassing})

	node, _, err := catalog.Node("legacy", nil)
	must(t, err)
	equal(t, "node", []any{node.Node.Address, len(node.Services), node.Services["db-1"].Port}, []any{"192.0.2.7", 1, 5432})
	datacenters, err := catalog.Datacenters()
	must(t, err)
	equal(t, "datacenters", datacenters, []string{"dc1"})

	_, err = catalog.Deregister(&api.CatalogDeregistration{Node: "legacy", ServiceID: "db-1"}, nil)
	must(t, err)
	services, _, err = catalog.Services(nil)
	must(t, err)
	equal(t, "services without it", services, map[string][]string{"consul": {}})
	equal(t, "nodes without it", names(nil), []string{"interop", "legacy"})
	checks, _, err := health.Node("legacy", nil)
	must(t, err)
	equal(t, "checks without it", len(checks), 0)

	_, err = catalog.Deregister(&api.CatalogDeregistration{Node: "legacy"}, nil)
	must(t, err)
	equal(t, "nodes at the end", names(nil), []string{"interop"})
	node, _, err = catalog.Node("legacy", nil)
	must(t, err)
	equal(t, "the node at the end", node, nil)
}

func TestAnswersCarryTheirMeta(t *testing.T) {
	consul := client(t)
	leader, err := consul.Status().Leader()
	must(t, err)
	equal(t, "leader", leader, "127.0.0.1:8300")
	peers, err := consul.Status().Peers()
	must(t, err)
	equal(t, "peers", peers, []string{"127.0.0.1:8300"})

	for name, query := range map[string]*api.QueryOptions{
		"default": nil, "stale": {AllowStale: true}, "consistent": {RequireConsistent: true},
	} {
		_, meta, err := consul.Catalog().Nodes(query)
		must(t, err)
		if meta.LastIndex == 0 || meta.RequestTime <= 0 {
			t.Fatalf("%s: %+v", name, meta)
		}
		meta.LastIndex, meta.RequestTime = 0, 0
		equal(t, name, *meta, api.QueryMeta{KnownLeader: true, QueryBackend: "blocking-query", DefaultACLPolicy: "allow"})
	}
	_, meta, err := consul.Health().Service("none", "", true, nil)
	must(t, err)
	if meta.LastIndex == 0 {
		t.Fatal("health of nothing has no index")
	}
	pair, meta, err := consul.KV().Get("none", nil)
	must(t, err)
	equal(t, "a key that is not there", pair, nil)
	if meta.LastIndex == 0 || !meta.KnownLeader {
		t.Fatalf("a key that is not there: %+v", meta)
	}
}
