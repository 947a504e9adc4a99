package interop

import (
	"testing"

	"github.com/hashicorp/consul/api"
)

func TestKeysArePutAndGot(t *testing.T) {
	kv := client(t).KV()
	value := []byte{0, 1, 255, '\n', 'x'}
	for _, key := range []string{"plain", "with space/ünd %25 + ?&=#", "deep/a/b/c"} {
		_, err := kv.Put(&api.KVPair{Key: key, Value: value, Flags: 1<<64 - 1}, nil)
		must(t, err)
		pair, meta, err := kv.Get(key, nil)
		must(t, err)
		equal(t, key, *pair, api.KVPair{Key: key, Value: value, Flags: 1<<64 - 1,
			CreateIndex: meta.LastIndex, ModifyIndex: meta.LastIndex})
	}

	first, _, err := kv.Get("plain", nil)
	must(t, err)
	_, err = kv.Put(&api.KVPair{Key: "plain", Value: []byte("other")}, nil)
	must(t, err)
	second, _, err := kv.Get("plain", nil)
	must(t, err)
	if second.CreateIndex != first.CreateIndex || second.ModifyIndex <= first.ModifyIndex || second.Flags != 0 {
		t.Fatalf("%+v after %+v", second, first)
	}
	_, err = kv.Put(&api.KVPair{Key: "plain", Value: []byte("other")}, nil)
	must(t, err)
	third, _, err := kv.Get("plain", nil)
	must(t, err)
	equal(t, "the same again changes nothing", *third, *second)

	_, err = kv.Put(&api.KVPair{Key: "empty"}, nil)
	must(t, err)
	pair, _, err := kv.Get("empty", nil)
	must(t, err)
	equal(t, "an empty value", len(pair.Value), 0)

	_, err = kv.Delete("plain", nil)
	must(t, err)
	pair, _, err = kv.Get("plain", nil)
	must(t, err)
	equal(t, "a deleted key", pair, nil)
}

func TestKeysAreListedByPrefix(t *testing.T) {
	kv := client(t).KV()
	for _, key := range []string{"app/b", "app/a", "app/c/1", "app/c/2", "apple", "zoo"} {
		_, err := kv.Put(&api.KVPair{Key: key, Value: []byte(key)}, nil)
		must(t, err)
	}
	list := func(prefix string) []string {
		pairs, _, err := kv.List(prefix, nil)
		must(t, err)
		keys := []string{}
		for _, pair := range pairs {
			equal(t, "value of "+pair.Key, string(pair.Value), pair.Key)
			keys = append(keys, pair.Key)
		}
		return keys
	}
	keys := func(prefix, separator string) []string {
		keys, _, err := kv.Keys(prefix, separator, nil)
		must(t, err)
		return keys
	}
	equal(t, "list", list("app/"), []string{"app/a", "app/b", "app/c/1", "app/c/2"})
	equal(t, "list without slash", list("app"), []string{"app/a", "app/b", "app/c/1", "app/c/2", "apple"})
	equal(t, "list of nothing", list("none"), []string{})
	equal(t, "keys", keys("app/", ""), []string{"app/a", "app/b", "app/c/1", "app/c/2"})
	equal(t, "keys by folder", keys("app/", "/"), []string{"app/a", "app/b", "app/c/"})
	equal(t, "all by folder", keys("", "/"), []string{"app/", "apple", "zoo"})
	equal(t, "keys of nothing", keys("none", ""), nil)

	_, err := kv.DeleteTree("app/", nil)
	must(t, err)
	equal(t, "what is left", keys("", ""), []string{"apple", "zoo"})
}

func TestAWriteCanDependOnTheIndex(t *testing.T) {
	kv := client(t).KV()
	cas := func(index uint64, value string) bool {
		done, _, err := kv.CAS(&api.KVPair{Key: "one", Value: []byte(value), ModifyIndex: index}, nil)
		must(t, err)
		return done
	}
	get := func() *api.KVPair {
		pair, _, err := kv.Get("one", nil)
		must(t, err)
		return pair
	}
	equal(t, "creating", cas(0, "a"), true)
	equal(t, "creating again", cas(0, "b"), false)
	seen := get().ModifyIndex
	equal(t, "an old index", cas(seen+1, "b"), false)
	equal(t, "nothing was written", string(get().Value), "a")
	equal(t, "the index", cas(seen, "c"), true)
	equal(t, "the same index again", cas(seen, "d"), false)
	equal(t, "written once", string(get().Value), "c")

	done, _, err := kv.DeleteCAS(&api.KVPair{Key: "one", ModifyIndex: seen}, nil)
	must(t, err)
	equal(t, "deleting at an old index", done, false)
	done, _, err = kv.DeleteCAS(&api.KVPair{Key: "one", ModifyIndex: get().ModifyIndex}, nil)
	must(t, err)
	equal(t, "deleting at the index", done, true)
	equal(t, "what is left", get(), nil)
}
