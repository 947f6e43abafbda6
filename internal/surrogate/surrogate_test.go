package surrogate_test

import (
	"context"
	"math"
	"math/cmplx"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"eimtool/internal/family"
	"eimtool/internal/matrix"
	"eimtool/internal/surrogate"
)

// closedForm is a family whose matrices are known at every parameter.
type closedForm struct {
	names   []string
	points  [][]float64
	pattern *matrix.Pattern
	entry   func(mu []float64, i, j int) complex128
}

// full returns the pattern with all entries of an n×n matrix, or of its lower
// triangle.
func full(n int, s matrix.Symmetry) *matrix.Pattern {
	p := &matrix.Pattern{Rows: n, Cols: n, Symmetry: s, ColPtr: make([]int, n+1)}
	for j := range n {
		first := 0
		if s != matrix.General {
			first = j
		}
		for i := first; i < n; i++ {
			p.RowIdx = append(p.RowIdx, int32(i))
		}
		p.ColPtr[j+1] = len(p.RowIdx)
	}
	return p
}

// at returns the matrix at mu.
func (c closedForm) at(mu []float64) *matrix.Matrix {
	m := &matrix.Matrix{Pattern: c.pattern}
	m.Complex = make([]complex128, c.pattern.NNZ())
	c.pattern.Each(func(k, i, j int) { m.Complex[k] = c.entry(mu, i, j) })
	return m
}

// family returns the snapshots as package family would.
func (c closedForm) family(complexField bool) *family.Family {
	f := &family.Family{Table: &family.Table{Names: c.names}, Pattern: c.pattern, Complex: complexField}
	f.Hermitian = c.pattern.Symmetry == matrix.Hermitian
	for _, mu := range c.points {
		f.Samples = append(f.Samples, family.Sample{Mu: mu})
		v := c.at(mu).Complex
		switch {
		case f.Hermitian:
			row := make([]float64, 2*len(v))
			for k, z := range v {
				row[k], row[len(v)+k] = real(z), imag(z)
			}
			f.Real = append(f.Real, row)
		case complexField:
			f.Complexes = append(f.Complexes, v)
		default:
			row := make([]float64, len(v))
			for k, z := range v {
				row[k] = real(z)
			}
			f.Real = append(f.Real, row)
		}
	}
	return f
}

func line(lo, hi float64, n int) [][]float64 {
	p := make([][]float64, n)
	for i := range p {
		p[i] = []float64{lo + (hi-lo)*float64(i)/float64(n-1)}
	}
	return p
}

// affine is A = A0 + sin(μ)·A1 + μ²·A2, of rank 3.
func affine(s matrix.Symmetry, n int) closedForm {
	return closedForm{
		names: []string{"mu"}, points: line(0, 2, 16), pattern: full(5, s),
		entry: func(mu []float64, i, j int) complex128 {
			a, b := float64(min(i, j)), float64(max(i, j))
			return complex(2+a+b*b+math.Sin(mu[0])*(1+a*b)+mu[0]*mu[0]*math.Cos(a+2*b), 0)
		},
	}
}

// wave is the dense kernel exp(iμr)/(1+r), r = |i−j|/3.
func wave() closedForm {
	return closedForm{
		names: []string{"k"}, points: line(0.5, 4, 20), pattern: full(7, matrix.Symmetric),
		entry: func(mu []float64, i, j int) complex128 {
			r := math.Abs(float64(i-j)) / 3 * (1 + 0.1*float64(i+j))
			return cmplx.Exp(complex(0, mu[0]*r)) / complex(1+r, 0)
		},
	}
}

// magnetic is Hermitian: hopping with a phase that depends on the parameter.
func magnetic() closedForm {
	return closedForm{
		names: []string{"flux"}, points: line(0, 1, 15), pattern: full(6, matrix.Hermitian),
		entry: func(mu []float64, i, j int) complex128 {
			if i == j {
				return complex(2+float64(i)*mu[0], 0)
			}
			return -cmplx.Exp(complex(0, mu[0]*float64(i*i-j*j)/8))
		},
	}
}

