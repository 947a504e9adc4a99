"""python-consul 1.1.0 against muster: the library that stopped in 2018 and is still in use."""

import threading
import unittest

import consul

PATIENCE = 30


class PythonConsul(unittest.TestCase):
    def setUp(self):
        self.consul = consul.Consul()

    def passing(self):
        return [entry["Service"]["ID"] for entry in self.consul.health.service("web", passing=True)[1]]

    def test_a_ttl_check_steers_health(self):
        check = consul.Check.ttl("10m")
        self.assertIs(self.consul.agent.service.register("web", "web-1", "10.0.0.1", 8001, ["v1"], check), True)
        self.assertEqual(self.passing(), [])
        self.assertIs(self.consul.agent.check.ttl_pass("service:web-1", "all is well"), True)
        self.assertEqual(self.passing(), ["web-1"])
        self.assertIs(self.consul.agent.check.ttl_fail("service:web-1"), True)
        self.assertEqual(self.passing(), [])
        self.assertEqual([node["Node"] for node in self.consul.catalog.nodes()[1]], ["interop"])
        self.assertEqual(self.consul.catalog.services()[1], {"consul": [], "web": ["v1"]})
        self.assertIs(self.consul.agent.service.deregister("web-1"), True)
        self.assertEqual(self.consul.agent.services(), {})

    def test_keys(self):
        kv = self.consul.kv
        self.assertIsNone(kv.get("app/a")[1])
        self.assertIs(kv.put("app/a", "1"), True)
        self.assertIs(kv.put("app/b/c", "2"), True)
        _, entry = kv.get("app/a")
        self.assertEqual(entry["Value"], b"1")
        self.assertEqual([entry["Value"] for entry in kv.get("app/", recurse=True)[1]], [b"1", b"2"])
        self.assertEqual(kv.get("app/", keys=True, separator="/")[1], ["app/a", "app/b/"])
        self.assertIs(kv.put("app/a", "3", cas=0), False)
        self.assertIs(kv.put("app/a", "3", cas=entry["ModifyIndex"]), True)
        self.assertIs(kv.delete("app/", recurse=True), True)
        self.assertIsNone(kv.get("app/", keys=True)[1])

    def test_a_blocking_query_ends_with_the_change(self):
        self.consul.kv.put("app/a", "1")
        index, _ = self.consul.kv.get("app/a")
        answers = []
        waiting = threading.Thread(
            target=lambda: answers.append(consul.Consul().kv.get("app/a", index=index, wait="5m")), daemon=True
        )
        waiting.start()
        self.consul.kv.put("noise", "1")
        self.consul.kv.put("app/a", "2")
        waiting.join(PATIENCE)
        self.assertEqual([answer[1]["Value"] for answer in answers], [b"2"])
