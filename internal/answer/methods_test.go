package answer_test

import (
	"context"
	"math"
	"testing"

	"eimtool/internal/answer"
)

// finest is the error below which figures are not told apart.
const finest = 1e-12

// covers reports whether an estimate relative to the x that was found covers
// the error e relative to the true x: |d| ≤ ε|x| means |d| ≤ ε/(1−ε)·|x_true|,
// and anything when ε ≥ 1.
func covers(estimate, e float64) bool {
	return estimate >= 1 || e <= max(estimate/(1-estimate), finest)
}

// Every method solves with the true matrix within its estimate, and the
// estimates are not absurdly large.
func TestMethodsCoverTheTruth(t *testing.T) {
	const points = 15
	asked, covered := 0, 0
	for k, f := range forms() {
		m := f.model(t, false)
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
				if covers(est, e) {
					covered++
				} else {
					t.Logf("%s, %s at %v: error %.2e, estimate %.2e", f.name, method, p.Mu, e, est)
				}
				if !covers(5*est, e) {
					t.Errorf("%s, %s at %v: error %.2e, five times the estimate %.2e", f.name, method, p.Mu, e, est)
				}
				if tight := map[string]bool{answer.Reduced: true, answer.Direct: true, answer.Auto: true}; tight[method] && est > 1e3*max(e, finest) {
					t.Errorf("%s, %s at %v: error %.2e, a thousandth of the estimate %.2e", f.name, method, p.Mu, e, est)
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
