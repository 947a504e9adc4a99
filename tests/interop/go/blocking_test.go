package interop

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"
)

// answer is what a query saw, as text, at an index.
type answer struct {
	seen  string
	index uint64
	err   error
}

// follower asks again and again, each time from the last index on, as every program that follows Consul does.
type follower struct {
	// It asks once for each of these.
	turns   chan<- struct{}
	answers <-chan answer
}

func loop(t *testing.T, ask func(*api.QueryOptions) (string, *api.QueryMeta, error)) follower {
	turns, answers := make(chan struct{}, 1), make(chan answer, 1)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	go func() {
		var index uint64
		for {
			select {
			case <-turns:
			case <-ctx.Done():
				return
			}
			query := (&api.QueryOptions{WaitIndex: index, WaitTime: 5 * time.Minute}).WithContext(ctx)
			seen, meta, err := ask(query)
			if err != nil {
				answers <- answer{err: err}
				return
			}
			index = meta.LastIndex
			answers <- answer{seen: seen, index: index}
		}
	}()
	return follower{turns, answers}
}

// follow makes changes, each after unrelated ones, and expects exactly one answer for each.
func follow(t *testing.T, asker follower, first string, unrelated func(), changes []func(), want []string) {
	t.Helper()
	asker.turns <- struct{}{}
	got := receive(t, "the first answer", asker.answers)
	must(t, got.err)
	equal(t, "the first answer", got.seen, first)
	for number, change := range changes {
		// Once before the question is asked and once while it is open.
		unrelated()
		asker.turns <- struct{}{}
		unrelated()
		change()
		next := receive(t, "the answer to a change", asker.answers)
		must(t, next.err)
		// An answer to the unrelated change would still hold what was seen before.
		equal(t, "the answer to change "+string(rune('1'+number)), next.seen, want[number])
		if next.index <= got.index {
			t.Fatalf("index %d after %d", next.index, got.index)
		}
		got = next
	}
}

// noise is a write to everything that a test does not watch.
func noise(t *testing.T, consul *api.Client) func() {
	count := 0
	return func() {
		t.Helper()
		count++
		_, err := consul.KV().Put(&api.KVPair{Key: "noise", Value: []byte(time.Now().String())}, nil)
		must(t, err)
		// A new service, and a change of one with more than one instance.
		must(t, consul.Agent().ServiceRegister(&api.AgentServiceRegistration{Name: "noise-" + strconv.Itoa(count)}))
		for _, id := range []string{"noise-a", "noise-b"} {
			must(t, consul.Agent().ServiceRegister(&api.AgentServiceRegistration{ID: id, Name: "noise", Port: count}))
		}
		// The change of a service's only instance is not that service's end.
		must(t, consul.Agent().ServiceRegister(&api.AgentServiceRegistration{Name: "noise-single", Port: count}))
	}
}

func TestALoopSeesEachChangeOfAService(t *testing.T) {
	consul := client(t)
	agent := consul.Agent()
	// A service that never was has no index of its own, in Consul neither: there has to be one.
	add := func(id string, tags ...string) func() {
		return func() {
			must(t, agent.ServiceRegister(&api.AgentServiceRegistration{ID: id, Name: "web", Tags: tags,
				Check: &api.AgentServiceCheck{CheckID: id, TTL: "10m", Status: api.HealthPassing}}))
		}
	}
	add("w0")()
	asker := loop(t, func(query *api.QueryOptions) (string, *api.QueryMeta, error) {
		entries, meta, err := consul.Health().Service("web", "", true, query)
		ids := []string{}
		for _, entry := range entries {
			ids = append(ids, entry.Service.ID+strings.Join(entry.Service.Tags, ","))
		}
		return strings.Join(sorted(ids), " "), meta, err
	})
	follow(t, asker, "w0", noise(t, consul), []func(){
		func() { must(t, agent.ServiceDeregister("w0")) },
		add("w1"),
		add("w2"),
		add("w2", "v2"),
		func() { must(t, agent.UpdateTTL("w1", "", "fail")) },
		func() { must(t, agent.UpdateTTL("w1", "", "pass")) },
		func() { must(t, agent.ServiceDeregister("w1")) },
		func() { must(t, agent.ServiceDeregister("w2")) },
		add("w3"),
	}, []string{"", "w1", "w1 w2", "w1 w2v2", "w2v2", "w1 w2v2", "w2v2", "", "w3"})
}

