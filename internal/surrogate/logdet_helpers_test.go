package surrogate

import (
	"math"
	"math/cmplx"
	"testing"

	"gonum.org/v1/gonum/mat"

	"eimtool/internal/dense"
	"eimtool/internal/expr"
	"eimtool/internal/family"
	"eimtool/internal/matrix"
)

// known is a family of band matrices that is known at every parameter.
type known struct {
	n, width int
	symmetry matrix.Symmetry
	complex  bool
	lo, hi   []float64
	entry    func(mu []float64, i, j int) complex128 // of the stored triangle
}

func (f *known) pattern() *matrix.Pattern {
	p := &matrix.Pattern{Rows: f.n, Cols: f.n, Symmetry: f.symmetry, ColPtr: make([]int, f.n+1)}
	for j := range f.n {
		first := max(0, j-f.width)
		if f.symmetry != matrix.General {
			first = j
		}
		for i := first; i <= min(f.n-1, j+f.width); i++ {
			p.RowIdx = append(p.RowIdx, int32(i))
		}
		p.ColPtr[j+1] = len(p.RowIdx)
	}
	return p
}

func (f *known) names() []string { return []string{"s", "t", "u"}[:len(f.lo)] }

// halton returns count points of the box.
func (f *known) halton(count, from int) [][]float64 {
	out := make([][]float64, count)
	for i := range out {
		for j, base := range []int{2, 3, 5}[:len(f.lo)] {
			v, scale := 0.0, 1.0
			for k := i + from; k > 0; k /= base {
				scale /= float64(base)
				v += scale * float64(k%base)
			}
			out[i] = append(out[i], f.lo[j]+v*(f.hi[j]-f.lo[j]))
		}
	}
	return out
}

// grid returns count points per parameter.
func (f *known) grid(count int) [][]float64 {
	out := [][]float64{nil}
	for j := range f.lo {
		var next [][]float64
		for _, head := range out {
			for k := range count {
				next = append(next, append(append([]float64(nil), head...), f.lo[j]+(f.hi[j]-f.lo[j])*float64(k)/float64(count-1)))
			}
		}
		out = next
	}
	return out
}

// family holds the samples at the given points.
func (f *known) family(points [][]float64) *family.Family {
	out := &family.Family{Table: &family.Table{Names: f.names()}, Pattern: f.pattern(), Complex: f.complex, Hermitian: f.symmetry == matrix.Hermitian}
	for _, mu := range points {
		out.Samples = append(out.Samples, family.Sample{Mu: mu, File: "A.mtx"})
		var re, im []float64
		var z []complex128
		out.Pattern.Each(func(_, i, j int) {
			v := f.entry(mu, i, j)
			re, im, z = append(re, real(v)), append(im, imag(v)), append(z, v)
		})
		switch {
		case out.Hermitian:
			out.Real = append(out.Real, append(re, im...))
		case f.complex:
			out.Complexes = append(out.Complexes, z)
		default:
			out.Real = append(out.Real, re)
		}
	}
	return out
}

// full returns A(μ).
func (f *known) full(mu []float64) *mat.CDense {
	a := mat.NewCDense(f.n, f.n, nil)
	f.pattern().Each(func(_, i, j int) {
		v := f.entry(mu, i, j)
		a.Set(i, j, v)
		switch f.symmetry {
		case matrix.Symmetric:
			a.Set(j, i, v)
		case matrix.Hermitian:
			a.Set(j, i, cmplx.Conj(v))
		}
	})
	return a
}

// embedded returns [X −Y; Y X] for X + iY, whose determinant is |det|² and whose
// inverse is the same of the inverse.
func embedded(a *mat.CDense) *mat.Dense {
	n, _ := a.Dims()
	out := mat.NewDense(2*n, 2*n, nil)
	for i := range n {
		for j := range n {
			v := a.At(i, j)
			out.Set(i, j, real(v))
			out.Set(n+i, n+j, real(v))
			out.Set(n+i, j, imag(v))
			out.Set(i, n+j, -imag(v))
		}
	}
	return out
}

// logAbs returns log|det a| by gonum.
func logAbs(a *mat.CDense) float64 {
	l, _ := mat.LogDet(embedded(a))
	return l / 2
}

// phase returns det a/|det a| by elimination.
func phase(a *mat.CDense) complex128 {
	n, _ := a.Dims()
	b := mat.NewCDense(n, n, nil)
	b.Copy(a)
	p := complex(1, 0)
	for k := range n {
		best := k
		for i := k; i < n; i++ {
			if cmplx.Abs(b.At(i, k)) > cmplx.Abs(b.At(best, k)) {
				best = i
			}
		}
		if best != k {
			p = -p
			for j := range n {
				u, v := b.At(k, j), b.At(best, j)
				b.Set(k, j, v)
				b.Set(best, j, u)
			}
		}
		d := b.At(k, k)
		p *= d / complex(cmplx.Abs(d), 0)
		for i := k + 1; i < n; i++ {
			l := b.At(i, k) / d
			for j := k; j < n; j++ {
				b.Set(i, j, b.At(i, j)-l*b.At(k, j))
			}
		}
	}
	return p
}

// traceOf returns tr(a⁻¹ b) by gonum.
func traceOf(t *testing.T, a, b *mat.CDense) complex128 {
	t.Helper()
	var x mat.Dense
	if err := x.Solve(embedded(a), embedded(b)); err != nil {
		t.Fatal(err)
	}
	n, _ := a.Dims()
	var sum complex128
	for i := range n {
		sum += complex(x.At(i, i), x.At(n+i, i))
	}
	return sum
}

