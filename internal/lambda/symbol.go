package lambda

import (
	"math"
	"math/cmplx"
	"math/rand/v2"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// symbols returns the dictionary 1, 1/(h·x), log(h·x) of a quantity for the
// directions x, the last two divided by their largest modulus over the rows of
// h. The constant is a group of its own and so comes first.
func symbols[T scalar.Scalar](h, x *dense.Matrix[T], quantity string) (*Functions[T], []int) {
	f := &Functions[T]{X: dense.New[T](1, h.Cols), Form: []uint8{formOne}, Divisor: []float64{1}}
	if quantity != LogDet {
		f.addSymbols(formInverse, h, x)
	}
	if quantity != Inverse {
		f.addSymbols(formLog, h, x)
	}
	return f, []int{1, f.count()}
}

func (f *Functions[T]) addSymbols(form uint8, h, x *dense.Matrix[T]) {
	var most float64
	for i := range h.Rows {
		for j := range x.Rows {
			d := symbolOf(h.Row(i), x.Row(j))
			if form == formInverse {
				d = 1 / d
			} else {
				d = logarithm(d)
			}
			most = math.Max(most, scalar.Abs(d))
		}
	}
	if most == 0 { // log 1 everywhere
		most = 1
	}
	for range x.Rows {
		f.Form, f.Divisor = append(f.Form, form), append(f.Divisor, most)
	}
	f.X.Data = append(f.X.Data, x.Data...)
	f.X.Rows += x.Rows
}

// logarithm returns the principal logarithm.
func logarithm[T scalar.Scalar](d T) T {
	switch v := any(d).(type) {
	case float64:
		return any(math.Log(v)).(T)
	case complex128:
		return any(cmplx.Log(v)).(T)
	}
	panic("lambda: unreachable")
}

// The simplex is sampled as follows: two coordinates at clusterCount ratios
// between 10^-clusterDecades and 10^clusterDecades, more by Dirichlet samples
// of several concentrations; always with the vertices.
const (
	clusterCount   = 300
	clusterDecades = 6
	dirichletLeast = 200 // per concentration
	dirichletMost  = 375
)

// simplex returns directions with nonnegative components of sum 1.
func simplex[T scalar.Scalar](k int, seed uint64) *dense.Matrix[T] {
	x := &dense.Matrix[T]{Cols: k}
	add := func(v []float64) {
		for _, a := range v {
			x.Data = append(x.Data, scalar.Of[T](a, 0))
		}
		x.Rows++
	}
	for j := range k {
		v := make([]float64, k)
		v[j] = 1
		add(v)
	}
	if k == 2 {
		for i := range clusterCount {
			r := math.Pow(10, clusterDecades*(2*float64(i)/(clusterCount-1)-1))
			add([]float64{1 / (1 + r), r / (1 + r)})
		}
	}
	if k < 3 {
		return x
	}
	rng := rand.New(rand.NewPCG(seed, 0x5d1e))
	count := min(dirichletMost, max(dirichletLeast, 50*k))
	for _, concentration := range []float64{0.1, 0.2, 0.5, 1} {
		for range count {
			add(dirichlet(rng, k, concentration))
		}
	}
	return x
}

// dirichlet returns a sample of the symmetric Dirichlet distribution.
func dirichlet(rng *rand.Rand, k int, concentration float64) []float64 {
	v := make([]float64, k)
	var sum float64
	for sum == 0 {
		for j := range v {
			v[j] = gamma(rng, concentration)
			sum += v[j]
		}
	}
	for j := range v {
		v[j] /= sum
	}
	return v
}

// gamma returns a sample of the Gamma distribution of shape a and scale 1
// (Marsaglia and Tsang, ACM TOMS 26(3), 2000).
func gamma(rng *rand.Rand, a float64) float64 {
	if a < 1 {
		return gamma(rng, a+1) * math.Pow(rng.Float64(), 1/a)
	}
	d := a - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := rng.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if u := 1 - rng.Float64(); math.Log(u) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}
