package answer_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"strings"
	"testing"

	"eimtool/internal/answer"
	"eimtool/internal/dense"
	"eimtool/internal/gallery"
	"eimtool/internal/matrix"
	"eimtool/internal/surrogate"
)

// poor is damped() with one right-hand side and a basis of five vectors.
func poor(t *testing.T) (*form, *surrogate.Model) {
	f := damped()
	f.load = constantLoad(1, 1)
	m := f.build(t, func(o *surrogate.Options) { o.RBMax = 5 })
	m.ComplexInverse.PreferSolutions = false
	return f, m
}

// auto stops at the cheapest method that is enough.
func TestAutoStopsAtTheCheapest(t *testing.T) {
	f, m := poor(t)
	good := f.build(t, nil)
	mu := f.random(1, 60)[0]
	reduced := one(t, solver(t, m, answer.Options{Method: answer.Reduced}), mu...).Estimate
	direct := one(t, solver(t, m, answer.Options{Method: answer.Direct}), mu...).Estimate
	if !(reduced > 1e-4 && direct < 1e-8) {
		t.Fatalf("not the family wanted: estimates %.1e and %.1e", reduced, direct)
	}
	for _, c := range []struct {
		name     string
		m        *surrogate.Model
		opt      answer.Options
		methods  string // that may answer
		accepted bool
	}{
		{"good basis", good, answer.Options{RHS: f.rhs(mu)}, "reduced", true},
		{"poor basis", m, answer.Options{}, "direct", true},
		{"poor basis, named auto", m, answer.Options{Method: answer.Auto}, "direct", true},
		{"coarse tolerance", m, answer.Options{Tolerance: 2 * reduced}, "reduced", true},
		{"tolerance at the estimate", m, answer.Options{Tolerance: reduced}, "reduced", true},
		{"tolerance below it", m, answer.Options{Tolerance: reduced * (1 - 1e-12)}, "direct", true},
		{"fine tolerance", m, answer.Options{Tolerance: 10 * direct}, "direct", true},
		{"many points", m, answer.Options{Tolerance: 10 * direct, Points: 1000}, "direct krylov", true},
		{"impossible tolerance", m, answer.Options{Tolerance: 1e-300}, "direct", false},
		{"no estimate", m, answer.Options{NoEstimate: true}, "reduced", true},
		{"asked for", m, answer.Options{Method: answer.Reduced, Tolerance: reduced / 2}, "reduced", false},
	} {
		r := one(t, solver(t, c.m, c.opt), mu...)
		if !strings.Contains(c.methods, r.Method) || r.Accepted != c.accepted || r.Reason == "" {
			t.Errorf("%s: %s (%s), accepted %v; want %s, %v; estimate %.2e", c.name, r.Method, r.Reason, r.Accepted, c.methods, c.accepted, r.Estimate)
		}
		if c.opt.NoEstimate != math.IsNaN(r.Estimate) {
			t.Errorf("%s: estimate %v", c.name, r.Estimate)
		}
		if e := distance(vector(t, r), f.solution(t, mu)); !c.opt.NoEstimate && !covers(r.Estimate, e) {
			t.Errorf("%s: error %.2e, estimate %.2e", c.name, e, r.Estimate)
		}
	}
}

// A tolerance on quantities is relative to each of them.
func TestToleranceOfQuantities(t *testing.T) {
	f, m := poor(t)
	mu := f.random(1, 61)[0]
	c := f.outputs()
	r := one(t, solver(t, m, answer.Options{Method: answer.Reduced, Quantity: c}), mu...)
	worst := 0.0
	for _, q := range r.Quantity {
		worst = max(worst, q.Estimate/cmplx.Abs(q.Value))
	}
	if got := r.QuantityError(); got != worst {
		t.Errorf("QuantityError is %g, want %g", got, worst)
	}
	for tol, want := range map[float64]string{2 * worst: answer.Reduced, worst / 2: answer.Direct} {
		if r := one(t, solver(t, m, answer.Options{Tolerance: tol, Quantity: c}), mu...); r.Method != want || !r.Accepted {
			t.Errorf("tolerance %.1e: %s, accepted %v; want %s", tol, r.Method, r.Accepted, want)
		}
	}
	zero := dense.New[complex128](c.Rows, 1)
	r = one(t, solver(t, m, answer.Options{Method: answer.Direct, Quantity: zero, Tolerance: 1e-6}), mu...)
	if r.Quantity[0].Value != 0 || !r.Accepted {
		t.Errorf("0ᵀx is %v, accepted %v", r.Quantity[0], r.Accepted)
	}
}

