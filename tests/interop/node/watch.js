// The npm client against a registry at CONSUL_HTTP_ADDR: what each of its watches yields, until it is as expected.
"use strict";

const assert = require("node:assert");
const [host, port] = process.env.CONSUL_HTTP_ADDR.split(":");
// Where tests/npm_consul.rs installed it.
const Consul = require(require.resolve("consul", { paths: [process.env.INTEROP_MODULES] }));
const consul = new Consul({ host, port });

const PATIENCE = 30_000;

/** A watch whose changes are taken one by one. */
function watch(method, options) {
  const changes = [];
  const takers = [];
  const watcher = consul.watch({ method, options, backoffMax: 1000 });
  watcher.on("change", (data) => (takers.length ? takers.shift()(data) : changes.push(data)));
  watcher.on("error", (error) => fail(error));
  return {
    end: () => watcher.end(),
    next: (what) =>
      new Promise((resolve, reject) => {
        if (changes.length) return resolve(changes.shift());
        const late = setTimeout(() => reject(new Error(`${what} did not come`)), PATIENCE);
        takers.push((data) => {
          clearTimeout(late);
          resolve(data);
        });
      }),
  };
}

function fail(error) {
  console.error(error);
  process.exit(1);
}

/** Takes changes until one shows what is expected: the index may also move for what the body does not show. */
async function shows(watcher, what, digest, expected) {
  for (;;) {
    const found = digest(await watcher.next(what));
    try {
      return assert.deepStrictEqual(found, expected);
    } catch {
      console.log(`not yet ${what}: ${JSON.stringify(found)}`);
    }
  }
}

async function services() {
  const watcher = watch(consul.health.service, { service: "web", passing: true, wait: "10s" });
  const instances = (list) => list.map(({ Service }) => [Service.ID, Service.Port]);
  await shows(watcher, "the empty list", instances, []);
  await consul.agent.service.register({ name: "web", id: "web-1", address: "10.0.0.1", port: 8001, check: { ttl: "60s" } });
  await consul.agent.check.pass("service:web-1");
  await shows(watcher, "the instance that passes", instances, [["web-1", 8001]]);
  await consul.agent.check.fail("service:web-1");
  await shows(watcher, "the end of the instance that fails", instances, []);
  watcher.end();
}

async function keys() {
  await consul.kv.set("app/one", "a");
  const watcher = watch(consul.kv.get, { key: "app/one", wait: "10s" });
  const value = (entry) => entry?.Value;
  await shows(watcher, "the value", value, "a");
  await consul.kv.set("app/one", "b");
  await shows(watcher, "the new value", value, "b");
  await consul.kv.del("app/one");
  await shows(watcher, "the end of the key", value, undefined);
  watcher.end();
}

const session = async () => {
  const { ID } = await consul.session.create({ name: "leader", ttl: "10s" });
  assert.strictEqual(await consul.kv.set({ key: "leader", value: "x", acquire: ID }), true);
  assert.strictEqual((await consul.kv.get("leader")).Session, ID);
  await consul.session.renew(ID);
  await consul.session.destroy(ID);
  assert.strictEqual((await consul.kv.get("leader")).Session, undefined);
};

(async () => {
  for (const question of [services, keys, session]) {
    await question();
    console.log(`passed: ${question.name}`);
  }
  console.log("all passed");
  process.exit(0);
})().catch(fail);
