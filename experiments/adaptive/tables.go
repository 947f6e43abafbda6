package main

import (
	"fmt"
	"io"
	"math"

	"eimtool/internal/suggest"
)

// The strategies that are compared, in the order of comparison.paths.
var strategies = [3]string{"suggest", "random", "Sobol"}

// comparison is what the strategies did on one family.
type comparison struct {
	pool  *pool
	sizes []int
	paths [len(strategies)][]path
}

// targets are the errors whose numbers of samples are compared.
var targets = []float64{1e-1, 3e-2, 1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 1e-6, 1e-7, 1e-8}

// quantiles are those that are printed.
var quantiles = []float64{0.25, 0.5, 0.75}

// reached returns, per run of strategy k, the number of samples at which the
// error is at most target for the first time; +Inf when it never is.
func (c *comparison) reached(k int, target float64) []float64 {
	out := make([]float64, len(c.paths[k]))
	for i, p := range c.paths[k] {
		out[i] = math.Inf(1)
		for s, e := range p.errors {
			if e <= target {
				out[i] = float64(c.sizes[s])
				break
			}
		}
	}
	return out
}

// comparable reports whether a target tells strategies from each other: no
// median reaches it at the start, and that of random or Sobol samples does
// within the sizes measured.
func (c *comparison) comparable(target float64) bool {
	least, best := math.Inf(1), math.Inf(1)
	for k := range strategies {
		n := quantile(c.reached(k, target), 0.5)
		least = min(least, n)
		if k > 0 {
			best = min(best, n)
		}
	}
	return least > float64(c.sizes[0]) && !math.IsInf(best, 1)
}

// printReached prints how many samples the strategies need, and the ratios of
// the medians.
func printReached(w io.Writer, all []*comparison) {
	fmt.Fprintf(w, "| family | error of A | suggest | random | Sobol | suggest/random | suggest/Sobol |\n|---|---|---|---|---|---|---|\n")
	type extremes struct{ sum, worst, count float64 }
	totals := make([]extremes, len(all))
	for f, c := range all {
		for _, target := range targets {
			if !c.comparable(target) {
				continue
			}
			fmt.Fprintf(w, "| %s | %.0e |", c.pool.name, target)
			var median [len(strategies)]float64
			for k := range strategies {
				n := c.reached(k, target)
				median[k] = quantile(n, 0.5)
				fmt.Fprint(w, " ")
				for i, q := range quantiles {
					if i > 0 {
						fmt.Fprint(w, " / ")
					}
					fmt.Fprint(w, samples(quantile(n, q), c.sizes))
				}
				fmt.Fprint(w, " |")
			}
			fmt.Fprintf(w, " %s | %s |\n", ratio(median[0], median[1]), ratio(median[0], median[2]))
			r := median[0] / min(median[1], median[2])
			totals[f].sum, totals[f].count = totals[f].sum+math.Log(r), totals[f].count+1
			totals[f].worst = max(totals[f].worst, r)
		}
	}
	fmt.Fprintf(w, "\n| family | errors compared | median of suggest / smaller median of the others: mean | worst |\n|---|---|---|---|\n")
	for f, t := range totals {
		fmt.Fprintf(w, "| %s | %.0f | %.2f | %.2f |\n", all[f].pool.name, t.count, math.Exp(t.sum/t.count), t.worst)
	}
}

// samples is a number of samples as text.
func samples(n float64, sizes []int) string {
	if math.IsInf(n, 1) {
		return fmt.Sprintf(">%d", sizes[len(sizes)-1])
	}
	return fmt.Sprintf("%.0f", n)
}

// ratio is a/b as text, a bound when b was not reached.
func ratio(a, b float64) string {
	switch {
	case math.IsInf(b, 1) && math.IsInf(a, 1):
		return "-"
	case math.IsInf(b, 1):
		return "<1"
	}
	return fmt.Sprintf("%.2f", a/b)
}

// printStops prints when runs of suggest are told that a tolerance is met, and
// whether it was.
func printStops(w io.Writer, all []*comparison) {
	fmt.Fprintf(w, "\n| family | tolerance | error reached after | told after | runs told | of these, error within tolerance | error / tolerance when told, median |\n|---|---|---|---|---|---|---|\n")
	for _, c := range all {
		for _, tol := range []float64{1e-2, 1e-3, 1e-4, 1e-5, 1e-6} {
			var after, size []float64
			right := 0
			for _, p := range c.paths[0] {
				for s, state := range p.states {
					if met(state, tol) {
						after, size = append(after, float64(c.sizes[s])), append(size, p.errors[s]/tol)
						if p.errors[s] <= tol {
							right++
						}
						break
					}
				}
			}
			if len(after) == 0 {
				continue
			}
			fmt.Fprintf(w, "| %s | %.0e | %s | %s | %d of %d | %d | %.2g |\n", c.pool.name, tol, samples(quantile(c.reached(0, tol), 0.5), c.sizes),
				samples(quantile(after, 0.5), c.sizes), len(after), len(c.paths[0]), right, quantile(size, 0.5))
		}
	}
}

// met reports whether a model judges itself to be within a tolerance.
func met(s *suggest.State, tol float64) bool { return s.Modelled && s.Worst <= tol }

// printConfidence prints, over all models of the runs of suggest, the mean of
// the confidence that they state and of what it predicts: the share of the tests
// whose error is at most its estimate.
func printConfidence(w io.Writer, all []*comparison) {
	fmt.Fprintf(w, "\n| family | models | confidence stated, mean | errors within their estimates, mean |\n|---|---|---|---|\n")
	for _, c := range all {
		var stated, within, count float64
		for _, p := range c.paths[0] {
			for s := range p.states {
				stated, within, count = stated+p.states[s].Confidence, within+p.within[s], count+1
			}
		}
		fmt.Fprintf(w, "| %s | %.0f | %.3f | %.3f |\n", c.pool.name, count, stated/count, within/count)
	}
}