func options(selection string) surrogate.Options {
	o := surrogate.DefaultOptions()
	o.Select = selection
	o.Tolerance = 1e-10
	return o
}

func build(t *testing.T, c closedForm, complexField bool, o surrogate.Options) *surrogate.Model {
	t.Helper()
	m, err := surrogate.Build(context.Background(), c.family(complexField), o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func relativeError(t *testing.T, m *surrogate.Model, beta []complex128, want *matrix.Matrix) float64 {
	t.Helper()
	got, err := m.Assemble(context.Background(), beta, 2)
	if err != nil {
		t.Fatal(err)
	}
	return matrix.Compare(want, got).RelativeFrobenius()
}

func TestClosedForms(t *testing.T) {
	cases := []struct {
		name  string
		form  closedForm
		cplx  bool
		model float64 // allowed errors between the samples
		probe float64
		terms int // 0 = not checked
	}{
		{"affine symmetric", affine(matrix.Symmetric, 16), false, 1e-11, 1e-13, 3},
		{"affine general", affine(matrix.General, 16), false, 1e-11, 1e-13, 3},
		{"wave", wave(), true, 1e-8, 1e-8, 0},
		{"hermitian", magnetic(), true, 1e-7, 1e-8, 0},
	}
	for _, c := range cases {
		for _, selection := range []string{"auto", "eim"} {
			t.Run(c.name+"/"+selection, func(t *testing.T) {
				m := build(t, c.form, c.cplx, options(selection))
				if c.terms > 0 && m.TermCount() != c.terms {
					t.Errorf("%d terms, the rank is %d", m.TermCount(), c.terms)
				}
				lo, hi := m.Parameters[0].Lo, m.Parameters[0].Hi
				for i := range 23 {
					mu := []float64{lo + (hi-lo)*(float64(i)+0.37)/23}
					want := c.form.at(mu)
					a, err := m.At(mu)
					if err != nil {
						t.Fatal(err)
					}
					e := relativeError(t, m, a.Beta, want)
					if e > c.model {
						t.Errorf("μ = %v: error %.2e, allowed %.0e", mu, e, c.model)
					}
					if e > a.Estimate {
						t.Errorf("μ = %v: error %.2e above the estimate %.2e", mu, e, a.Estimate)
					}
					p, err := m.FromProbe(m.ProbeValues(want))
					if err != nil {
						t.Fatal(err)
					}
					e = relativeError(t, m, p.Beta, want)
					if e > c.probe {
						t.Errorf("μ = %v: probe error %.2e, allowed %.0e", mu, e, c.probe)
					}
					if e > p.Estimate {
						t.Errorf("μ = %v: probe error %.2e above the estimate %.2e", mu, e, p.Estimate)
					}
				}
			})
		}
	}
}

func TestHermitianStaysHermitian(t *testing.T) {
	m := build(t, magnetic(), true, options("auto"))
	a, err := m.At([]float64{0.123})
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.Assemble(context.Background(), a.Beta, 1)
	if err != nil {
		t.Fatal(err)
	}
	if got.Symmetry != matrix.Hermitian {
		t.Fatalf("symmetry %v", got.Symmetry)
	}
	for i := range 6 {
		if k, ok := got.Find(i, i); !ok || imag(got.Complex[k]) != 0 {
			t.Errorf("diagonal %d is %v", i, got.Complex[k])
		}
	}
}

// The derivative of the closed form is known: cos(μ)·A1 + 2μ·A2.
func TestDerivative(t *testing.T) {
	form := affine(matrix.Symmetric, 16)
	m := build(t, form, false, options("auto"))
	for _, x := range []float64{0.3, 1.1, 1.7} {
		beta, err := m.Derivative([]float64{x}, 0)
		if err != nil {
			t.Fatal(err)
		}
		want := &matrix.Matrix{Pattern: form.pattern}
		want.Real = make([]float64, form.pattern.NNZ())
		form.pattern.Each(func(k, i, j int) {
			a, b := float64(min(i, j)), float64(max(i, j))
			want.Real[k] = math.Cos(x)*(1+a*b) + 2*x*math.Cos(a+2*b)
		})
		// One digit is lost per differentiation of a polynomial of degree about 10 on 16 points.
		if e := relativeError(t, m, beta, want); e > 1e-9 {
			t.Errorf("μ = %v: derivative off by %.2e", x, e)
		}
	}
}

func TestThreadsDoNotMatter(t *testing.T) {
	var first *surrogate.Model
	for _, threads := range []int{1, 2, 7} {
		o := options("auto")
		o.Threads = threads
		m := build(t, wave(), true, o)
		m.Options = surrogate.Options{}
		if first == nil {
			first = m
			continue
		}
		if !reflect.DeepEqual(clean(first), clean(m)) {
			t.Errorf("%d threads give another model", threads)
		}
	}
}

// clean replaces NaN, which is not equal to itself.
func clean(m *surrogate.Model) *surrogate.Model {
	c := *m
	c.History = append([]surrogate.Step(nil), m.History...)
	for i := range c.History {
		if math.IsNaN(c.History[i].HeldOutError) {
			c.History[i].HeldOutError = -1
		}
	}
	return &c
}

func TestLostSensorsAndTerms(t *testing.T) {
	form := wave()
	for _, selection := range []string{"auto", "eim"} {
		m := build(t, form, true, options(selection))
		want := form.at([]float64{2.2})
		values := m.ProbeValues(want)
		values[0] = cmplx.NaN()
		a, err := m.FromProbe(values)
		if err != nil {
			t.Fatal(err)
		}
		critical := m.Criticality()
		// Losing one of the sensors costs at most what its criticality says, times
		// a moderate constant for parameters between the terms.
		if e := relativeError(t, m, a.Beta, want); e > 100*critical[0]+1e-8 {
			t.Errorf("%s: error %.2e without sensor 1, criticality %.2e", selection, e, critical[0])
		}
		less, err := m.WithoutTerms([]int{m.TermCount()})
		if err != nil {
			t.Fatal(err)
		}
		b, err := less.At([]float64{2.2})
		if err != nil {
			t.Fatal(err)
		}
		if e := relativeError(t, less, b.Beta, want); e > b.Estimate {
			t.Errorf("%s: error %.2e with a lost term, estimate %.2e", selection, e, b.Estimate)
		}
		if _, err := m.WithoutTerms([]int{m.TermCount() + 1}); err == nil {
			t.Error("a term that does not exist was accepted")
		}
	}
}

// Entries chosen anew on the fixed terms replace lost ones without loss.
func TestLostProbesAreReplaced(t *testing.T) {
	for _, c := range []struct {
		form closedForm
		cplx bool
	}{{wave(), true}, {magnetic(), true}, {affine(matrix.Symmetric, 16), false}} {
		for _, selection := range []string{"auto", "eim"} {
			m := build(t, c.form, c.cplx, options(selection))
			first := m.Probes()[0]
			less, err := m.WithoutProbes(context.Background(), []int{1}, 1)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range less.Probes() {
				if p.Role == surrogate.RoleMagic && p.Feature == first.Feature {
					t.Errorf("the lost probe %+v is asked for again", p)
				}
			}
			mu := []float64{0.5*m.Parameters[0].Lo + 0.5*m.Parameters[0].Hi + 0.01}
			want := c.form.at(mu)
			a, err := less.FromProbe(less.ProbeValues(want))
			if err != nil {
				t.Fatal(err)
			}
			if e := relativeError(t, less, a.Beta, want); e > 1e-7 || e > a.Estimate {
				t.Errorf("%s: error %.2e, estimate %.2e", selection, e, a.Estimate)
			}
		}
	}
}

func TestDifferenceFromItself(t *testing.T) {
	m := build(t, wave(), true, options("auto"))
	d, err := surrogate.Difference(context.Background(), m, m, 1)
	if err != nil {
		t.Fatal(err)
	}
	if !d.SameSelection || d.Beta != 0 || d.Matrix != 0 {
		t.Errorf("difference %+v", d)
	}
}

// Symmetric and expanded storage, scaling by a power of two and a permutation
// of the rows and columns select the same snapshots.
func TestSelectionInvariance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := 5
		perm := rapid.Permutation([]int{0, 1, 2, 3, 4}).Draw(t, "permutation")
		scale := math.Ldexp(1, rapid.IntRange(-40, 40).Draw(t, "exponent"))
		shape := rapid.Float64Range(0.5, 2).Draw(t, "shape")
		entry := func(mu []float64, i, j int) complex128 {
			r := math.Abs(float64(i - j))
			return complex(math.Exp(-shape*mu[0]*r)*(1+0.1*float64(i+j)), 0)
		}
		forms := map[string]closedForm{}
		for name, p := range map[string]*matrix.Pattern{"symmetric": full(n, matrix.Symmetric), "expanded": full(n, matrix.General)} {
			forms[name] = closedForm{names: []string{"mu"}, points: line(0.1, 3, 18), pattern: p, entry: entry}
		}
		permuted := forms["expanded"]
		permuted.entry = func(mu []float64, i, j int) complex128 { return entry(mu, perm[i], perm[j]) }
		forms["permuted"] = permuted
		scaled := forms["expanded"]
		scaled.entry = func(mu []float64, i, j int) complex128 { return entry(mu, i, j) * complex(scale, 0) }
		forms["scaled"] = scaled
		for _, selection := range []string{"auto", "eim"} {
			o := options(selection)
			o.MaxTerms, o.Tolerance, o.HoldOut = 4, 0, false
			o.Model = "adaptive-polynomial" // the quickest: only the selection is looked at
			want, err := surrogate.Build(context.Background(), forms["expanded"].family(false), o)
			if err != nil {
				t.Fatal(err)
			}
			for name, f := range forms {
				got, err := surrogate.Build(context.Background(), f.family(false), o)
				if err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(got.Terms, want.Terms) {
					t.Errorf("%s, %s: terms %v, want %v", name, selection, got.Terms, want.Terms)
				}
				if name == "permuted" { // entries are the same up to ties
					continue
				}
				if a, b := magicEntries(got), magicEntries(want); !reflect.DeepEqual(a, b) {
					t.Errorf("%s, %s: magic entries %v, want %v", name, selection, a, b)
				}
			}
		}
	})
}

