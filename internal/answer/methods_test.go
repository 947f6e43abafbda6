package answer_test

import (
	"context"
	"math"
	"testing"

	"eimtool/internal/answer"
)

// Every method solves with the true matrix within its estimate, and the
// estimates are not absurdly large.
func TestMethodsCoverTheTruth(t *testing.T) {
	const points = 15
	asked, covered := 0, 0
	for k, f := range forms() {
		m := f.build(t, nil)
		var truth []answer.Point
		for _, mu := range f.random(points, uint64(k)) {
			truth = append(truth, answer.Point{Mu: mu})
		}
		for _, method := range []string{answer.Reduced, answer.Direct, answer.Krylov, answer.Auto, answer.Combine, answer.Interpolate} {
			s, err := answer.New(m, nil, answer.Options{Method: method, Points: points})
			if err != nil {
				if method == answer.Combine {
					continue // no weights for this family
				}
				t.Fatalf("%s, %s: %v", f.name, method, err)
			}
			results, errs := s.Solve(context.Background(), truth)
			worst, least := 0.0, math.Inf(1)
			for i, p := range truth {
				if errs[i] != nil {
					t.Fatalf("%s, %s at %v: %v", f.name, method, p.Mu, errs[i])
				}
				e := distance(vector(t, results[i]), f.solution(t, p.Mu))
				est := results[i].Estimate
				asked++
				if e <= est {
					covered++
				} else {
					t.Logf("%s, %s at %v: error %.2e, estimate %.2e", f.name, method, p.Mu, e, est)
				}
				if !(e <= 5*est) {
					t.Errorf("%s, %s at %v: error %.2e, five times the estimate %.2e", f.name, method, p.Mu, e, est)
				}
				worst, least = max(worst, e), min(least, est/max(e, 1e-14))
			}
			t.Logf("%s, %s: worst error %.1e, least ratio %.1f", f.name, method, worst, least)
		}
	}
	if share := float64(covered) / float64(asked); share < 0.98 {
		t.Errorf("%d of %d estimates cover the error: %.3f", covered, asked, share)
	}
}
