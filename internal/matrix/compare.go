package matrix

import (
	"context"
	"slices"
	"sort"

	"eimtool/internal/scalar"
)

// Distance holds the distance of two matrices in two norms of the full matrix.
type Distance struct {
	MaxAbs, Frobenius       float64 // of the difference
	RefMaxAbs, RefFrobenius float64 // of the reference
}

// RelativeMax returns max|A−B| / max|A|.
func (d Distance) RelativeMax() float64 { return ratio(d.MaxAbs, d.RefMaxAbs) }

// RelativeFrobenius returns ‖A−B‖_F / ‖A‖_F.
func (d Distance) RelativeFrobenius() float64 { return ratio(d.Frobenius, d.RefFrobenius) }

// ratio is a/b, with 0/0 = 0.
func ratio(a, b float64) float64 {
	if a == 0 {
		return 0
	}
	return a / b
}

// Compare returns the distance of b from the reference a. The two must have
// the same shape; their patterns, symmetries and fields may differ. It works
// on all processors, the result does not depend on their number, and no matrix
// is expanded.
func Compare(a, b *Matrix) Distance {
	if a.IsComplex() || b.IsComplex() {
		return compare[complex128](a, b)
	}
	return compare[float64](a, b)
}

func compare[T scalar.Scalar](a, b *Matrix) Distance {
	x, y := newSource[T](a), newSource[T](b)
	if a.Dense || b.Dense {
		every := make([]int32, a.Rows)
		for i := range every {
			every[i] = int32(i)
		}
		x.every, y.every = every, every
	}
	size := columnBlock(a.Cols, a.NNZ()+b.NNZ())
	parts := make([]pair, scalar.BlockCount(a.Cols, size))
	never := context.Background()
	_ = scalar.Blocks(never, a.Cols, size, 0, func(n, lo, hi int) { // never cancelled
		c := newComparison(x, y)
		for j := lo; j < hi; j++ {
			c.column(j)
		}
		parts[n] = c.result()
	})
	if (a.Symmetry == General) != (b.Symmetry == General) {
		parts = append(parts, compareUpper(x, y))
	}
	var sum pair
	for n := range parts {
		sum.ref.merge(&parts[n].ref)
		sum.diff.merge(&parts[n].diff)
	}
	var d Distance
	d.Frobenius, d.MaxAbs = sum.diff.norms()
	d.RefFrobenius, d.RefMaxAbs = sum.ref.norms()
	return d
}

// pair holds the measures of the reference and of the difference.
type pair struct{ ref, diff measure }

// source reads the entries of a matrix as scalars T.
type source[T scalar.Scalar] struct {
	*Pattern
	own   []T       // the values when they are scalars T
	real  []float64 // the values otherwise
	every []int32   // 0, 1, …: the rows of a dense column
}

func newSource[T scalar.Scalar](m *Matrix) source[T] {
	s := source[T]{Pattern: m.Pattern}
	if v, ok := any(m.Complex).([]T); ok && m.IsComplex() {
		s.own = v
	} else if v, ok := any(m.Real).([]T); ok {
		s.own = v
	} else {
		s.real = m.Real
	}
	return s
}

// at returns the value of position k.
func (s *source[T]) at(k int) T {
	if s.real != nil {
		return scalar.Of[T](s.real[k], 0)
	}
	return s.own[k]
}

// column returns the rows and values of the entries of column j, of those on
// and below the diagonal when lower is set. Values of the other field are
// converted into scratch.
func (s *source[T]) column(j int, lower bool, scratch *[]T) ([]int32, []T) {
	lo, hi := s.Column(j)
	var rows []int32
	if s.Dense {
		rows = s.every[s.Rows-(hi-lo):]
	} else {
		rows = s.RowIdx[lo:hi]
	}
	if lower && s.Symmetry == General {
		n := sort.Search(len(rows), func(k int) bool { return int(rows[k]) >= j })
		rows, lo = rows[n:], lo+n
	}
	if s.real == nil {
		return rows, s.own[lo:hi]
	}
	*scratch = (*scratch)[:0]
	for _, v := range s.real[lo:hi] {
		*scratch = append(*scratch, scalar.Of[T](v, 0))
	}
	return rows, *scratch
}

