package answer_test

import (
	"math"
	"slices"
	"testing"

	"eimtool/internal/answer"
	"eimtool/internal/surrogate"
)

// With far too few terms the model of all samples, where it is kept, still
// gives x to the accuracy of the model; without it the estimate tells of the
// truncation.
func TestFewTerms(t *testing.T) {
	for _, f := range []*form{diffusion(), damped(), magnetic()} {
		for _, terms := range []int{1, 2, 4} {
			for _, keep := range []string{"yes", "no"} {
				m := f.build(t, func(o *surrogate.Options) { o.MaxTerms, o.KeepTable, o.Select = terms, keep, "eim" })
				for _, mu := range f.random(4, 70) {
					want := f.solution(t, mu)
					for _, method := range factorising {
						r := one(t, solver(t, m, answer.Options{Method: method}), mu...)
						e := distance(vector(t, r), want)
						if !covers(2*r.Estimate, e) {
							t.Errorf("%s, %d terms, table %s, %s at %v: error %.2e, estimate %.2e", f.name, terms, keep, method, mu, e, r.Estimate)
						}
						if keep == "yes" && e > 1e-9 {
							t.Errorf("%s, %d terms, %s at %v: error %.2e with all samples at hand", f.name, terms, method, mu, e)
						}
					}
				}
			}
		}
	}
}

// A family that is sampled far below its frequency says so: estimates are large
// and still cover nearly always.
func TestNotModelled(t *testing.T) {
	f := diffusion()
	f.entry = func(mu []float64, i, j int) complex128 {
		if i == j {
			return complex(2.5+math.Exp(1.5*math.Sin(23.7*mu[0]+float64(i))+0.8*math.Sin(61.1*mu[0])), 0)
		}
		return -1
	}
	m := f.build(t, nil)
	for _, method := range []string{answer.Auto, answer.Direct, answer.Reduced, answer.Interpolate} {
		s := solver(t, m, answer.Options{Method: method})
		covered := 0
		var estimates []float64
		const points = 30
		for _, mu := range f.random(points, 71) {
			r := one(t, s, mu...)
			if covers(r.Estimate, distance(vector(t, r), f.solution(t, mu))) {
				covered++
			}
			estimates = append(estimates, r.Estimate)
		}
		slices.Sort(estimates)
		if covered < points*8/10 || !(estimates[points/2] > 0.05) {
			t.Errorf("%s: %d of %d covered, median estimate %.2e", method, covered, points, estimates[points/2])
		}
	}
}
