package kernel

import (
	"fmt"
	"testing"

	"eimtool/internal/scalar"
)

// flops of one multiplication and addition.
func perTerm[T scalar.Scalar]() float64 {
	if scalar.IsComplex[T]() {
		return 8
	}
	return 2
}

func rate[T scalar.Scalar](b *testing.B, terms float64) {
	b.ReportMetric(perTerm[T]()*terms*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFlop/s")
	b.ReportMetric(0, "ns/op")
}

// bench runs f for all sets and scalars.
func bench(b *testing.B, sizes []int, threads []int, real func(*testing.B, *Set[float64], int, int), cplx func(*testing.B, *Set[complex128], int, int)) {
	for i, s := range sets[float64]() {
		c := sets[complex128]()[i]
		for _, th := range threads {
			for _, n := range sizes {
				b.Run(fmt.Sprintf("real/%s/threads=%d/n=%d", s.Name(), th, n), func(b *testing.B) { real(b, s, n, th) })
			}
			for _, n := range sizes {
				b.Run(fmt.Sprintf("complex/%s/threads=%d/n=%d", c.Name(), th, n), func(b *testing.B) { cplx(b, c, n, th) })
			}
		}
	}
}

func BenchmarkGemm(b *testing.B) {
	bench(b, []int{16, 32, 64, 128, 256, 1000}, []int{1, 2}, benchGemm[float64], benchGemm[complex128])
}

func benchGemm[T scalar.Scalar](b *testing.B, s *Set[T], n, threads int) {
	r := newRand(1)
	x, y, c := random[T](r, n, n), random[T](r, n, n), random[T](r, n, n)
	var w Work[T]
	for b.Loop() {
		s.Gemm(&w, NoTrans, NoTrans, n, n, n, x.v, n, y.v, n, c.v, n, threads)
	}
	rate[T](b, float64(n)*float64(n)*float64(n))
}

func BenchmarkHerk(b *testing.B) {
	bench(b, []int{128, 1000}, []int{1, 2}, benchHerk[float64], benchHerk[complex128])
}

func benchHerk[T scalar.Scalar](b *testing.B, s *Set[T], n, threads int) {
	r := newRand(1)
	x, c := random[T](r, n, n), random[T](r, n, n)
	var w Work[T]
	for b.Loop() {
		s.Herk(&w, ConjTrans, n, n, x.v, n, c.v, n, threads)
	}
	rate[T](b, float64(n)*float64(n)*float64(n)/2)
}

var frontSizes = []int{8, 16, 32, 64, 128, 256, 512, 1000}

func BenchmarkCholesky(b *testing.B) {
	bench(b, frontSizes, []int{1, 2}, benchCholesky[float64], benchCholesky[complex128])
}

func benchCholesky[T scalar.Scalar](b *testing.B, s *Set[T], n, threads int) {
	a := symmetric[T](newRand(1), n, true)
	for j := range n {
		a.set(j, j, scalar.Of[T](float64(4*n), 0))
	}
	benchFront(b, a, func(w *Work[T], f []T) { s.Cholesky(w, f, n, n, n, threads) })
	rate[T](b, float64(n)*float64(n)*float64(n)/6)
}

func BenchmarkLDL(b *testing.B) {
	bench(b, frontSizes, []int{1, 2}, benchLDL[float64], benchLDL[complex128])
}

func benchLDL[T scalar.Scalar](b *testing.B, s *Set[T], n, threads int) {
	a := symmetric[T](newRand(1), n, false)
	var p Pivots[T]
	benchFront(b, a, func(w *Work[T], f []T) { s.LDL(w, f, n, n, n, Pivoting{Tau: 0.01, Threads: threads}, &p) })
	rate[T](b, float64(n)*float64(n)*float64(n)/6)
}

func BenchmarkLU(b *testing.B) {
	bench(b, frontSizes, []int{1, 2}, benchLU[float64], benchLU[complex128])
}

func benchLU[T scalar.Scalar](b *testing.B, s *Set[T], n, threads int) {
	a := random[T](newRand(1), n, n)
	var p LUPivots
	benchFront(b, a, func(w *Work[T], f []T) { s.LU(w, f, n, n, n, Pivoting{Tau: 0.1, Threads: threads}, &p) })
	rate[T](b, float64(n)*float64(n)*float64(n)/3)
}

// benchFront factorises a again and again.
func benchFront[T scalar.Scalar](b *testing.B, a *plain[T], factor func(*Work[T], []T)) {
	f := make([]T, len(a.v))
	var w Work[T]
	for b.Loop() {
		copy(f, a.v)
		factor(&w, f)
	}
}

func BenchmarkSolve(b *testing.B) {
	bench(b, []int{1, 8, 64}, []int{1}, benchSolve[float64], benchSolve[complex128])
}

// benchSolve solves forward and backward with one front of 400 columns and
// 1000 rows.
func benchSolve[T scalar.Scalar](b *testing.B, s *Set[T], nrhs, _ int) {
	const m, k = 1000, 400
	r := newRand(1)
	l := random[T](r, m, k)
	for j := range k {
		l.set(j, j, 100)
	}
	x, y := make([]T, k*nrhs), make([]T, (m-k)*nrhs)
	var w Work[T]
	for b.Loop() {
		for i := range x {
			x[i] = 1
		}
		s.SolveLower(&w, NoTrans, false, l.v, m, k, x, nrhs, nrhs)
		s.Update(&w, NoTrans, l.v[k:], m, m-k, k, x, nrhs, y, nrhs, nrhs)
		s.Update(&w, ConjTrans, l.v[k:], m, m-k, k, y, nrhs, x, nrhs, nrhs)
		s.SolveLower(&w, ConjTrans, false, l.v, m, k, x, nrhs, nrhs)
	}
	rate[T](b, float64(nrhs)*(k*k+2*k*(m-k)))
}