func combined(weights []complex128, terms []*mat.CDense) *mat.CDense {
	n, _ := terms[0].Dims()
	out := mat.NewCDense(n, n, nil)
	for k, a := range terms {
		for i := range n {
			for j := range n {
				out.Set(i, j, out.At(i, j)+weights[k]*a.At(i, j))
			}
		}
	}
	return out
}

func frobenius(a *mat.CDense) float64 {
	n, _ := a.Dims()
	sum := 0.0
	for i := range n {
		for j := range n {
			sum += real(a.At(i, j) * cmplx.Conj(a.At(i, j)))
		}
	}
	return math.Sqrt(sum)
}

// The families: positive definite, indefinite with one number of negative
// eigenvalues, general real, Hermitian and complex ones.
func families() map[string]*known {
	band := func(mu []float64, i, j int) float64 {
		d := float64(i-j) / 5
		return -0.6 * math.Exp(-d*d) * (1 + 0.3*math.Cos(mu[0]+0.2*float64(i+j)))
	}
	diagonal := func(mu []float64, i int) float64 {
		return 2.6 + 0.1*float64(i) + math.Exp(-mu[0]*float64(i%5)/4) + 0.5*mu[1]*math.Sin(float64(i)+mu[0])
	}
	lo, hi := []float64{0, -1}, []float64{2, 1}
	definite := func(mu []float64, i, j int) complex128 {
		if i == j {
			return complex(diagonal(mu, i), 0)
		}
		return complex(band(mu, i, j), 0)
	}
	return map[string]*known{
		"definite": {12, 2, matrix.Symmetric, false, lo, hi, definite},
		"indefinite": {12, 2, matrix.Symmetric, false, lo, hi, func(mu []float64, i, j int) complex128 {
			if i == j && i%3 == 0 {
				return complex(-diagonal(mu, i), 0)
			}
			return definite(mu, i, j)
		}},
		"general": {12, 2, matrix.General, false, lo, hi, func(mu []float64, i, j int) complex128 {
			if i > j {
				return definite(mu, i, j) * complex(0.5+0.2*mu[1], 0)
			}
			return definite(mu, i, j)
		}},
		"hermitian": {12, 2, matrix.Hermitian, true, lo, hi, func(mu []float64, i, j int) complex128 {
			return definite(mu, i, j) * cmplx.Exp(complex(0, 0.7*float64(i-j)*(1+mu[1])))
		}},
		"complex": {12, 2, matrix.General, true, lo, hi, func(mu []float64, i, j int) complex128 {
			if i == j {
				return complex(diagonal(mu, i), 1+0.3*mu[0])
			}
			return complex(band(mu, i, j), 0.3*math.Sin(float64(i)-mu[0]))
		}},
	}
}

// affine is Σ coefficients_k(s, t)·A_k with positive semidefinite band matrices
// A_k, the last of them indefinite when asked for.
func affine(t *testing.T, coefficients []string, symmetry matrix.Symmetry, indefinite bool) (*family.Parts, *known) {
	t.Helper()
	f := &known{n: 14, width: 1, symmetry: symmetry, complex: symmetry == matrix.Hermitian, lo: []float64{0.5, 0.4}, hi: []float64{3, 2.5}}
	part := func(k, i, j int) complex128 { // of graphs with edges of different weights, grounded in places
		edge := func(i int) float64 { return 1.2 + math.Sin(float64(3*i+7*k+i*k)) }
		v := complex(-edge(j), 0)
		if i == j {
			v = complex(edge(i)+edge(i-1), 0)
			if indefinite && k == len(coefficients)-1 {
				v -= 3
			}
		}
		if i != j && symmetry == matrix.Hermitian {
			v *= cmplx.Exp(complex(0, float64(i*(k+1))))
		}
		return v
	}
	p := &family.Parts{Names: f.names()}
	p.Family = &family.Family{Table: &family.Table{}, Pattern: f.pattern(), Complex: f.complex, Hermitian: f.complex}
	var compiled []*expr.Expr
	for k, src := range coefficients {
		e, err := expr.Parse(src, p.Names)
		if err != nil {
			t.Fatal(err)
		}
		compiled = append(compiled, e)
		p.Coefficients, p.Files = compiled, append(p.Files, string(rune('A'+k))+".mtx")
		p.Samples = append(p.Samples, family.Sample{File: p.Files[k]})
		var re, im []float64
		p.Pattern.Each(func(_, i, j int) {
			re, im = append(re, real(part(k, i, j))), append(im, imag(part(k, i, j)))
		})
		if p.Hermitian {
			re = append(re, im...)
		}
		p.Real = append(p.Real, re)
	}
	f.entry = func(mu []float64, i, j int) (sum complex128) {
		for k, e := range compiled {
			v, err := e.Eval(mu)
			if err != nil {
				t.Fatal(err)
			}
			sum += v * part(k, i, j)
		}
		return sum
	}
	return p, f
}

// table holds points as rows.
func table(points [][]float64) *dense.Matrix[float64] {
	out := dense.New[float64](len(points), len(points[0]))
	for i, mu := range points {
		copy(out.Row(i), mu)
	}
	return out
}

// sixth returns the difference quotient of sixth order of f in parameter j.
func sixth(f func(mu []float64) complex128, mu []float64, j int, h float64) complex128 {
	var sum complex128
	for k, w := range []float64{45, -9, 1} {
		up, down := append([]float64(nil), mu...), append([]float64(nil), mu...)
		up[j] += float64(k+1) * h
		down[j] -= float64(k+1) * h
		sum += complex(w/(60*h), 0) * (f(up) - f(down))
	}
	return sum
}
