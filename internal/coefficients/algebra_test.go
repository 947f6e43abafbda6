package coefficients

import (
	"math"
	"math/cmplx"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/blas"
	"pgregory.net/rapid"

	"eimtool/internal/dense"
)

// TestSmallestRightSingular: |A·w| is the smallest singular value, which for a
// matrix made of known factors is known.
func TestSmallestRightSingular(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "n")
		m := n + rapid.IntRange(0, 9).Draw(t, "more")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		u, v := randomUnitary(rng, m, n), randomUnitary(rng, n, n)
		sigma := make([]float64, n)
		for k := range sigma {
			sigma[k] = math.Pow(10, -float64(k)) // smallest last
		}
		cols := make([][]complex128, n)
		for j := range cols {
			cols[j] = make([]complex128, m)
			for i := range m {
				for k := range n {
					cols[j][i] += u[k][i] * complex(sigma[k], 0) * cmplx.Conj(v[k][j])
				}
			}
		}
		a := make([][]complex128, n)
		for j := range a {
			a[j] = slices.Clone(cols[j])
		}
		w := smallestRightSingular(cols)
		if math.Abs(complexNorm(w)-1) > 1e-12 {
			t.Fatalf("|w| = %g", complexNorm(w))
		}
		if c := cmplx.Abs(inner(v[n-1], w)); math.Abs(c-1) > 1e-12 {
			t.Errorf("angle to the true vector: 1 − %.2g", 1-c)
		}
	})
}

// randomUnitary returns n orthonormal columns of length m.
func randomUnitary(rng *rand.Rand, m, n int) [][]complex128 {
	q := make([][]complex128, n)
	for k := range q {
		q[k] = make([]complex128, m)
		for i := range q[k] {
			q[k][i] = complex(rng.NormFloat64(), rng.NormFloat64())
		}
		for range 2 {
			for l := range k {
				c := inner(q[l], q[k])
				for i := range q[k] {
					q[k][i] -= c * q[l][i]
				}
			}
		}
		d := complex(complexNorm(q[k]), 0)
		for i := range q[k] {
			q[k][i] /= d
		}
	}
	return q
}

// TestRegularise compares R_λᵀR_λ with RᵀR + λ²I.
func TestRegularise(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, n := range []int{1, 2, 17, 64} {
		r := dense.New[float64](n, n)
		for i := range n {
			for j := i; j < n; j++ {
				r.Set(i, j, rng.NormFloat64())
			}
		}
		const lambda = 0.3
		got := regularise(r, lambda)
		a, b := product(blas.Trans, blas.NoTrans, got, got), product(blas.Trans, blas.NoTrans, r, r)
		for i := range n {
			b.Data[i*n+i] += lambda * lambda
			for j := range i {
				if got.At(i, j) != 0 {
					t.Fatalf("n = %d: not triangular", n)
				}
			}
		}
		if e := relative(a.Data, b.Data); e > 1e-13 {
			t.Errorf("n = %d: %.2g", n, e)
		}
		inv := inverseUpper(got)
		id := product(blas.NoTrans, blas.NoTrans, got, inv)
		for i := range n {
			id.Data[i*n+i]--
		}
		if e := dense.Norm(id.Data); e > 1e-9 {
			t.Errorf("n = %d: inverse off by %.2g", n, e)
		}
	}
}

// TestSmallestIndices compares with a full enumeration.
func TestSmallestIndices(t *testing.T) {
	axes := []Axis{{Warp: WarpIdentity}, {Warp: WarpPeriodic}, {Warp: WarpIdentity}}
	a := []float64{0.5, 0.9, 1.3}
	idx, weight := SmallestIndices(axes, a, 60)
	if len(weight) != 60 || len(idx) != 180 {
		t.Fatalf("%d weights, %d indices", len(weight), len(idx))
	}
	var all []float64
	for i := range 40 {
		for j := range 40 {
			for k := range 40 {
				all = append(all, math.Exp(-a[0]*float64(i)-a[1]*float64((j+1)/2)-a[2]*float64(k)))
			}
		}
	}
	slices.SortFunc(all, func(x, y float64) int {
		if x > y {
			return -1
		}
		return 1
	})
	seen := map[[3]int]bool{}
	for k, w := range weight {
		if math.Abs(w-all[k]) > 1e-15 {
			t.Errorf("weight %d is %g, want %g", k, w, all[k])
		}
		seen[[3]int(idx[3*k:3*k+3])] = true
	}
	if len(seen) != 60 {
		t.Errorf("%d distinct indices", len(seen))
	}
}

