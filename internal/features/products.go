package features

import (
	"context"
	"fmt"
	"math"
	"sync"

	"eimtool/internal/eim"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// roundOff is the error of a sum of entries, relative to ε times the sum of
// their moduli: the sums are compensated, so what is left is the rounding of
// the entries themselves and of the quadrature behind them.
const roundOff = 4

// vector is one v of the products A·v; nil values mean all ones.
type vector[T scalar.Scalar] struct {
	kind   string
	number int // index into Options.Preserve, -1 for the row sums
	x      []T
	im     []float64 // imaginary part, Hermitian families only
}

// productVectors returns the vectors that the options ask for.
func productVectors[T scalar.Scalar](p *matrix.Pattern, opt Options) ([]vector[T], error) {
	var out []vector[T]
	if opt.RowSums {
		ones := make([]T, p.Cols)
		for j := range ones {
			ones[j] = 1
		}
		out = append(out, vector[T]{kind: KindRowSum, number: -1, x: ones})
	}
	for n, v := range opt.Preserve {
		if len(v) != p.Cols {
			return nil, &OptionError{"preserve", fmt.Sprintf("vector %d has %d values, the matrices have %d columns", n+1, len(v), p.Cols)}
		}
		if !scalar.AllFinite(v) {
			return nil, &OptionError{"preserve", fmt.Sprintf("vector %d holds a NaN or an infinite value", n+1)}
		}
		w := vector[T]{kind: KindPreserve, number: n, x: make([]T, p.Cols)}
		if opt.Hermitian {
			w.im = make([]float64, p.Cols)
		}
		zero := true
		for j, z := range v {
			w.x[j] = scalar.Of[T](real(z), imag(z))
			switch {
			case imag(z) == 0 || scalar.IsComplex[T]():
			case opt.Hermitian:
				w.im[j] = imag(z)
			default:
				return nil, &OptionError{"preserve", fmt.Sprintf("vector %d is complex, the matrices are real: give real and imaginary part as two vectors", n+1)}
			}
			zero = zero && z == 0
		}
		if zero {
			return nil, &OptionError{"preserve", fmt.Sprintf("vector %d is zero", n+1)}
		}
		out = append(out, w)
	}
	return out, nil
}

// addProduct adds the block A·v, unless it is nothing but round-off.
func (s *Set[T]) addProduct(ctx context.Context, rows [][]T, v vector[T], rowParts partition, opt Options) error {
	y, size, err := s.products(ctx, rows, v, opt.Threads)
	if err != nil {
		return err
	}
	top, err := largest(ctx, y, v.kind, opt.Threads)
	if err != nil {
		return err
	}
	b := eim.Block[T]{Name: v.kind, Cols: len(size), Rows: y, Scale: top, Magic: !opt.EntriesOnly}
	if top == 0 {
		return nil
	}
	if rowParts.count() > 1 {
		group := make([]int, b.Cols)
		for i := range group {
			group[i] = rowParts.of(i % s.pattern.Rows)
		}
		b.Scales = groupScales(y, group, rowParts.count())
	}
	b.Floor = make([]float64, b.Cols)
	noise := true
	for i, a := range size {
		level := roundOff * scalar.Eps * a
		b.Floor[i] = level / b.Scale
		if b.Scales != nil {
			b.Floor[i] = level / b.Scales[i]
		}
		for p := 0; p < len(y) && noise; p++ {
			noise = scalar.Abs(y[p][i]) <= level
		}
	}
	if !noise {
		s.add(b, v.number)
	}
	return nil
}

// products returns A_p·v of every snapshot and, for every component, the
// largest sum of moduli of its terms. Hermitian families: [Re; Im].
func (s *Set[T]) products(ctx context.Context, rows [][]T, v vector[T], threads int) (y [][]T, size []float64, err error) {
	n := s.pattern.Rows
	if s.planes {
		n *= 2
	}
	y, size = make([][]T, len(rows)), make([]float64, n)
	var mu sync.Mutex
	err = scalar.Each(ctx, len(rows), threads, func(p int) {
		sum := newProduct[T](n)
		if s.planes {
			s.planesProduct(rows[p], v, sum)
		} else {
			sum.add(s.pattern, rows[p], v.x, 0, mirror[T](s.pattern.Symmetry))
		}
		y[p] = sum.value()
		mu.Lock()
		defer mu.Unlock()
		for i, a := range sum.size {
			size[i] = math.Max(size[i], a) // a maximum does not depend on the order
		}
	})
	return y, size, err
}

// planesProduct computes A·v for a row [Re; Im]: the real part is symmetric,
// the imaginary part antisymmetric when the pattern is Hermitian.
func (s *Set[T]) planesProduct(row []T, v vector[T], sum *product[T]) {
	n, nnz := s.pattern.Rows, s.pattern.NNZ()
	re, im := row[:nnz], row[nnz:]
	plus, minus := T(1), T(1)
	switch s.pattern.Symmetry {
	case matrix.Hermitian:
		minus = -1
	case matrix.SkewSymmetric:
		plus, minus = -1, -1
	}
	sum.add(s.pattern, re, v.x, 0, plus)
	sum.add(s.pattern, im, v.x, n, minus)
	if v.im == nil {
		return
	}
	x, negative := make([]T, len(v.im)), make([]T, len(v.im))
	for j, a := range v.im {
		x[j], negative[j] = scalar.Of[T](a, 0), scalar.Of[T](-a, 0)
	}
	sum.add(s.pattern, re, x, n, plus)
	sum.add(s.pattern, im, negative, 0, minus)
}

// mirror returns the factor of mirrored entries; complex Hermitian snapshots
// never come here, they are held as planes.
func mirror[T scalar.Scalar](s matrix.Symmetry) T {
	if s == matrix.SkewSymmetric {
		return -1
	}
	return 1
}

// product is a sum of matrix-vector products, compensated (TwoSum).
type product[T scalar.Scalar] struct {
	y, c []T
	size []float64 // sums of the moduli of the terms
}

func newProduct[T scalar.Scalar](n int) *product[T] {
	return &product[T]{make([]T, n), make([]T, n), make([]float64, n)}
}

// add adds A·x to components offset.. . Mirrored entries count mirror times.
func (s *product[T]) add(p *matrix.Pattern, a, x []T, offset int, mirror T) {
	symmetric := p.Symmetry != matrix.General
	for j := range p.Cols {
		lo, hi := p.Column(j)
		for k := lo; k < hi; k++ {
			i := p.Row(k, j)
			s.term(offset+i, a[k]*x[j])
			if symmetric && i != j {
				s.term(offset+j, mirror*a[k]*x[i])
			}
		}
	}
}

func (s *product[T]) term(i int, v T) {
	y := s.y[i]
	t := y + v
	u := t - y
	s.y[i] = t
	s.c[i] += (y - (t - u)) + (v - u)
	s.size[i] += math.Abs(scalar.Real(v)) + math.Abs(scalar.Imag(v))
}

// value returns the sums, rounded.
func (s *product[T]) value() []T {
	for i, c := range s.c {
		s.y[i] += c
	}
	return s.y
}
