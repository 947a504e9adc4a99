"""py-consul 1.8 against muster. Each test gets a registry of its own, at CONSUL_HTTP_ADDR."""

import threading
import unittest

import consul
from consul import exceptions

# How long anything may take before it counts as not happening.
PATIENCE = 30


class PyConsul(unittest.TestCase):
    def setUp(self):
        self.consul = consul.Consul()

    def register(self, service_id="web-1", port=8001):
        return self.consul.agent.service.register(
            "web",
            service_id=service_id,
            address="10.0.0.1",
            port=port,
            tags=["v1", "green"],
            meta={"team": "shop"},
            check=consul.Check.ttl("10m"),
        )

    def states(self, **how):
        _, entries = self.consul.health.service("web", **how)
        return {entry["Service"]["ID"]: entry["Checks"][-1]["Status"] for entry in entries}

    def test_a_ttl_check_steers_health(self):
        self.assertIs(self.register(), True)
        self.assertEqual(self.states(passing=True), {})
        self.assertEqual(self.states(), {"web-1": "critical"})
        self.assertIs(self.consul.agent.check.ttl_pass("service:web-1", notes="all is well"), True)
        self.assertEqual(self.states(passing=True), {"web-1": "passing"})
        self.assertIs(self.consul.agent.check.ttl_warn("service:web-1"), True)
        self.assertEqual(self.states(), {"web-1": "warning"})
        self.assertEqual(self.states(passing=True), {})
        self.assertIs(self.consul.agent.check.ttl_fail("service:web-1", notes="gone"), True)
        self.assertEqual(self.states(), {"web-1": "critical"})
        self.assertEqual(self.states(passing=True), {})
        _, checks = self.consul.health.checks("web")
        self.assertEqual([check["Output"] for check in checks], ["gone"])
        # The library reads 404 as no.
        self.assertIs(self.consul.agent.check.ttl_pass("nobody's"), False)

    def test_an_instance_reads_as_it_was_registered(self):
        self.register()
        self.consul.agent.check.ttl_pass("service:web-1")
        _, entries = self.consul.health.service("web", passing=True, tag="green")
        self.assertEqual(len(entries), 1)
        service = entries[0]["Service"]
        wanted = {
            "ID": "web-1",
            "Service": "web",
            "Address": "10.0.0.1",
            "Port": 8001,
            "Tags": ["v1", "green"],
            "Meta": {"team": "shop"},
            "Weights": {"Passing": 1, "Warning": 1},
        }
        self.assertEqual({key: service[key] for key in wanted}, wanted)
        self.assertEqual(entries[0]["Node"]["Node"], "interop")
        self.assertEqual([check["CheckID"] for check in entries[0]["Checks"]], ["serfHealth", "service:web-1"])
        services = self.consul.agent.services()
        self.assertEqual({key: services["web-1"][key] for key in ("Service", "Port", "Tags")},
                         {"Service": "web", "Port": 8001, "Tags": ["v1", "green"]})
        self.assertEqual(self.consul.agent.service_definition("web-1")["Address"], "10.0.0.1")
        self.assertEqual(set(self.consul.agent.checks()), {"service:web-1"})
        self.assertEqual(self.consul.health.service("web", tag="blue")[1], [])

        self.assertIs(self.consul.agent.service.deregister("web-1"), True)
        self.assertEqual(self.consul.agent.services(), {})
        self.assertEqual(self.consul.health.service("web")[1], [])

    def test_the_catalog_is_read_and_written(self):
        names = lambda: [node["Node"] for node in self.consul.catalog.nodes()[1]]
        self.assertEqual(names(), ["interop"])
        self.assertIs(
            self.consul.catalog.register(
                "legacy", "192.0.2.7",
                service={"Service": "db", "ID": "db-1", "Port": 5432, "Tags": ["primary"]},
                check={"Node": "legacy", "Name": "up", "ServiceID": "db-1", "Status": "passing"},
            ),
            True,
        )
        self.assertEqual(names(), ["interop", "legacy"])
        index, services = self.consul.catalog.services()
        self.assertEqual(services, {"consul": [], "db": ["primary"]})
        self.assertGreater(int(index), 0)
        _, found = self.consul.catalog.service("db", tag="primary")
        self.assertEqual([(one["Node"], one["Address"], one["ServiceID"], one["ServicePort"]) for one in found],
                         [("legacy", "192.0.2.7", "db-1", 5432)])
        _, node = self.consul.catalog.node("legacy")
        self.assertEqual((node["Node"]["Address"], list(node["Services"])), ("192.0.2.7", ["db-1"]))
        self.assertEqual(self.consul.catalog.datacenters(), ["dc1"])
        self.assertEqual([check["CheckID"] for check in self.consul.health.node("legacy")[1]], ["up"])
        states = self.consul.health.state("passing")[1]
        self.assertEqual({check["CheckID"] for check in states}, {"serfHealth", "up"})
        self.assertIs(self.consul.catalog.deregister("legacy"), True)
        self.assertEqual(names(), ["interop"])
        self.assertEqual(self.consul.catalog.node("legacy")[1], None)
        self.assertEqual(self.consul.status.leader(), "127.0.0.1:8300")
        self.assertEqual(self.consul.status.peers(), ["127.0.0.1:8300"])

    def test_keys(self):
        kv = self.consul.kv
        index, missing = kv.get("app/a")
        self.assertIsNone(missing)
        self.assertGreater(int(index), 0)
        self.assertIs(kv.put("app/a", "ünicode", flags=42), True)
        self.assertIs(kv.put("app/b/c", b"\x00\xff"), True)
        self.assertIs(kv.put("app/empty", None), True)
        index, entry = kv.get("app/a")
        self.assertEqual(entry, {
            "Key": "app/a", "Value": "ünicode".encode(), "Flags": 42, "LockIndex": 0,
            "CreateIndex": int(index), "ModifyIndex": int(index),
        })
        _, entries = kv.get("app/", recurse=True)
        self.assertEqual([(entry["Key"], entry["Value"]) for entry in entries],
                         [("app/a", "ünicode".encode()), ("app/b/c", b"\x00\xff"), ("app/empty", None)])
        self.assertEqual(kv.get("app/", keys=True)[1], ["app/a", "app/b/c", "app/empty"])
        self.assertEqual(kv.get("app/", keys=True, separator="/")[1], ["app/a", "app/b/", "app/empty"])
        self.assertIsNone(kv.get("none/", recurse=True)[1])
        self.assertIsNone(kv.get("none/", keys=True)[1])

        self.assertIs(kv.put("app/a", "new", cas=0), False)
        self.assertIs(kv.put("app/a", "new", cas=entry["ModifyIndex"] + 1), False)
        self.assertIs(kv.put("app/a", "new", cas=entry["ModifyIndex"]), True)
        self.assertEqual(kv.get("app/a")[1]["Value"], b"new")
        self.assertIs(kv.delete("app/a", cas=entry["ModifyIndex"]), False)
        self.assertIs(kv.delete("app/a"), True)
        self.assertIsNone(kv.get("app/a")[1])
        self.assertIs(kv.delete("app/", recurse=True), True)
        self.assertIsNone(kv.get("app/", recurse=True)[1])

    def test_a_blocking_query_ends_with_the_change(self):
        self.register()
        index, _ = self.consul.health.service("web", passing=True)
        answers = []
        # A client of its own: the library's session is not for two threads.
        waiting = threading.Thread(
            target=lambda: answers.append(consul.Consul().health.service("web", passing=True, index=index, wait="5m")),
            daemon=True,
        )
        waiting.start()
        self.consul.kv.put("noise", "1")
        self.consul.agent.check.ttl_pass("service:web-1")
        waiting.join(PATIENCE)
        self.assertEqual(len(answers), 1, "the query did not end")
        after, entries = answers[0]
        self.assertEqual([entry["Service"]["ID"] for entry in entries], ["web-1"])
        self.assertGreater(int(after), int(index))

    def test_a_missing_key_is_waited_for(self):
        index, _ = self.consul.kv.get("late")
        answers = []
        waiting = threading.Thread(
            target=lambda: answers.append(consul.Consul().kv.get("late", index=index, wait="5m")), daemon=True
        )
        waiting.start()
        self.consul.kv.put("late", "here")
        waiting.join(PATIENCE)
        self.assertEqual(len(answers), 1, "the query did not end")
        self.assertEqual(answers[0][1]["Value"], b"here")

    def test_refusals_are_the_library_s_exceptions(self):
        with self.assertRaisesRegex(exceptions.BadRequest, "^400 Missing service name$"):
            self.consul.agent.service.register("")
        with self.assertRaisesRegex(exceptions.ConsulException, "^500 No path to datacenter$"):
            self.consul.catalog.nodes(dc="elsewhere")
