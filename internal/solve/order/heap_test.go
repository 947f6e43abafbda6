package order

import (
	"testing"

	"pgregory.net/rapid"
)

// The heap agrees with a plain map of keys.
func TestHeap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const n = 12
		h := newHeap(n)
		model := map[int32]int32{}
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			v, key := rapid.Int32Range(0, n-1).Draw(t, "v"), rapid.Int32Range(-5, 5).Draw(t, "key")
			_, present := model[v]
			if h.has(v) != present {
				t.Fatalf("%d in the heap: %t", v, h.has(v))
			}
			switch {
			case !present:
				h.push(v, key)
				model[v] = key
			case rapid.Bool().Draw(t, "remove"):
				h.remove(v)
				delete(model, v)
			default:
				h.change(v, key)
				model[v] = key
			}
			if len(h.items) != len(model) {
				t.Fatalf("%d items, want %d", len(h.items), len(model))
			}
			for u, k := range model {
				if h.key[u] != k || h.items[h.place[u]] != u || k > h.key[h.items[0]] {
					t.Fatalf("heap %v, keys %v, want %v", h.items, h.key, model)
				}
			}
		}
	})
}