// Where the factor is too large, what the cheap methods made of a point stands,
// however many points there are.
func TestMemoryLimit(t *testing.T) {
	f, m := poor(t)
	mu := f.random(1, 62)[0]
	for _, points := range []int{1, 10} {
		r, errs := solver(t, m, answer.Options{Memory: 1, Points: points}).Solve(context.Background(), []answer.Point{{Mu: mu}})
		if errs[0] != nil || r[0].Method != answer.Reduced || len(r[0].Warnings) == 0 {
			t.Errorf("%d points: %+v, %v; want the reduced answer with a warning", points, r[0], errs[0])
		}
		_, errs = solver(t, m, answer.Options{Method: answer.Direct, Memory: 1, Points: points}).Solve(context.Background(), []answer.Point{{Mu: mu}})
		var e *answer.MemoryError
		if !errors.As(errs[0], &e) || e.Limit != 1 || e.Need < 1 || e.Error() == "" {
			t.Errorf("%d points: %v", points, errs[0])
		}
	}
}

func TestErrorsAreTyped(t *testing.T) {
	f := transport()
	m := f.model(t, false)
	bare := f.build(t, func(o *surrogate.Options) { o.RHS, o.Inverse = nil, true })
	oblong := *m
	oblong.Cols++
	b := f.rhs(f.lo)
	complexC := dense.New[complex128](f.pattern.Rows, 1)
	complexC.Data[3] = 1i
	var method *answer.MethodError
	var rhs *answer.RHSError
	var quantity *answer.QuantityError
	for _, c := range []struct {
		name string
		m    *surrogate.Model
		opt  answer.Options
		want any
	}{
		{"not square", &oblong, answer.Options{}, &method},
		{"no such method", m, answer.Options{Method: "banana"}, &method},
		{"no basis", bare, answer.Options{Method: answer.Reduced, RHS: b}, &method},
		{"no weights", bare, answer.Options{Method: answer.Combine, RHS: b}, &method},
		{"no solutions", bare, answer.Options{Method: answer.Interpolate, RHS: b}, &method},
		{"no b", bare, answer.Options{}, &rhs},
		{"b of wrong height", m, answer.Options{RHS: dense.New[complex128](3, 1)}, &rhs},
		{"c of wrong height", m, answer.Options{Quantity: dense.New[complex128](3, 1)}, &quantity},
		{"complex c", m, answer.Options{Quantity: complexC}, &quantity},
	} {
		_, err := answer.New(c.m, nil, c.opt)
		if !errors.As(err, c.want) || err.Error() == "" {
			t.Errorf("%s: %T %v", c.name, err, err)
		}
	}
	// Without preparation direct and iterative answers remain.
	mu := f.random(1, 63)[0]
	for _, name := range append(factorising, answer.Auto) {
		check(t, name, one(t, solver(t, bare, answer.Options{Method: name, RHS: b, Points: 9}), mu...), exact(t, f.full(mu), b), 1e-3)
	}
}

// A point that cannot be answered has an error of its own; the others are
// answered.
func TestPointErrors(t *testing.T) {
	f := damped()
	m := f.model(t, false)
	at, err := m.FromProbe(m.ProbeValues(f.matrix([]float64{1.5})))
	if err != nil {
		t.Fatal(err)
	}
	points := []answer.Point{{Mu: []float64{1.5}}, {Mu: []float64{1.5, 2}}, {Mu: []float64{math.NaN()}}, {Mu: []float64{2.5}}}
	for _, method := range answer.Methods() {
		r, errs := solver(t, m, answer.Options{Method: method, Points: 4}).Solve(context.Background(), points)
		for i := range points {
			if bad := i == 1 || i == 2; bad != (errs[i] != nil) || bad != (r[i] == nil) {
				t.Errorf("%s, point %d: %v, %v", method, i, r[i], errs[i])
			}
		}
	}
	var e *answer.MethodError
	for name, opt := range map[string]answer.Options{
		"interpolation of probes":      {Method: answer.Interpolate},
		"derivative of direct probes":  {Method: answer.Direct, Derivative: 1},
		"derivative of reduced probes": {Method: answer.Reduced, Derivative: 1},
	} {
		_, errs := solver(t, m, opt).Solve(context.Background(), []answer.Point{{Answer: at}})
		if errs[0] == nil {
			t.Errorf("%s: no error", name)
		} else if name != "derivative of reduced probes" && !errors.As(errs[0], &e) {
			t.Errorf("%s: %v", name, errs[0])
		}
	}
	_, errs := solver(t, m, answer.Options{Method: answer.Krylov, Derivative: 1}).Solve(context.Background(), points[:1])
	if !errors.As(errs[0], &e) {
		t.Errorf("derivative by iteration: %v", errs[0])
	}
	huge := *at
	huge.Beta = append([]complex128(nil), at.Beta...)
	huge.Beta[0] = cmplx.Inf()
	_, errs = solver(t, m, answer.Options{}).Solve(context.Background(), []answer.Point{{Answer: &huge}})
	var p *answer.PointError
	if !errors.As(errs[0], &p) {
		t.Errorf("infinite coefficients: %v", errs[0])
	}
}

