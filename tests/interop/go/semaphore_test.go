package interop

import (
	"testing"
	"time"

	"github.com/hashicorp/consul/api"
)

func newSemaphore(t *testing.T) *api.Semaphore {
	t.Helper()
	semaphore, err := client(t).SemaphoreOpts(&api.SemaphoreOptions{Prefix: "service/slots", Limit: 2, SessionTTL: "10s"})
	must(t, err)
	return semaphore
}

func acquire(t *testing.T, semaphore *api.Semaphore) <-chan struct{} {
	t.Helper()
	lost, err := semaphore.Acquire(nil)
	must(t, err)
	return lost
}

func TestASemaphoreLetsInAsManyAsItsLimit(t *testing.T) {
	first, second, third := newSemaphore(t), newSemaphore(t), newSemaphore(t)
	acquire(t, first)
	lost := acquire(t, second)
	taken := make(chan error, 1)
	go func() {
		_, err := third.Acquire(nil)
		taken <- err
	}()
	select {
	case <-taken:
		t.Fatal("three hold it, of two")
	case <-time.After(500 * time.Millisecond):
	}
	must(t, first.Release())
	must(t, receive(t, "the slot that was given back", taken))

	// The slot of one whose session ends is free too, and it is told.
	holders, _, err := client(t).KV().List("service/slots/", nil)
	must(t, err)
	fourth := make(chan error, 1)
	go func() {
		_, err := newSemaphore(t).Acquire(nil)
		fourth <- err
	}()
	for _, entry := range holders {
		if entry.Session != "" {
			_, err := client(t).Session().Destroy(entry.Session, nil)
			must(t, err)
		}
	}
	receive(t, "the word that the slot is lost", lost)
	must(t, receive(t, "the slot of a session that ended", fourth))
}
