package order

import "math/rand/v2"

const (
	coarsest     = 100  // vertices of the mesh that is separated directly
	seeds        = 8    // initial separators tried there
	fewFrom      = 1000 // vertices of a whole mesh below which fewer are tried
	fewSeeds     = 2
	severalFrom  = 5000 // vertices from which several separators are made of a coarser image
	severalLevel = 4    // levels down to that image
	several      = 5    // how many
	passes       = 8    // of refinement per level, at most
	patience     = 300  // moves of a pass without improvement, at most
)

// The parts of a separated mesh.
const (
	left  uint8 = 0
	right uint8 = 1
	cut   uint8 = 2
)

// separator finds vertex separators by multilevel bisection with
// Fiduccia-Mattheyses refinement of the separator itself (Hendrickson and
// Rothberg 1998; Ashcraft and Liu, SIAM J. Matrix Anal. Appl. 19, 1998).
type separator struct {
	rng    *rand.Rand
	store  *coarsener
	seeds  int
	m      *mesh // being refined
	where  []uint8
	weight [3]int32
	limit  int32 // largest admissible weight of a side

	toward  [2]heap    // separator vertices by the gain of moving to a side
	degree  [2][]int32 // of separator vertices: weight of the neighbours in a side
	locked  []bool
	members []int32 // separator vertices, and others that were
	log     []step
}

// newSeparator prepares for m and its subgraphs.
func newSeparator(m *mesh) *separator {
	n := m.size()
	s := &separator{store: newCoarsener(m), locked: make([]bool, n)}
	for p := range s.toward {
		s.toward[p], s.degree[p] = newHeap(n), make([]int32, n)
	}
	return s
}

// separate returns the part of every vertex; seed determines the random choices.
func (s *separator) separate(m *mesh, seed uint64) []uint8 {
	s.rng = rand.New(rand.NewPCG(seed, 0x6e65737465646469))
	s.seeds = seeds
	if m.size() < fewFrom {
		s.seeds = fewSeeds
	}
	runsAt := -1
	if m.size() >= severalFrom {
		runsAt = severalLevel
	}
	return s.multilevel(m, runsAt)
}

// multilevel separates m through its coarser images; runsAt levels below m the
// best of several separators is taken.
func (s *separator) multilevel(m *mesh, runsAt int) []uint8 {
	if runsAt == 0 {
		best := s.multilevel(m, -1)
		grade := s.grade()
		for range several - 1 {
			where := s.multilevel(m, -1)
			if g := s.grade(); g.better(grade) {
				best, grade = where, g
			}
		}
		return best
	}
	if m.size() <= coarsest {
		return s.initial(m)
	}
	free := s.store.free
	defer func() { s.store.free = free }()
	c, image := s.store.coarsen(m, s.rng, max(1, int32(3*int64(m.total)/(2*coarsest))))
	if c.size() > m.size()*19/20 {
		return s.initial(m)
	}
	coarse := s.multilevel(c, runsAt-1)
	where := make([]uint8, m.size())
	for v, c := range image {
		where[v] = coarse[c]
	}
	s.refine(m, where)
	return where
}

// grade rates a separation: overweight of the larger side, weight of the
// separator, difference of the sides.
type grade struct{ over, cut, difference int32 }

func (g grade) better(h grade) bool {
	if g.over != h.over {
		return g.over < h.over
	}
	if g.cut != h.cut {
		return g.cut < h.cut
	}
	return g.difference < h.difference
}

func (s *separator) grade() grade {
	a, b := s.weight[left], s.weight[right]
	return grade{max(0, max(a, b)-s.limit), s.weight[cut], max(a-b, b-a)}
}

// begin makes m, separated by where, the mesh being refined.
func (s *separator) begin(m *mesh, where []uint8) {
	s.m, s.where, s.weight = m, where, [3]int32{}
	s.limit = int32(3 * int64(m.total) / 5)
	s.members = s.members[:0]
	for v, p := range where {
		s.weight[p] += m.weight[v]
		if p == cut {
			s.members = append(s.members, int32(v))
		}
	}
}

// initial returns the best of the separators grown from several seeds.
func (s *separator) initial(m *mesh) []uint8 {
	var best []uint8
	var bestGrade grade
	var bestWeight [3]int32
	for range s.seeds {
		where := make([]uint8, m.size())
		s.grow(m, where)
		s.refine(m, where)
		if g := s.grade(); best == nil || g.better(bestGrade) {
			best, bestGrade, bestWeight = where, g, s.weight
		}
	}
	s.weight = bestWeight
	return best
}

// grow makes the left side half of m, starting at a random vertex and always
// taking the separator vertex of largest gain.
func (s *separator) grow(m *mesh, where []uint8) {
	for v := range where {
		where[v] = right
	}
	s.begin(m, where)
	next := s.rng.IntN(m.size())
	for s.weight[left] < s.weight[right] {
		if len(s.toward[left].items) == 0 {
			for where[next] != right {
				next = (next + 1) % m.size()
			}
			s.pull(int32(next), left)
		}
		v := s.toward[left].items[0]
		s.toward[left].remove(v)
		s.move(v, left)
	}
	s.toward[left].clear()
	s.log = s.log[:0]
}
