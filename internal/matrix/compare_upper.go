package matrix

import "eimtool/internal/scalar"

// compareUpper compares the parts above the diagonal when one of a and b is
// general and the other stores its lower triangle alone. It goes through the
// rows of the latter's upper triangle, that is through the columns stored, and
// keeps for every column of the general matrix how far it has come in it.
func compareUpper[T scalar.Scalar](a, b source[T]) pair {
	c := newComparison(a, b)
	general, half := &a, &b
	if a.Symmetry != General {
		general, half = &b, &a
	}
	u := upper[T]{comparison: c, general: general, swap: general == &b, next: make([]int, a.Cols)}
	for r := range u.next {
		u.next[r] = general.start(r)
	}
	for i := range half.Cols {
		rows, v := half.column(i, true, &c.scratchA)
		if len(rows) > 0 && int(rows[0]) == i {
			rows, v = rows[1:], v[1:]
		}
		for k, r := range rows {
			u.entry(i, int(r), Mirror(half.Symmetry, v[k]))
		}
	}
	for r := range u.next {
		u.skip(r, r)
	}
	u.flush()
	return c.result()
}

// upper is the state of compareUpper.
type upper[T scalar.Scalar] struct {
	*comparison[T]
	general *source[T]
	swap    bool  // the general matrix is not the reference
	next    []int // per column of the general matrix, the first position not compared yet
}

// entry compares v, entry (i, r) of the half-stored matrix, and the entries
// above it in the general matrix, which the other has not.
func (u *upper[T]) entry(i, r int, v T) {
	u.skip(i, r)
	var g T
	if k := u.next[r]; k < u.general.start(r+1) && u.general.Row(k, r) == i {
		g = u.general.at(k)
		u.next[r]++
	}
	u.put(g, v)
}

// skip compares the entries of column r of the general matrix above row i with 0.
func (u *upper[T]) skip(i, r int) {
	k, end := u.next[r], u.general.start(r+1)
	for ; k < end && u.general.Row(k, r) < i; k++ {
		u.put(u.general.at(k), 0)
	}
	u.next[r] = k
}

func (u *upper[T]) put(g, v T) {
	u.joinA, u.joinB = append(u.joinA, g), append(u.joinB, v)
	if len(u.joinA) >= laneSize {
		u.flush()
	}
}

func (u *upper[T]) flush() {
	if u.swap {
		u.addOnce(u.joinB, u.joinA)
	} else {
		u.addOnce(u.joinA, u.joinB)
	}
	u.joinA, u.joinB = u.joinA[:0], u.joinB[:0]
}
