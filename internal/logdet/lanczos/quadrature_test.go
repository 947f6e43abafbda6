package lanczos

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// TestGaussToeplitz: the eigenvalues of tridiag(-1, 2, -1) of order n are
// 4·sin²(jπ/(2n+2)), the squared first components of its eigenvectors
// 2·sin²(jπ/(n+1))/(n+1).
func TestGaussToeplitz(t *testing.T) {
	for _, n := range []int{1, 2, 3, 10, 63, 400} {
		alpha, beta := slices.Repeat([]float64{2}, n), slices.Repeat([]float64{-1}, n-1)
		nodes, weights, ok := gauss(alpha, beta)
		if !ok {
			t.Fatalf("n=%d: no convergence", n)
		}
		order := make([]int, n)
		for i := range order {
			order[i] = i
		}
		slices.SortFunc(order, func(i, j int) int {
			if nodes[i] < nodes[j] {
				return -1
			}
			return 1
		})
		for at, i := range order {
			angle := math.Pi * float64(at+1) / float64(n+1)
			s := math.Sin(angle / 2)
			node, weight := 4*s*s, 2*math.Sin(angle)*math.Sin(angle)/float64(n+1)
			if math.Abs(nodes[i]-node) > 50*scalar.Eps || math.Abs(weights[i]-weight) > 1e-12 {
				t.Errorf("n=%d: node %g and weight %g, want %g and %g", n, nodes[i], weights[i], node, weight)
			}
		}
	}
}

// TestGaussMoments: Σ w·x^k is element (1, 1) of the k-th power.
func TestGaussMoments(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 25).Draw(t, "order")
		number := rapid.OneOf(rapid.Float64Range(-2, 2), rapid.Just(0.0), rapid.Float64Range(1e-30, 1e-9))
		alpha := rapid.SliceOfN(number, n, n).Draw(t, "alpha")
		beta := rapid.SliceOfN(number, n-1, n-1).Draw(t, "beta")
		nodes, weights, ok := gauss(alpha, beta)
		if !ok {
			t.Fatal("no convergence")
		}
		v := make([]float64, n)
		v[0] = 1
		for k := range 8 {
			var sum float64
			for i, x := range nodes {
				sum += weights[i] * math.Pow(x, float64(k))
			}
			if math.Abs(sum-v[0]) > 1e-12*math.Pow(6, float64(k)) {
				t.Fatalf("moment %d is %g, want %g", k, sum, v[0])
			}
			next := make([]float64, n)
			for i := range v {
				next[i] = alpha[i] * v[i]
				if i > 0 {
					next[i] += beta[i-1] * v[i-1]
				}
				if i+1 < n {
					next[i] += beta[i] * v[i+1]
				}
			}
			v = next
		}
	})
}

// TestProbes: elements of modulus 1 and mean 0, vector i whatever the block.
func TestProbes(t *testing.T) {
	testProbes[float64](t, 2)
	testProbes[complex128](t, 4)
}

func testProbes[T scalar.Scalar](t *testing.T, kinds int) {
	const n = 4000
	z := dense.New[T](n, 5)
	fillProbes(z, 7, 0)
	count := map[T]int{}
	for _, v := range z.Data {
		count[v]++
		if scalar.Abs(v) != 1 {
			t.Fatalf("element %v", v)
		}
	}
	if len(count) != kinds {
		t.Errorf("%d different elements, want %d", len(count), kinds)
	}
	for v, c := range count {
		mean := 5 * n / float64(kinds)
		if math.Abs(float64(c)-mean) > 5*math.Sqrt(mean) {
			t.Errorf("%v occurs %d times in %d", v, c, 5*n)
		}
	}
	for a := range 5 {
		one := dense.New[T](n, 1)
		fillProbes(one, 7, a)
		for i, v := range one.Data {
			if v != z.At(i, a) {
				t.Fatalf("vector %d depends on its block", a)
			}
		}
		for b := range a {
			var dot T
			for i := range n {
				dot += scalar.Conj(z.At(i, a)) * z.At(i, b)
			}
			if scalar.Abs(dot) > 5*math.Sqrt(n) {
				t.Errorf("vectors %d and %d: product %v", a, b, dot)
			}
		}
	}
}

// TestIntercept: values that are a linear function of the covariates are
// reproduced; without covariates it is the mean.
func TestIntercept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, k := rapid.IntRange(8, 30).Draw(t, "values"), rapid.IntRange(0, 4).Draw(t, "covariates")
		covariates, values := make([][]float64, k), make([]float64, n)
		number := rapid.Float64Range(-1, 1)
		want := number.Draw(t, "intercept")
		slopes := rapid.SliceOfN(number, k, k).Draw(t, "slopes")
		for i := range n {
			values[i] = want
			for j, s := range slopes {
				// Uniform and independent of the seed, so that the fit is stable.
				x := math.Mod(float64(i+1)*math.Sqrt([]float64{2, 3, 5, 7}[j]), 1) - 0.5
				covariates[j] = append(covariates[j], x)
				values[i] += s * x
			}
		}
		got := intercept(covariates, values)
		if math.Abs(got.mean-want) > 1e-10 || got.standardError > 1e-10 {
			t.Fatalf("%+v, want %g", got, want)
		}
	})
}