// magicEntries returns the places of the magic probes.
func magicEntries(m *surrogate.Model) map[[2]int]bool {
	set := map[[2]int]bool{}
	for _, p := range m.Probes() {
		if p.Role == surrogate.RoleMagic {
			set[[2]int{p.Row, p.Col}] = true
		}
	}
	return set
}

func TestFewSamples(t *testing.T) {
	for _, n := range []int{1, 2, 3} {
		form := affine(matrix.Symmetric, 16)
		form.points = line(0, 2, max(n, 2))[:n]
		m := build(t, form, false, options("auto"))
		a, err := m.At(form.points[0])
		if err != nil {
			t.Fatalf("%d samples: %v", n, err)
		}
		if e := relativeError(t, m, a.Beta, form.at(form.points[0])); e > a.Estimate {
			t.Errorf("%d samples: error %.2e at a sample, estimate %.2e", n, e, a.Estimate)
		}
		if n == 1 && !(a.Estimate > 1) && a.Modelled {
			t.Errorf("one sample: estimate %.2e and modelled", a.Estimate)
		}
	}
}

func TestOptionErrors(t *testing.T) {
	for _, change := range []func(*surrogate.Options){
		func(o *surrogate.Options) { o.Select = "best" },
		func(o *surrogate.Options) { o.Norm = "lp:0.5" },
		func(o *surrogate.Options) { o.Features = "none" },
		func(o *surrogate.Options) { o.Oversample = 3 },
		func(o *surrogate.Options) { o.MaxTerms = -1 },
		func(o *surrogate.Options) { o.Tolerance = math.Inf(1) },
		func(o *surrogate.Options) { o.Model = "magic" },
		func(o *surrogate.Options) { o.RowCuts = []int{99} },
		func(o *surrogate.Options) { o.Preserve = [][]complex128{{1, 2}} },
	} {
		o := options("auto")
		change(&o)
		if _, err := surrogate.Build(context.Background(), affine(matrix.Symmetric, 16).family(false), o); err == nil {
			t.Errorf("accepted: %+v", o)
		}
	}
}
