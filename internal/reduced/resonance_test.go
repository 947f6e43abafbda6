package reduced_test

import (
	"math"
	"slices"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/reduced"
	"eimtool/internal/scalar"
)

// membrane is the finite difference equation (K − k²·I)·x = b of a rectangular
// membrane held at its edges, without damping: eigenvalues and eigenvectors of K
// are known, and so is x.
type membrane struct {
	nx, ny int
	hx, hy float64
}

// grid returns values on the grid, row by row.
func (m membrane) grid(f func(i, j int) float64) []float64 {
	var x []float64
	for j := range m.ny {
		for i := range m.nx {
			x = append(x, f(i, j))
		}
	}
	return x
}

// eigenvalue returns eigenvalue (p, q) of K, p and q from 1.
func (m membrane) eigenvalue(p, q int) float64 {
	s := 2 * math.Sin(float64(p)*math.Pi/float64(2*(m.nx+1))) / m.hx
	u := 2 * math.Sin(float64(q)*math.Pi/float64(2*(m.ny+1))) / m.hy
	return s*s + u*u
}

// stiffness returns the lower triangle of K and, on the same pattern, of I.
func (m membrane) stiffness() (p *matrix.Pattern, k, one []float64) {
	n := m.nx * m.ny
	p = &matrix.Pattern{Rows: n, Cols: n, Symmetry: matrix.Symmetric, ColPtr: make([]int, n+1)}
	add := func(i int, a, b float64) {
		p.RowIdx = append(p.RowIdx, int32(i))
		k, one = append(k, a), append(one, b)
	}
	for c := range n {
		add(c, 2/(m.hx*m.hx)+2/(m.hy*m.hy), 1)
		if c%m.nx+1 < m.nx {
			add(c+1, -1/(m.hx*m.hx), 0)
		}
		if c+m.nx < n {
			add(c+m.nx, -1/(m.hy*m.hy), 0)
		}
		p.ColPtr[c+1] = len(p.RowIdx)
	}
	return p, k, one
}

// solution returns x at k by expansion in the eigenvectors, and max |λ−k²|/min |λ−k²|.
func (m membrane) solution(b []float64, k float64) (x []float64, condition float64) {
	x = make([]float64, len(b))
	most, least := 0.0, math.Inf(1)
	for p := 1; p <= m.nx; p++ {
		for q := 1; q <= m.ny; q++ {
			v := m.grid(func(i, j int) float64 {
				return math.Sin(float64((i+1)*p)*math.Pi/float64(m.nx+1)) * math.Sin(float64((j+1)*q)*math.Pi/float64(m.ny+1))
			})
			d := m.eigenvalue(p, q) - k*k
			most, least = max(most, math.Abs(d)), min(least, math.Abs(d))
			dense.Axpy(dense.Dotc(v, b)/(dense.Dotc(v, v)*d), v, x)
		}
	}
	return x, most / least
}

// sevenResonances returns an interval of k that holds the lowest seven resonances.
func (m membrane) sevenResonances() (lo, hi float64) {
	var all []float64
	for p := 1; p <= m.nx; p++ {
		for q := 1; q <= m.ny; q++ {
			all = append(all, math.Sqrt(m.eigenvalue(p, q)))
		}
	}
	slices.Sort(all)
	return all[0] * 0.8, (all[6] + all[7]) / 2
}

// Between and at resonances the answer stays within 25 times the best
// approximation in the space, and its estimate holds.
func TestResonances(t *testing.T) {
	m := membrane{nx: 14, ny: 9, hx: 1.3 / 15, hy: 1.0 / 10}
	pattern, k, one := m.stiffness()
	lo, hi := m.sevenResonances()
	b := m.grid(func(i, j int) float64 {
		return math.Exp(-math.Pow(float64(i)-4.3, 2)/3 - math.Pow(float64(j)-2.1, 2)/2)
	})
	p := &reduced.Problem[float64]{
		Operator: reduced.Operator[float64]{Pattern: pattern, Rows: [][]float64{k, one}},
		RHS:      []*dense.Matrix[float64]{{Rows: len(b), Cols: 1, Data: b}},
		At: func(mu []float64) (*reduced.Point[float64], error) {
			return &reduced.Point[float64]{Theta: []float64{1, -mu[0] * mu[0]}}, nil
		},
		Factorise: factoriser[float64](t, pattern),
		Dim:       1,
		FromUnit:  func(u []float64) []float64 { return []float64{lo + u[0]*(hi-lo)} },
	}
	const points = 300
	at := func(i int) float64 { return lo + (float64(i)+0.5)/points*(hi-lo) }
	exact, condition := make([][]float64, points), make([]float64, points)
	for i := range points {
		exact[i], condition[i] = m.solution(b, at(i))
	}
	for _, r := range []int{8, 10, 16} {
		basis := basisOf(t, p, reduced.Options{MaxBasis: r, Tolerance: 1e-14})
		ratio := 0.0
		for i, x := range exact {
			mu := at(i)
			pt, _ := p.At([]float64{mu})
			a, err := basis.Solve(pt, reduced.SolveOptions{})
			if err != nil {
				t.Fatal(err)
			}
			y := expanded(basis, a.C).Data
			e := difference(y, x)
			if a.Estimate*dense.Norm(y) < e*dense.Norm(x) {
				t.Errorf("%d vectors, k = %g: estimate %g, error %g", r, mu, a.Estimate, e)
			}
			// 4·ε·condition is what rounding of the matrix does to x.
			ratio = max(ratio, (e-4*scalar.Eps*condition[i])/projectionError(basis.V, r, x))
		}
		t.Logf("%d vectors: error up to %.3g times the best approximation", r, ratio)
		// Eight vectors for seven resonances and the rest do not converge.
		if r > 8 && ratio > 25 {
			t.Errorf("%d vectors: error up to %.3g times the best approximation", r, ratio)
		}
	}
}
