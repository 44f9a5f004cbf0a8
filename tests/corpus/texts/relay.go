// Package relay passes messages on, at most so many at a time.
package relay

import (
	"errors"
	"fmt"
	"sync"
)

// ErrFull says that nothing more fits.
var ErrFull = errors.New("relay: full")

// Message is what is passed on.
type Message struct {
	From string
	Body []byte
	Hops int
}

// Relay keeps messages until somebody takes them.
type Relay struct {
	lock  sync.Mutex
	size  int
	queue []Message
	seen  map[string]int
}

// New makes a relay for size messages.
func New(size int) *Relay {
	return &Relay{
		size: size,
		seen: make(map[string]int),
	}
}

// Put adds a message, or says why not.
func (r *Relay) Put(m Message) error {
	r.lock.Lock()
	defer r.lock.Unlock()

	if len(r.queue) >= r.size {
		return ErrFull
	}
	if m.Hops > 8 {
		return fmt.Errorf("relay: message of %q went round %d times", m.From, m.Hops)
	}
	m.Hops++
	r.queue = append(r.queue, m)
	r.seen[m.From]++
	return nil
}

// Take gives the oldest message.
func (r *Relay) Take() (Message, bool) {
	r.lock.Lock()
	defer r.lock.Unlock()

	if len(r.queue) == 0 {
		return Message{}, false
	}
	m := r.queue[0]
	r.queue = r.queue[1:]
	return m, true
}

// Drain calls use for all that is there.
func (r *Relay) Drain(use func(Message) bool) int {
	n := 0
	for {
		m, ok := r.Take()
		if !ok {
			break
		}
		if use(m) {
			for i := 0; i < m.Hops; i++ {
				if i%2 == 0 {
					n++
				}
			}
		}
	}
	return n
}