// A cancelled context ends every point.
func TestCancelled(t *testing.T) {
	f := damped()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, method := range answer.Methods() {
		_, errs := solver(t, f.model(t, false), answer.Options{Method: method}).Solve(ctx, []answer.Point{{Mu: []float64{2}}, {Mu: []float64{2.1}}})
		for _, err := range errs {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", method, err)
			}
		}
	}
}

// resonator is K − k²M, undamped, with known resonances inside the box.
func resonator() (*form, []float64) {
	const nx, ny, lx, ly = 6, 4, 1.0, 1.3
	stiffness, mass := gallery.Resonator(nx, ny, lx, ly)
	f := &form{name: "resonator", lo: []float64{3.2}, hi: []float64{9}, samples: 24, pattern: stiffness.Pattern, load: constantLoad(1, 1)}
	f.entry = func(mu []float64, i, j int) complex128 {
		k, _ := stiffness.Find(i, j)
		return complex(stiffness.Values[k]-mu[0]*mu[0]*mass.Values[k], 0)
	}
	var inside []float64
	for _, k := range gallery.Resonances(nx, ny, lx, ly) {
		if k > f.lo[0] && k < f.hi[0] {
			inside = append(inside, k)
		}
	}
	return f, inside
}

// Near resonances, nearer and nearer, estimates cover the error, and at them
// nothing is promised.
func TestResonances(t *testing.T) {
	f, resonances := resonator()
	if len(resonances) < 3 {
		t.Fatalf("%d resonances", len(resonances))
	}
	m := f.build(t, nil)
	asked, covered := 0, 0
	for _, method := range []string{answer.Auto, answer.Reduced, answer.Direct, answer.Krylov} {
		s := solver(t, m, answer.Options{Method: method, Points: 8})
		for _, k := range resonances {
			for d := 1e-2; d > 1e-12; d /= 10 {
				mu := k * (1 + d)
				r, errs := s.Solve(context.Background(), []answer.Point{{Mu: []float64{mu}}})
				if errs[0] != nil {
					var e *answer.SingularError
					if !errors.As(errs[0], &e) || d > 1e-8 {
						t.Errorf("%s at (1+%.0e)·%g: %v", method, d, k, errs[0])
					}
					continue
				}
				asked++
				if e := distance(vector(t, r[0]), f.solution(t, []float64{mu})); covers(r[0].Estimate, e) {
					covered++
				} else {
					t.Logf("%s at (1+%.0e)·%g: error %.2e, estimate %.2e", method, d, k, e, r[0].Estimate)
				}
			}
			r, errs := s.Solve(context.Background(), []answer.Point{{Mu: []float64{k}}})
			var e *answer.SingularError
			if errs[0] != nil && !errors.As(errs[0], &e) || errs[0] == nil && r[0].Estimate < 0.1 {
				t.Errorf("%s at the resonance %g: %+v, %v", method, k, r[0], errs[0])
			}
		}
	}
	if share := float64(covered) / float64(asked); share < 0.98 {
		t.Errorf("%d of %d estimates cover", covered, asked)
	}
}