func TestALoopSeesEachChangeOfAKey(t *testing.T) {
	consul := client(t)
	kv, makeNoise := consul.KV(), noise(t, consul)
	asker := loop(t, func(query *api.QueryOptions) (string, *api.QueryMeta, error) {
		pair, meta, err := kv.Get("app/one", query)
		if pair == nil {
			return "none", meta, err
		}
		return string(pair.Value), meta, err
	})
	put := func(key, value string) func() {
		return func() {
			_, err := kv.Put(&api.KVPair{Key: key, Value: []byte(value)}, nil)
			must(t, err)
		}
	}
	other := func() {
		// What is not there has no index of its own, in Consul neither.
		if pair, _, err := kv.Get("app/one", nil); err != nil || pair == nil {
			must(t, err)
			return
		}
		makeNoise()
		put("app/one/more", time.Now().String())()
		put("app/on", time.Now().String())()
	}
	follow(t, asker, "none", other, []func(){
		put("app/one", "a"),
		put("app/one", "b"),
		func() { _, err := kv.Delete("app/one", nil); must(t, err) },
		put("app/one", "c"),
		func() { _, err := kv.DeleteTree("app", nil); must(t, err) },
	}, []string{"a", "b", "none", "c", "none"})
}

func TestALoopSeesEachChangeUnderAPrefix(t *testing.T) {
	consul := client(t)
	kv, makeNoise := consul.KV(), noise(t, consul)
	asker := loop(t, func(query *api.QueryOptions) (string, *api.QueryMeta, error) {
		pairs, meta, err := kv.List("app/", query)
		seen := []string{}
		for _, pair := range pairs {
			seen = append(seen, pair.Key+"="+string(pair.Value))
		}
		return strings.Join(seen, " "), meta, err
	})
	put := func(key, value string) func() {
		return func() {
			_, err := kv.Put(&api.KVPair{Key: key, Value: []byte(value)}, nil)
			must(t, err)
		}
	}
	other := func() {
		if keys, _, err := kv.Keys("app/", "", nil); err != nil || keys == nil {
			must(t, err)
			return
		}
		makeNoise()
		put("apple", time.Now().String())()
	}
	follow(t, asker, "", other, []func(){
		put("app/a", "1"),
		put("app/b/c", "2"),
		put("app/a", "3"),
		func() { _, err := kv.Delete("app/a", nil); must(t, err) },
		func() { _, err := kv.DeleteTree("app/b", nil); must(t, err) },
	}, []string{"app/a=1", "app/a=1 app/b/c=2", "app/a=3 app/b/c=2", "app/b/c=2", ""})
}

func TestAQueryEndsWithItsWait(t *testing.T) {
	consul := client(t)
	_, err := consul.KV().Put(&api.KVPair{Key: "still"}, nil)
	must(t, err)
	_, meta, err := consul.KV().Get("still", nil)
	must(t, err)
	pair, after, err := consul.KV().Get("still", &api.QueryOptions{WaitIndex: meta.LastIndex, WaitTime: 50 * time.Millisecond})
	must(t, err)
	equal(t, "the answer", []any{pair.Key, after.LastIndex}, []any{"still", meta.LastIndex})
	if after.RequestTime < 50*time.Millisecond {
		t.Fatalf("it came after %v already", after.RequestTime)
	}
}

// Spring Cloud's configuration watches its prefixes so: in turn, most of them empty. It sees a change in time only
// because an empty one returns when something beside it changes.
func TestOneThatAsksForSeveralPrefixesInTurnSeesAChange(t *testing.T) {
	kv := client(t).KV()
	put := func(value string) {
		_, err := kv.Put(&api.KVPair{Key: "config/web/data", Value: []byte(value)}, nil)
		must(t, err)
	}
	put("1")
	indexes := map[string]uint64{}
	contexts := []string{"config/web,dev/", "config/web/", "config/application,dev/", "config/application/"}
	turn := func(visit func(entries api.KVPairs)) {
		for _, prefix := range contexts {
			query := &api.QueryOptions{WaitIndex: indexes[prefix], WaitTime: 5 * time.Minute}
			entries, meta, err := kv.List(prefix, query)
			if err != nil {
				return
			}
			indexes[prefix] = meta.LastIndex
			visit(entries)
		}
	}
	turn(func(api.KVPairs) {})
	seen := make(chan string, 1)
	go turn(func(entries api.KVPairs) {
		for _, entry := range entries {
			seen <- string(entry.Value)
		}
	})
	select {
	case <-seen:
		t.Fatal("it returned before anything changed")
	case <-time.After(500 * time.Millisecond):
	}
	put("2")
	equal(t, "what was seen", receive(t, "the change", seen), "2")
}
