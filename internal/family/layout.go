package family

import (
	"fmt"
	"math"

	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// layout is how all snapshots of a family are stored.
type layout struct {
	rows, cols int
	symmetry   matrix.Symmetry
	dense      bool
	mixed      bool // some snapshots come in another form
}

func layoutOf(p *matrix.Pattern) layout {
	return layout{rows: p.Rows, cols: p.Cols, symmetry: p.Symmetry, dense: p.Dense}
}

// kind returns the symmetry in which the matrix is stored: hermitian without
// complex values is symmetric.
func (h head) kind() matrix.Symmetry {
	if h.Symmetry == matrix.Hermitian && h.Field != "complex" {
		return matrix.Symmetric
	}
	return h.Symmetry
}

// decide chooses the layout of a family from the headers of its files, which
// have one shape. The symmetry is kept when all files share it; real symmetric
// files among hermitian ones are hermitian; otherwise both triangles are
// stored. One dense file makes the family dense.
func decide(t *Table, heads []head) (layout, []string) {
	var (
		l     layout
		warn  []string
		first = -1
		kinds = map[matrix.Symmetry]int{}
		dense int
		total int
	)
	hermitian := true // all files are hermitian matrices
	for i, h := range heads {
		if !h.known {
			continue
		}
		if first < 0 {
			first = i
			l.rows, l.cols, l.symmetry = h.Rows, h.Cols, h.kind()
		}
		total++
		kinds[h.kind()]++
		if h.Format == "array" {
			dense++
		}
		hermitian = hermitian && (h.kind() == matrix.Hermitian || h.kind() == matrix.Symmetric && h.Field != "complex")
	}
	l.dense = dense > 0
	if l.dense && dense < total {
		l.mixed = true
		warn = append(warn, fmt.Sprintf("%d of %d files are sparse (coordinate) and are stored densely, as the others", total-dense, total))
	}
	if len(kinds) <= 1 {
		return l, warn
	}
	l.mixed = true
	if hermitian {
		l.symmetry = matrix.Hermitian
		return l, warn
	}
	for i, h := range heads {
		if h.known && h.kind() != l.symmetry {
			warn = append(warn, fmt.Sprintf("symmetries differ (%q is %v, %q is %v): both triangles of all matrices are stored",
				t.Samples[first].File, l.symmetry, t.Samples[i].File, h.kind()))
			break
		}
	}
	l.symmetry = matrix.General
	return l, warn
}

// entries returns how many entries a file with header h and n stored ones has
// in layout l.
func (l layout) entries(h head, n int64) int64 {
	if l.dense && h.Format == "array" && h.kind() == l.symmetry {
		return n
	}
	if l.dense {
		full := mulBytes(int64(l.rows), int64(l.cols))
		if l.symmetry != matrix.General {
			full = full/2 + int64(l.rows)
		}
		return full
	}
	if l.symmetry == matrix.General && h.kind() != matrix.General {
		return mulBytes(n, 2)
	}
	return n
}

// conform returns m in layout l, m itself when it has it already. The values
// may be shared. A general matrix is folded into a symmetric layout when it is
// symmetric to rounding; otherwise the error says that it is not.
func (l layout) conform(m *matrix.Matrix) (*matrix.Matrix, error) {
	if m.Rows != l.rows || m.Cols != l.cols {
		return nil, fmt.Errorf("is %d x %d, but the family is %d x %d", m.Rows, m.Cols, l.rows, l.cols)
	}
	if m.Symmetry != l.symmetry {
		if l.symmetry == matrix.General {
			if !l.dense {
				m = m.Expand()
			}
		} else if same := relabel(m, l.symmetry); same != nil {
			m = same
		} else {
			var err error
			if m, err = fold(m, l.symmetry); err != nil {
				return nil, err
			}
		}
	}
	switch {
	case l.dense && (!m.Dense || m.Symmetry != l.symmetry):
		return l.fill(m), nil
	case !l.dense && m.Dense:
		return sparse(m), nil
	}
	return m, nil
}

// relabel returns m under another symmetry that its stored triangle also has:
// symmetric and hermitian are one for real values. Nil when that is not so.
func relabel(m *matrix.Matrix, s matrix.Symmetry) *matrix.Matrix {
	both := func(t matrix.Symmetry) bool { return t == matrix.Symmetric || t == matrix.Hermitian }
	if !both(m.Symmetry) || !both(s) || m.IsComplex() && !allReal(m.Complex) {
		return nil
	}
	p := *m.Pattern
	p.Symmetry = s
	return &matrix.Matrix{Pattern: &p, Values: m.Values}
}

// fill returns m as a dense matrix in layout l, whose symmetry is general or
// that of m.
func (l layout) fill(m *matrix.Matrix) *matrix.Matrix {
	p := &matrix.Pattern{Rows: l.rows, Cols: l.cols, Symmetry: l.symmetry, Dense: true}
	d := &matrix.Matrix{Pattern: p}
	if m.IsComplex() {
		d.Complex = fillDense(p, m.Pattern, m.Complex)
	} else {
		d.Real = fillDense(p, m.Pattern, m.Real)
	}
	return d
}

func fillDense[T scalar.Scalar](p, q *matrix.Pattern, v []T) []T {
	d := make([]T, p.NNZ())
	mirror := q.Symmetry != p.Symmetry
	q.Each(func(k, i, j int) {
		at, ok := p.Find(i, j)
		if !ok {
			return // a zero on the diagonal of a skew-symmetric matrix
		}
		d[at] = v[k]
		if mirror && i != j {
			at, _ = p.Find(j, i)
			d[at] = matrix.Mirror(q.Symmetry, v[k])
		}
	})
	return d
}

// sparse returns a dense matrix as a sparse one with all entries stored.
func sparse(m *matrix.Matrix) *matrix.Matrix {
	p := &matrix.Pattern{
		Rows: m.Rows, Cols: m.Cols, Symmetry: m.Symmetry,
		ColPtr: make([]int, m.Cols+1), RowIdx: make([]int32, m.NNZ()),
	}
	m.Each(func(k, i, j int) {
		p.RowIdx[k] = int32(i)
		p.ColPtr[j+1] = k + 1
	})
	for j := range m.Cols { // columns without entries
		p.ColPtr[j+1] = max(p.ColPtr[j+1], p.ColPtr[j])
	}
	return &matrix.Matrix{Pattern: p, Values: m.Values}
}

// foldTolerance is the asymmetry, relative to the largest entry, that passes
// for rounding: two sums of the same terms in different order differ by a few
// units of 2⁻⁵².
const foldTolerance = 64 * scalar.Eps

// fold returns the lower triangle of m as a matrix of symmetry s.
func fold(m *matrix.Matrix, s matrix.Symmetry) (*matrix.Matrix, error) {
	m = m.Expand()
	p := &matrix.Pattern{Rows: m.Rows, Cols: m.Cols, Symmetry: s, ColPtr: make([]int, m.Cols+1)}
	f := &matrix.Matrix{Pattern: p}
	var largest float64
	for k := range m.Len() {
		v := m.At(k)
		largest = max(largest, math.Hypot(real(v), imag(v)))
	}
	var failed error
	m.Each(func(k, i, j int) {
		if failed != nil {
			return
		}
		var other complex128
		if at, ok := m.Find(j, i); ok {
			other = m.At(at)
		}
		v := m.At(k)
		if d := v - matrix.Mirror(s, other); math.Hypot(real(d), imag(d)) > foldTolerance*largest {
			failed = fmt.Errorf("is not %v, as the family is: entry (%d, %d) is %v and (%d, %d) is %v", s, i+1, j+1, show(v), j+1, i+1, show(other))
		}
		if i < j {
			return
		}
		p.RowIdx = append(p.RowIdx, int32(i))
		p.ColPtr[j+1]++
		if m.IsComplex() {
			f.Complex = append(f.Complex, m.Complex[k])
		} else {
			f.Real = append(f.Real, m.Real[k])
		}
	})
	for j := range m.Cols {
		p.ColPtr[j+1] += p.ColPtr[j]
	}
	return f, failed
}

// show writes a value without an imaginary part that is zero.
func show(v complex128) string {
	if imag(v) == 0 {
		return fmt.Sprint(real(v))
	}
	return fmt.Sprint(v)
}

// allReal reports whether no imaginary part differs from zero.
func allReal(v []complex128) bool {
	for _, x := range v {
		if imag(x) != 0 {
			return false
		}
	}
	return true
}