// A point where the matrix is exactly singular and the family exactly known:
// rows and columns 1 and 2 are [1 μ; μ 1], so the point is μ = 1.
func TestSingularPoint(t *testing.T) {
	f := diffusion()
	f.lo, f.hi, f.pattern = []float64{0.25}, []float64{1.5}, band(unknowns, 1, matrix.Symmetric)
	f.entry = func(mu []float64, i, j int) complex128 {
		switch {
		case i == 1 && j == 0:
			return complex(mu[0], 0)
		case i == 0 || i == 1 && j == 1:
			return 1
		case i == j:
			return complex(3+mu[0]*float64(i)/unknowns, 0)
		case j == 1:
			return 0
		}
		return -1
	}
	m := f.build(t, nil)
	for _, method := range []string{answer.Auto, answer.Direct, answer.Reduced, answer.Krylov} {
		r, errs := solver(t, m, answer.Options{Method: method}).Solve(context.Background(), []answer.Point{{Mu: []float64{1}}, {Mu: []float64{0.9}}})
		var e *answer.SingularError
		switch {
		case errs[0] == nil && r[0].Estimate < 0.1:
			t.Errorf("%s: estimate %.2e at a singular matrix", method, r[0].Estimate)
		case errs[0] != nil && !errors.As(errs[0], &e):
			t.Errorf("%s: %v", method, errs[0])
		case e != nil && (e.Column < 0 || e.Column >= unknowns || !(e.Condition > 1e10) || e.Error() == ""):
			t.Errorf("%s: %+v", method, e)
		}
		if errs[1] != nil {
			t.Fatalf("%s: %v", method, errs[1])
		}
		check(t, method, r[1], f.solution(t, []float64{0.9}), 1e-9)
	}
}

// drawn is a family with random coefficients.
func drawn(seed uint64) *form {
	rng := rand.New(rand.NewPCG(seed, 99))
	const n = 15
	kind := []matrix.Symmetry{matrix.Symmetric, matrix.General, matrix.Symmetric, matrix.Hermitian}[seed%4]
	c := make([]float64, 8*n)
	for i := range c {
		c[i] = rng.NormFloat64()
	}
	speed := 0.5 + 2*rng.Float64()
	f := &form{
		name: fmt.Sprintf("drawn %d", seed), lo: []float64{0.2}, hi: []float64{1.7}, samples: 12 + int(seed)%8,
		pattern: band(n, 1+int(seed)%2, kind), complex: seed%4 >= 2, load: constantLoad(1+int(seed)%2, 1),
	}
	f.entry = func(mu []float64, i, j int) complex128 {
		g := c[(i+3*j)%n] * math.Sin(speed*mu[0]+c[n+(2*i+j)%n])
		if i == j {
			v := complex(4.5+g*0.4+math.Exp(-mu[0]*speed), 0)
			if f.complex && kind != matrix.Hermitian {
				v += complex(0, mu[0]*c[2*n+i]*0.3)
			}
			return v
		}
		v := complex(-0.8+0.2*g/(1+mu[0]), 0)
		if f.complex {
			v *= cmplx.Exp(complex(0, mu[0]*c[3*n+(i*j)%n]))
		}
		return v
	}
	return f
}

// Over random families and points the estimates cover at least 98 % of the
// errors and are seldom much too large.
func TestCoverage(t *testing.T) {
	asked, covered, excess := 0, 0, 0
	for seed := range uint64(12) {
		f := drawn(seed)
		m := f.build(t, nil)
		var points []answer.Point
		for _, mu := range f.random(25, 100+seed) {
			points = append(points, answer.Point{Mu: mu})
		}
		for _, method := range []string{answer.Reduced, answer.Direct, answer.Krylov, answer.Auto} {
			results, errs := solver(t, m, answer.Options{Method: method, Points: len(points)}).Solve(context.Background(), points)
			for i, p := range points {
				if errs[i] != nil {
					t.Fatalf("%s, %s at %v: %v", f.name, method, p.Mu, errs[i])
				}
				e := distance(vector(t, results[i]), f.solution(t, p.Mu))
				asked++
				if covers(results[i].Estimate, e) {
					covered++
				} else {
					t.Logf("%s, %s at %v: error %.2e, estimate %.2e", f.name, method, p.Mu, e, results[i].Estimate)
				}
				if results[i].Estimate > 100*max(e, finest) {
					excess++
				}
			}
		}
	}
	t.Logf("%d of %d cover, %d are 100 times too large", covered, asked, excess)
	if share := float64(covered) / float64(asked); share < 0.98 {
		t.Errorf("%d of %d estimates cover the error: %.4f", covered, asked, share)
	}
	if share := float64(excess) / float64(asked); share > 0.2 {
		t.Errorf("%d of %d estimates are 100 times too large", excess, asked)
	}
}
