package solve

import (
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// rat is an exact complex number.
type rat struct{ re, im *big.Rat }

func ratOf[T scalar.Scalar](x T) rat {
	return rat{new(big.Rat).SetFloat64(scalar.Real(x)), new(big.Rat).SetFloat64(scalar.Imag(x))}
}

func (x rat) zero() bool { return x.re.Sign() == 0 && x.im.Sign() == 0 }

func (x rat) mul(y rat) rat {
	m := func(a, b *big.Rat) *big.Rat { return new(big.Rat).Mul(a, b) }
	return rat{new(big.Rat).Sub(m(x.re, y.re), m(x.im, y.im)), new(big.Rat).Add(m(x.re, y.im), m(x.im, y.re))}
}

func (x rat) sub(y rat) rat {
	return rat{new(big.Rat).Sub(x.re, y.re), new(big.Rat).Sub(x.im, y.im)}
}

func (x rat) div(y rat) rat {
	d := new(big.Rat).Add(new(big.Rat).Mul(y.re, y.re), new(big.Rat).Mul(y.im, y.im))
	q := x.mul(rat{y.re, new(big.Rat).Neg(y.im)})
	return rat{q.re.Quo(q.re, d), q.im.Quo(q.im, d)}
}

// size returns max(|re|, |im|) rounded.
func (x rat) size() float64 {
	a, _ := x.re.Float64()
	b, _ := x.im.Float64()
	return math.Max(math.Abs(a), math.Abs(b))
}

// exactSolve returns A⁻¹·b, false when A is singular, by Gaussian elimination
// in rational arithmetic.
func exactSolve[T scalar.Scalar](a *dense.Matrix[T], b []T) ([]rat, bool) {
	n := a.Rows
	m := make([][]rat, n)
	for i := range m {
		for _, v := range a.Row(i) {
			m[i] = append(m[i], ratOf(v))
		}
		m[i] = append(m[i], ratOf(b[i]))
	}
	for k := range n {
		p := k
		for p < n && m[p][k].zero() {
			p++
		}
		if p == n {
			return nil, false
		}
		m[k], m[p] = m[p], m[k]
		for i := range n {
			if i == k || m[i][k].zero() {
				continue
			}
			f := m[i][k].div(m[k][k])
			for j := k; j <= n; j++ {
				m[i][j] = m[i][j].sub(f.mul(m[k][j]))
			}
		}
	}
	x := make([]rat, n)
	for k := range n {
		x[k] = m[k][n].div(m[k][k])
	}
	return x, true
}

// TestRational compares small systems of all kinds with exact solutions: a
// singular matrix is never solved, a regular one is refused only if its
// equilibrated condition is beyond 1/Eps, and otherwise the reported bound
// holds for the error.
func TestRational(t *testing.T) {
	t.Run("real", testRational[float64])
	t.Run("complex", testRational[complex128])
}

func testRational[T scalar.Scalar](t *testing.T) {
	var solved, refused, singular int
	for seed := range uint64(400) {
		r := newRand(seed)
		p, v, what := smallSystem[T](r)
		b := randomBlock[T](r, p.Rows, 1)
		want, regular := exactSolve(full(p, v), b.Data)
		quick := seed%2 == 1
		x, report, err := solveSmall(t, p, v, b, quick)
		var none *SingularError
		switch {
		case errors.As(err, &none):
			if none.Column < 0 || none.Column >= p.Rows || !(none.Condition > 1e14) {
				t.Errorf("seed %d (%s): %v", seed, what, err)
			}
			if regular {
				refused++
			} else {
				singular++
			}
		case err != nil:
			t.Errorf("seed %d (%s): %v", seed, what, err)
		case !regular:
			t.Errorf("seed %d (%s): singular, but solved: %+v", seed, what, report)
		default:
			solved++
			checkExact(t, seed, what, x, want, report)
		}
	}
	t.Logf("solved %d, refused %d, singular %d", solved, refused, singular)
	if refused > solved/50 {
		t.Errorf("%d regular systems refused, %d solved", refused, solved)
	}
}

func solveSmall[T scalar.Scalar](t *testing.T, p *matrix.Pattern, v []T, b *dense.Matrix[T], quick bool) (*dense.Matrix[T], Report, error) {
	t.Helper()
	s, err := New[T](ctx, p, Options{Threads: 1, Quick: quick})
	if err != nil {
		t.Fatal(err)
	}
	f, err := s.Factorise(ctx, v)
	if err != nil {
		return nil, Report{}, err
	}
	return f.SolveRefined(ctx, b, matrix.NoTranspose)
}

func checkExact[T scalar.Scalar](t *testing.T, seed uint64, what string, x *dense.Matrix[T], want []rat, report Report) {
	t.Helper()
	worst, size := 0.0, 0.0
	for i, w := range want {
		worst = math.Max(worst, w.sub(ratOf(x.Data[i])).size())
		size = math.Max(size, scalar.Abs(x.Data[i]))
	}
	// Bounds and estimates are seldom below a third of the truth.
	// The smallest elements of solutions over many decades may have no digit
	// beside the largest: their equations then keep a residual.
	decades := strings.HasPrefix(what, "decades")
	if !(worst <= 3*report.ForwardBound*size) || !(decades || report.BackwardError <= 2*scalar.Eps) {
		t.Errorf("seed %d (%s): error %g, report %+v", seed, what, worst/size, report)
	}
}

// smallSystem draws a matrix of up to 8 rows: any symmetry, empty rows,
// dependent columns, structural deficiency, integers, or values over 60 decades.
func smallSystem[T scalar.Scalar](r *rand.Rand) (*matrix.Pattern, []T, string) {
	n := 1 + r.IntN(8)
	sym := matrix.Symmetry(r.IntN(4))
	if sym == matrix.Hermitian && !scalar.IsComplex[T]() {
		sym = matrix.Symmetric
	}
	what := []string{"normal", "decades", "integer", "dependent"}[r.IntN(4)]
	density := []float64{0.3, 0.6, 1}[r.IntN(3)]
	draw := func() T {
		switch what {
		case "decades":
			return random[T](r) * scalar.Of[T](math.Pow(10, 60*r.Float64()-30), 0)
		case "integer":
			return scalar.Of[T](float64(r.IntN(5)-2), float64(r.IntN(3)-1))
		}
		return random[T](r)
	}
	e := entries[T]{}
	for j := range n {
		for i := range n {
			if r.Float64() > density && i != j || i == j && (sym == matrix.SkewSymmetric || r.IntN(4) == 0) {
				continue
			}
			v := draw()
			if i == j && sym == matrix.Hermitian {
				v = scalar.Of[T](scalar.Real(v), 0)
			}
			e[[2]int{i, j}] = v
		}
	}
	if what == "dependent" && n > 1 && sym == matrix.General {
		a, b := r.IntN(n), r.IntN(n)
		for i := range n {
			e[[2]int{i, a}] = e[[2]int{i, b}] * 2
		}
	}
	p, v := sparse(n, sym, e)
	return p, v, what + " " + sym.String()
}
