package solve

import (
	"math"
	"math/big"
	"testing"

	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// TestLogDet compares with closed forms and with exact determinants.
func TestLogDet(t *testing.T) {
	// det tridiag(-1, 2, -1) = n + 1.
	for _, n := range []int{1, 2, 7, 100, 3000} {
		e := entries[float64]{}
		for i := range n {
			e[[2]int{i, i}] = 2
			if i > 0 {
				e[[2]int{i, i - 1}], e[[2]int{i - 1, i}] = -1, -1
			}
		}
		for _, sym := range []matrix.Symmetry{matrix.General, matrix.Symmetric} {
			for _, method := range []string{"auto", "ldl", "lu"} {
				p, v := sparse(n, sym, e)
				f := factorise(t, p, v, Options{Method: method})
				l, s := f.LogDet()
				// n logarithms, each of a pivot good to a few Eps of the condition's root.
				if tol := 8 * scalar.Eps * float64(n); s != 1 || !(math.Abs(l-math.Log(float64(n+1))) <= tol) {
					t.Errorf("n=%d %s: %.17g, sign %g", n, method, l, s)
				}
			}
		}
	}
}

// TestDeterminant compares determinants of small matrices of all kinds with
// rational arithmetic, phases included.
func TestDeterminant(t *testing.T) {
	t.Run("real", testDeterminant[float64])
	t.Run("complex", testDeterminant[complex128])
}

func testDeterminant[T scalar.Scalar](t *testing.T) {
	for seed := range uint64(300) {
		p, v, what := smallSystem[T](newRand(seed))
		s, err := New[T](ctx, p, Options{Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		f, err := s.Factorise(ctx, v)
		if err != nil {
			continue
		}
		c, err := f.EquilibratedCondition(ctx)
		if err != nil {
			t.Fatal(err)
		}
		logabs, phase := f.LogDet()
		re, im, exponent := exactDet(full(p, v))
		want := math.Log(math.Hypot(re, im)) + float64(exponent)*math.Ln2
		d := scalar.Abs(phase - scalar.Of[T](re/math.Hypot(re, im), im/math.Hypot(re, im)))
		// A backward error of a few Eps moves log det by n·Eps·condition at most.
		tol := 100*scalar.Eps*c + 8*scalar.Eps*math.Abs(want)
		if !(math.Abs(logabs-want) <= tol) || !(d <= tol) {
			t.Errorf("seed %d (%s): log det %.17g phase %v, want %.17g (%g, %g), condition %g", seed, what, logabs, phase, want, re, im, c)
		}
	}
}

// exactDet returns det A = (re + i·im)·2^exponent.
func exactDet[T scalar.Scalar](a interface {
	Row(int) []T
	At(i, j int) T
},
) (re, im float64, exponent int) {
	n := len(a.Row(0))
	m := make([][]rat, n)
	for i := range m {
		for _, v := range a.Row(i) {
			m[i] = append(m[i], ratOf(v))
		}
	}
	det := ratOf(scalar.Of[T](1, 0))
	for k := range n {
		p := k
		for m[p][k].zero() {
			p++
		}
		if p != k {
			m[k], m[p] = m[p], m[k]
			det = rat{new(big.Rat), new(big.Rat)}.sub(det)
		}
		det = det.mul(m[k][k])
		for i := k + 1; i < n; i++ {
			f := m[i][k].div(m[k][k])
			for j := k; j < n; j++ {
				m[i][j] = m[i][j].sub(f.mul(m[k][j]))
			}
		}
	}
	x, y := new(big.Float).SetRat(det.re), new(big.Float).SetRat(det.im)
	exponent = x.MantExp(nil)
	if y.Sign() != 0 && (x.Sign() == 0 || y.MantExp(nil) > exponent) {
		exponent = y.MantExp(nil)
	}
	re, _ = new(big.Float).SetMantExp(x, -exponent).Float64()
	im, _ = new(big.Float).SetMantExp(y, -exponent).Float64()
	return re, im, exponent
}

// TestCondition compares with the exact 1-norm condition of tridiag(-1, 2, -1):
// its inverse has elements i·(n+1-j)/(n+1), i ≤ j.
func TestCondition(t *testing.T) {
	for _, n := range []int{1, 2, 3, 50, 1001} {
		e := entries[float64]{}
		for i := range n {
			e[[2]int{i, i}] = 2
			if i > 0 {
				e[[2]int{i, i - 1}] = -1
			}
		}
		p, v := sparse(n, matrix.Symmetric, e)
		c, err := factorise(t, p, v, Options{}).Condition(ctx)
		if err != nil {
			t.Fatal(err)
		}
		j := float64((n + 1) / 2)
		inverse := j * (float64(n) + 1 - j) / 2
		norm := []float64{2, 3, 4}[min(n, 3)-1]
		// The estimator finds the exact value of a positive inverse.
		if want := norm * inverse; math.Abs(c-want) > 1e-10*want {
			t.Errorf("n=%d: condition %g, want %g", n, c, want)
		}
	}
}

// TestInertia shifts a grid operator between its eigenvalues, which are known.
func TestInertia(t *testing.T) {
	const m = 12
	p, v := grid(2, m, 0, matrix.Symmetric)
	h := 1.0 / (m + 1)
	var eigenvalues []float64
	for a := 1; a <= m; a++ {
		for b := 1; b <= m; b++ {
			x, y := math.Sin(float64(a)*math.Pi*h/2), math.Sin(float64(b)*math.Pi*h/2)
			eigenvalues = append(eigenvalues, 4/(h*h)*(x*x+y*y))
		}
	}
	for _, shift := range []float64{-10, 33.3, 100, 400, 1111, 2000} {
		w := append([]float64(nil), v...)
		p.Each(func(k, i, j int) {
			if i == j {
				w[k] = 4/(h*h) - shift
			}
		})
		below := 0
		for _, e := range eigenvalues {
			if e < shift {
				below++
			}
		}
		pos, neg, zero, ok := factorise(t, p, w, Options{}).Inertia()
		if !ok || zero != 0 || neg != below || pos != m*m-below {
			t.Errorf("shift %g: inertia %d, %d, %d, want %d negative", shift, pos, neg, zero, below)
		}
	}
}
