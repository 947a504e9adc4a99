package interop

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"
)

const lockKey = "service/leader"

func newLock(t *testing.T, value string) *api.Lock {
	t.Helper()
	lock, err := client(t).LockOpts(&api.LockOptions{
		Key: lockKey, Value: []byte(value), SessionTTL: "10s", LockDelay: 100 * time.Millisecond,
	})
	must(t, err)
	return lock
}

// TestHolder is the process that dies: it takes the lock, says so and holds it until it is killed.
func TestHolder(t *testing.T) {
	if os.Getenv("INTEROP_HOLDER") == "" {
		t.Log("only as the child of the test below")
		return
	}
	_, err := newLock(t, "holder").Lock(nil)
	must(t, err)
	fmt.Println("held")
	select {}
}

func TestALockPassesFromADyingHolderToTheNext(t *testing.T) {
	self, err := os.Executable()
	must(t, err)
	holder := exec.Command(self, "-test.run", "^TestHolder$")
	holder.Env = append(os.Environ(), "INTEROP_HOLDER=1")
	output, err := holder.StdoutPipe()
	must(t, err)
	must(t, holder.Start())
	t.Cleanup(func() {
		holder.Process.Kill()
		holder.Wait()
	})
	line, err := bufio.NewReader(output).ReadString('\n')
	must(t, err)
	equal(t, "what the holder says", line, "held\n")
	kv := client(t).KV()
	before, _, err := kv.Get(lockKey, nil)
	must(t, err)
	equal(t, "the key's value", string(before.Value), "holder")

	next := newLock(t, "next")
	taken := make(chan error, 1)
	lost := make(chan (<-chan struct{}), 1)
	go func() {
		held, err := next.Lock(nil)
		lost <- held
		taken <- err
	}()
	select {
	case <-taken:
		t.Fatal("the lock was given away while it was held")
	case <-time.After(500 * time.Millisecond):
	}
	// Killed, so that it releases nothing: only its session's end does.
	must(t, holder.Process.Kill())
	must(t, receive(t, "the lock", taken))
	after, _, err := kv.Get(lockKey, nil)
	must(t, err)
	equal(t, "the key's value", string(after.Value), "next")
	if after.Session == "" || after.Session == before.Session || after.LockIndex != before.LockIndex+1 {
		t.Fatalf("before %#v, after %#v", before, after)
	}
	_, _, err = client(t).Session().Info(before.Session, nil)
	must(t, err)

	// Whoever holds it is told when it is taken away.
	_, err = client(t).Session().Destroy(after.Session, nil)
	must(t, err)
	receive(t, "the word that the lock is lost", receive(t, "the lock's channel", lost))
}
