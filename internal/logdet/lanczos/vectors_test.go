package lanczos_test

import (
	"math"
	"testing"

	"eimtool/internal/logdet/lanczos"
)

// TestThreads: the bits of the result do not depend on threads.
func TestThreads(t *testing.T) {
	p := laplacian(40, 60) // more rows than one block of sums
	pre := full(t, kernelMatrix(50, 0.2, 0.01))
	pre.pre = preconditioner(cholesky(t, kernelMatrix(50, 0.25, 0.01)))
	for _, q := range []*problem[float64]{p, pre} {
		want := q.estimate(t, lanczos.Options{Threads: 1, Seed: 4})
		for _, threads := range []int{0, 2, 5} {
			if got := q.estimate(t, lanczos.Options{Threads: threads, Seed: 4}); got != want {
				t.Errorf("%d threads: %+v, one: %+v", threads, got, want)
			}
		}
	}
}

// TestAutomaticVectors: the number of vectors grows by blocks until the
// tolerance is met, as if it had been given, and no further than it may.
func TestAutomaticVectors(t *testing.T) {
	p := laplacian(15, 15)
	first := p.estimate(t, lanczos.Options{Vectors: 16})
	met := p.estimate(t, lanczos.Options{Tolerance: 0.6 * first.HalfWidth})
	if !met.Converged || met.Vectors <= 16 || met.Vectors%16 != 0 || met.HalfWidth > 0.6*first.HalfWidth {
		t.Errorf("%+v after %+v", met, first)
	}
	given := p.estimate(t, lanczos.Options{Tolerance: 0.6 * first.HalfWidth, Vectors: met.Vectors})
	if given != met {
		t.Errorf("automatic %+v, given %+v", met, given)
	}
	before := p.estimate(t, lanczos.Options{Tolerance: 0.6 * first.HalfWidth, Vectors: met.Vectors - 16})
	if before.Converged || before.HalfWidth <= 0.6*first.HalfWidth {
		t.Errorf("a block less would have been enough: %+v", before)
	}
	wide := p.estimate(t, lanczos.Options{Tolerance: 100 * first.HalfWidth})
	if !wide.Converged || wide.Vectors != 16 {
		t.Errorf("a wide tolerance: %+v", wide)
	}
	never := p.estimate(t, lanczos.Options{Tolerance: 1e-6, MaxVectors: 40})
	if never.Converged || never.Vectors != 40 {
		t.Errorf("a tolerance out of reach: %+v", never)
	}
}

// TestMoreVectorsExtendFewer: without the tolerance that changes where the
// recurrences stop, the first block is the same, so the sum over 32 vectors
// less that over 16 is that of the others.
func TestMoreVectorsExtendFewer(t *testing.T) {
	p := laplacian(12, 12)
	few, more := p.estimate(t, lanczos.Options{Vectors: 16}), p.estimate(t, lanczos.Options{Vectors: 17})
	last := 17*more.LogDet - 16*few.LogDet // the value of vector 17
	if math.Abs(last-p.logDet) > 8*few.StandardError*math.Sqrt(16) {
		t.Errorf("vector 17 is worth %g, log det is %g", last, p.logDet)
	}
	if more.Products <= few.Products || more.Steps < few.Steps {
		t.Errorf("%+v after %+v", more, few)
	}
	other := p.estimate(t, lanczos.Options{Vectors: 16, Seed: 1})
	if other.LogDet == few.LogDet {
		t.Error("the seed changes nothing")
	}
}

// TestConfidence: more confidence, wider intervals around the same estimate.
func TestConfidence(t *testing.T) {
	p := laplacian(12, 12)
	width := 0.0
	for _, c := range []float64{0.5, 0.9, 0.95, 0.99, 0.9999} {
		r := p.estimate(t, lanczos.Options{Confidence: c})
		if r.HalfWidth <= width {
			t.Errorf("confidence %g: half width %g after %g", c, r.HalfWidth, width)
		}
		width = r.HalfWidth
	}
}

// TestCutOff: too few steps are told.
func TestCutOff(t *testing.T) {
	p := laplacian(400)
	r := p.estimate(t, lanczos.Options{MaxSteps: 12})
	if r.Converged || r.Steps != 12 || math.Abs(r.LogDet-p.logDet) > r.HalfWidth || r.Truncation < 1 {
		t.Errorf("%+v, log det %g", r, p.logDet)
	}
}
