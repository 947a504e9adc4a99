package interop

import (
	"testing"

	"github.com/hashicorp/consul/api"
	"github.com/hashicorp/consul/sdk/testutil"
)

// Programs of the Go ecosystem test against a `consul` on PATH through this harness. The one on PATH is ours.
func TestTheHarnessStartsProbesAndStopsUs(t *testing.T) {
	server, err := testutil.NewTestServerConfigT(t, func(c *testutil.TestServerConfig) {
		c.NodeName = "harness"
		c.NodeMeta = map[string]string{"rack": "a"}
	})
	must(t, err)
	server.WaitForSerfCheck(t)
	server.WaitForVoting(t)
	server.WaitForActiveCARoot(t)

	consul, err := api.NewClient(&api.Config{Address: server.HTTPAddr})
	must(t, err)
	self, err := consul.Agent().Self()
	must(t, err)
	equal(t, "node", self["Config"]["NodeName"].(string), "harness")
	equal(t, "SerfAdvertiseAddrLAN", self["DebugConfig"]["SerfAdvertiseAddrLAN"].(string), "tcp://"+server.LANAddr)
	members, err := consul.Agent().Members(false)
	must(t, err)
	equal(t, "members", len(members), 1)
	equal(t, "role", members[0].Tags["role"], "consul")

	server.SetKVString(t, "a/key", "value")
	equal(t, "value", server.GetKVString(t, "a/key"), "value")
	server.AddAddressableService(t, "web", testutil.HealthPassing, "10.0.0.1", 80, []string{"v1"})
	entries, _, err := consul.Health().Service("web", "v1", true, nil)
	must(t, err)
	equal(t, "instances", len(entries), 1)

	// SIGINT, and an exit code of 0 within ten seconds.
	must(t, server.Stop())
}