// TestAAARecoversRationalFunctions: poles of a rational vector function.
func TestAAARecoversRationalFunctions(t *testing.T) {
	f := testFamily{
		name: "poles", lower: []float64{-2}, upper: []float64{3}, n: 25, complex: true,
		f: func(m []float64, x float64) complex128 {
			z := complex(m[0], 0)
			return complex(x, 1)/(z-complex(1, 0.3)) + complex(1, -x)/(z+complex(0.5, 0.2)) + z*complex(x*x, 0)
		},
	}
	m := mustFit(t, f.samples(f.points()), Options{Model: KindAAA})
	for _, mu := range f.tests(20) {
		p, err := m.Predict(mu)
		if err != nil {
			t.Fatal(err)
		}
		if e := relative(p.K, f.row(mu)); e > 1e-12 {
			t.Errorf("at %v: %.2g with %d support points", mu, e, len(m.Parts[0].Support))
		}
	}
}

// TestPolesAreFound: the Lebesgue function is infinite at real poles and large
// near complex ones.
func TestPolesAreFound(t *testing.T) {
	pole := func(c complex128) *Part {
		p := &Part{Support: []float64{-1, 0.1, 1}}
		// weights of 1/(x−c): w_j = (x_j−c)/Π(x_j−x_k) interpolates with denominator x−c
		for j, s := range p.Support {
			w := complex(s, 0) - c
			for k, u := range p.Support {
				if k != j {
					w /= complex(s-u, 0)
				}
			}
			p.WeightRe, p.WeightIm = append(p.WeightRe, real(w)), append(p.WeightIm, imag(w))
		}
		if imag(c) == 0 {
			p.WeightIm = nil
		}
		return p
	}
	for _, c := range []struct {
		c   complex128
		bad bool
	}{{0.37, true}, {-0.93, true}, {complex(0.2, 1e-7), true}, {complex(0.2, 0.5), false}, {1.4, false}} {
		if v := pole(c.c).lebesgue(-1, 1); (v > aaaLargest) != c.bad {
			t.Errorf("pole at %v: Lebesgue function %.3g", c.c, v)
		}
	}
}

// TestRationalPolesAreRefused: data with a pole inside the box give no rational
// model with a denominator that vanishes there.
func TestRationalPolesAreRefused(t *testing.T) {
	f := testFamily{
		name: "singular", lower: []float64{0}, upper: []float64{1}, n: 40,
		f: func(m []float64, x float64) complex128 { return realValue(1/(m[0]-0.5123) + x*m[0]) },
	}
	m := mustFit(t, f.samples(f.points()), Options{})
	for i := range m.Parts {
		p := &m.Parts[i]
		switch p.Kind {
		case KindAAA:
			if v := p.lebesgue(-1, 1); v > aaaLargest {
				t.Errorf("AAA with Lebesgue function %.2g", v)
			}
		case KindRational:
			for k := range 1001 {
				if _, _, err := p.evalPolynomial([]float64{-1 + float64(k)/500}, -1); err != nil {
					t.Errorf("denominator vanishes at %g", -1+float64(k)/500)
				}
			}
		}
	}
}

// TestPoleFallsBack: where a rational part meets a pole the fallback answers.
func TestPoleFallsBack(t *testing.T) {
	f := testFamilies()[4]
	m := mustFit(t, f.samples(f.points()), Options{Model: KindRational})
	if m.Fallback < 0 {
		t.Fatal("no fallback")
	}
	part := &m.Parts[0]
	part.DenCoef = make([]float64, len(part.DenCoef)) // vanishes everywhere
	mu := f.tests(1)[0]
	p, err := m.Predict(mu)
	if err != nil {
		t.Fatal(err)
	}
	if e := relative(p.K, f.row(mu)); e > 1e-2 || e > p.ModelError {
		t.Errorf("error %.2g, estimate %.2g", e, p.ModelError)
	}
	if _, err := m.Derivative(mu, 0); err != nil {
		t.Error(err)
	}
}
