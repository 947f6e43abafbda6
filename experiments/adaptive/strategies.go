package main

import (
	"context"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"

	"eimtool/internal/suggest"
	"eimtool/internal/surrogate"
)

// strategy returns the next n candidates for a run that has chosen some and made
// model of them.
type strategy interface {
	next(ctx context.Context, model *surrogate.Model, chosen []int, n int) ([]int, error)
}

// shuffled takes candidates in random order.
type shuffled struct{ order []int }

func newShuffled(p *pool, run uint64) *shuffled {
	return &shuffled{rand.New(rand.NewPCG(run, 1)).Perm(p.count)}
}

func (s *shuffled) next(_ context.Context, _ *surrogate.Model, chosen []int, n int) ([]int, error) {
	return s.order[len(chosen) : len(chosen)+n], nil
}

// filling takes the candidates nearest to the points of the Sobol sequence in
// two dimensions with a random digital shift.
type filling struct {
	p      *pool
	shift  [2]uint32
	points uint32
}

func newFilling(p *pool, run uint64) *filling {
	r := rand.New(rand.NewPCG(run, 2))
	return &filling{p: p, shift: [2]uint32{r.Uint32(), r.Uint32()}}
}

func (s *filling) next(_ context.Context, _ *surrogate.Model, chosen []int, n int) ([]int, error) {
	taken := slices.Clone(chosen)
	for range n {
		u := s.point(s.points)
		s.points++
		best, least := -1, math.Inf(1)
		for i, v := range s.p.spread {
			if d := math.Hypot(v[0]-u[0], v[1]-u[1]); d < least && !slices.Contains(taken, i) {
				best, least = i, d
			}
		}
		taken = append(taken, best)
	}
	return taken[len(chosen):], nil
}

// point returns point i of the shifted sequence. Its first coordinate mirrors
// the bits of i; the second is made of the direction numbers of the primitive
// polynomial x+1.
func (s *filling) point(i uint32) [2]float64 {
	x, y := bits.Reverse32(i), uint32(0)
	for direction := uint32(1) << 31; i > 0; i >>= 1 {
		if i&1 == 1 {
			y ^= direction
		}
		direction ^= direction >> 1
	}
	return [2]float64{float64(x^s.shift[0]) / (1 << 32), float64(y^s.shift[1]) / (1 << 32)}
}

// suggested follows package suggest, from a random start.
type suggested struct {
	p     *pool
	start *shuffled
}

func newSuggested(p *pool, run uint64) *suggested { return &suggested{p, newShuffled(p, run)} }

func (s *suggested) next(ctx context.Context, model *surrogate.Model, chosen []int, n int) ([]int, error) {
	if model == nil {
		return s.start.next(ctx, model, chosen, n)
	}
	rest, candidates := s.p.rest(chosen)
	points, _, err := suggest.Next(ctx, model, candidates, n)
	if err != nil {
		return nil, err
	}
	var out []int
	for _, point := range points {
		k := slices.IndexFunc(candidates, func(mu []float64) bool { return slices.Equal(mu, point.Mu) })
		out = append(out, rest[k])
	}
	return out, nil
}

// rest returns the candidates that are not chosen, and their parameters.
func (p *pool) rest(chosen []int) (idx []int, mu [][]float64) {
	for i := range p.count {
		if !slices.Contains(chosen, i) {
			idx, mu = append(idx, i), append(mu, p.mu[i])
		}
	}
	return idx, mu
}