// comparison compares columns, of matrices of different symmetry the parts on
// and below the diagonal.
type comparison[T scalar.Scalar] struct {
	a, b               source[T]
	refOnce, refTwice  lane[T] // of the reference
	once, twice        lane[T] // of the difference
	scratchA, scratchB []T     // values converted to scalars T
	joinA, joinB       []T     // values on the joint rows
	mirrorA, mirrorB   []T     // mirror images
	rows               []int32 // the joint rows
}

func newComparison[T scalar.Scalar](a, b source[T]) *comparison[T] {
	c := &comparison[T]{a: a, b: b}
	c.refOnce.weight, c.once.weight = 1, 1
	c.refTwice.weight, c.twice.weight = 2, 2
	return c
}

// column compares column j.
func (c *comparison[T]) column(j int) {
	s, t := c.a.Symmetry, c.b.Symmetry
	ra, x := c.a.column(j, s != t, &c.scratchA)
	rb, y := c.b.column(j, s != t, &c.scratchB)
	if !sameRows(ra, rb) {
		ra, x, y = c.join(ra, rb, x, y)
	}
	if s == General || t == General {
		c.addOnce(x, y)
		return
	}
	if len(ra) > 0 && int(ra[0]) == j {
		c.addOnce(x[:1], y[:1])
		x, y = x[1:], y[1:]
	}
	if s == t {
		c.refTwice.add(x)
		c.twice.addDifference(x, y)
		return
	}
	c.addOnce(x, y)
	c.mirrorA, c.mirrorB = mirrored(s, x, c.mirrorA), mirrored(t, y, c.mirrorB)
	c.addOnce(c.mirrorA, c.mirrorB)
}

func (c *comparison[T]) addOnce(x, y []T) {
	c.refOnce.add(x)
	c.once.addDifference(x, y)
}

// join returns the rows that occur in ra or rb with the values of both, 0
// where one has no entry.
func (c *comparison[T]) join(ra, rb []int32, x, y []T) ([]int32, []T, []T) {
	rows, u, v := c.rows[:0], c.joinA[:0], c.joinB[:0]
	var k, l int
	for k < len(ra) && l < len(rb) {
		i := min(ra[k], rb[l])
		var p, q T
		if ra[k] == i {
			p = x[k]
			k++
		}
		if rb[l] == i {
			q = y[l]
			l++
		}
		rows, u, v = append(rows, i), append(u, p), append(v, q)
	}
	for ; k < len(ra); k++ {
		rows, u, v = append(rows, ra[k]), append(u, x[k]), append(v, 0)
	}
	for ; l < len(rb); l++ {
		rows, u, v = append(rows, rb[l]), append(u, 0), append(v, y[l])
	}
	c.rows, c.joinA, c.joinB = rows, u, v
	return rows, u, v
}

// result measures what is left and returns the sums over all columns.
func (c *comparison[T]) result() pair {
	for _, l := range []*lane[T]{&c.refOnce, &c.refTwice, &c.once, &c.twice} {
		l.flush()
	}
	p := pair{ref: c.refOnce.measure, diff: c.once.measure}
	p.ref.merge(&c.refTwice.measure)
	p.diff.merge(&c.twice.measure)
	return p
}

func sameRows(a, b []int32) bool {
	if len(a) != len(b) {
		return false
	}
	return len(a) == 0 || &a[0] == &b[0] || slices.Equal(a, b)
}

// mirrored returns the mirror images of the values x in the storage of out.
func mirrored[T scalar.Scalar](s Symmetry, x, out []T) []T {
	out = out[:0]
	for _, v := range x {
		out = append(out, Mirror(s, v))
	}
	return out
}
