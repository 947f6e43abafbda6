package coefficients

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"eimtool/internal/scalar"
)

// warpRatio is the ratio max/min from which a positive parameter is tried
// under other warps than the identity.
const warpRatio = 1.5

// periodicLines is the number of grid lines of a parameter from which on it may
// be found to be periodic: fewer are matched by harmonics whatever they are.
const periodicLines = 8

// warpCost bounds (number of alternative warps)·N³ for scoring warps by
// minimum-norm models as well.
const warpCost = 6e7

// warpAnalytic are the isotropic values of log a that score a choice of warps.
var warpAnalytic = []float64{-1.5, -0.5, 0, 0.7}

// warpChoice holds the warps worth trying per effective parameter.
type warpChoice struct {
	options [][]string
	periods []float64
}

// warpOptions lists the warps of every effective parameter.
func (p *problem) warpOptions(opt *Options) (*warpChoice, error) {
	periods, err := p.periods(opt.Periodic)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(opt.Warp)) {
		if !slices.Contains(p.names, name) {
			return nil, fmt.Errorf("warp of %q: the samples have no such parameter (they have %s)", name, strings.Join(p.names, ", "))
		}
	}
	c := &warpChoice{options: make([][]string, len(p.params)), periods: make([]float64, len(p.params))}
	for d, j := range p.params {
		name, lo, hi := p.names[j], p.lower[j], p.upper[j]
		forced, given := opt.Warp[name]
		switch {
		case periods[j] > 0:
			c.options[d], c.periods[d] = []string{WarpPeriodic}, periods[j]
		case given:
			if err := checkWarp(name, forced, lo, hi); err != nil {
				return nil, err
			}
			c.options[d] = []string{forced}
		default:
			c.options[d] = []string{WarpIdentity}
			if lo > 0 && hi >= warpRatio*lo {
				c.options[d] = append(c.options[d], WarpSqrt, WarpLog, WarpInverse)
			}
			if h := equidistantPeriod(p.mu[d]); h > 0 && p.grid[d] && len(distinct(p.mu[d])) >= periodicLines {
				c.options[d], c.periods[d] = append(c.options[d], WarpPeriodic), h
			}
		}
	}
	return c, nil
}

// checkWarp refuses unknown warps and those not defined on the samples.
func checkWarp(param, warp string, lo, hi float64) error {
	switch warp {
	case WarpIdentity:
		return nil
	case WarpSqrt:
		if lo >= 0 {
			return nil
		}
	case WarpLog:
		if lo > 0 {
			return nil
		}
	case WarpInverse:
		if lo > 0 || hi < 0 {
			return nil
		}
	default:
		return fmt.Errorf("unknown warp %q of parameter %s: use identity, sqrt, log or inverse", warp, param)
	}
	return fmt.Errorf("warp %s of parameter %s is not defined on its samples, %g to %g", warp, param, lo, hi)
}

// periods reads "name" or "name=period" into one period per parameter, 0 where
// the parameter is not periodic.
func (p *problem) periods(spec []string) ([]float64, error) {
	out := make([]float64, len(p.names))
	for _, s := range spec {
		name, value, given := strings.Cut(s, "=")
		j := slices.Index(p.names, name)
		if j < 0 {
			return nil, fmt.Errorf("periodic parameter %q: the samples have no such parameter (they have %s)", name, strings.Join(p.names, ", "))
		}
		d := slices.Index(p.params, j)
		if d < 0 {
			continue // it does not vary
		}
		if given {
			v, err := strconv.ParseFloat(value, 64)
			if err != nil || !(v > 0) || math.IsInf(v, 0) {
				return nil, fmt.Errorf("period %q of parameter %s: not a positive number", value, name)
			}
			out[j] = v
			continue
		}
		out[j] = equidistantPeriod(p.mu[d])
		if out[j] == 0 {
			return nil, fmt.Errorf("the samples of the periodic parameter %s are not equidistant: give its period as %s=PERIOD", name, name)
		}
	}
	return out, nil
}

// warpScore is the smallest score of the polynomial and minimum-norm models on
// a space.
func (p *problem) warpScore(s *space, thorough bool) float64 {
	best := s.adaptive(p.effort.warpTerms).score
	if !thorough {
		return max(best, exact)
	}
	for _, a := range isotropic(len(s.axes), warpAnalytic...) {
		for _, l := range p.effort.nuggets[:2] {
			if res := s.kernelScore(a, l); res != nil {
				best = min(best, rootMean(res, p.inner))
			}
		}
	}
	return max(best, exact)
}

// chooseSpaces runs a coordinate search over the warps and returns the two
// best choices and the unwarped one.
func (p *problem) chooseSpaces(ctx context.Context, c *warpChoice, threads int) ([]*space, error) {
	current := make([]string, len(c.options))
	total := 0
	for d := range current {
		current[d] = c.options[d][0]
		total += len(c.options[d]) - 1
	}
	identity := p.space(current, c.periods)
	if total == 0 {
		return []*space{identity}, nil
	}
	thorough := p.n <= mediumSamples && float64(total)*cube(p.n) < warpCost
	type scored struct {
		s *space
		v float64
	}
	known := []scored{{identity, p.warpScore(identity, thorough)}}
	best := 0
	for range 2 {
		for d, options := range c.options {
			var fresh []scored
			for _, w := range options {
				trial := slices.Clone(current)
				trial[d] = w
				s := p.space(trial, c.periods)
				if !slices.ContainsFunc(known, func(k scored) bool { return k.s == s }) {
					fresh = append(fresh, scored{s: s})
				}
			}
			if err := scalar.Each(ctx, len(fresh), threads, func(i int) {
				fresh[i].v = p.warpScore(fresh[i].s, thorough)
			}); err != nil {
				return nil, err
			}
			known = append(known, fresh...)
			for k := range known {
				if known[k].v < known[best].v {
					best = k
				}
			}
			for e := range current {
				current[e] = known[best].s.axes[e].Warp
			}
		}
	}
	slices.SortStableFunc(known, func(a, b scored) int { return cmp.Compare(a.v, b.v) })
	var spaces []*space
	for _, k := range known[:min(2, len(known))] {
		spaces = append(spaces, k.s)
	}
	if !slices.Contains(spaces, identity) {
		spaces = append(spaces, identity)
	}
	return spaces[:min(len(spaces), p.effort.spaces)], nil
}

// cube returns n³.
func cube(n int) float64 { f := float64(n); return f * f * f }
