package partial

import (
	"fmt"
	"math"

	"eimtool/internal/family"
	"eimtool/internal/scalar"
)

// The values that a candidate was sampled at and its full matrix must agree.
// What differs by more than contradiction times the spread of the values over
// the candidates contradicts; what differs less is noise. Where a row has many
// values, as many as manyValues, one that another candidate's values meet far
// better contradicts too, if it differs by more than contradictionOrder of the
// spread.
const (
	contradiction      = 1e-3
	contradictionOrder = 1e-6
	manyValues         = 10
)

// reconcile compares all answers with the matrices that are known and puts the
// entries of the matrices in place of the values. It returns the
// differences that are left: the noise of the data. The error is of type
// *family.TableError.
func (f *folder) reconcile(fam *family.Family, matrices []known) (noise, error) {
	l := layoutOf(fam)
	n := noise{own: map[int]float64{}, written: f.sampled.written}
	for m, k := range matrices {
		size := 0.0
		for _, a := range f.answers {
			exact := make([]complex128, len(a.positions))
			for x, p := range a.positions {
				exact[x] = entry(fam, l, m, p)
			}
			d, err := f.compare(a, k, exact)
			if err != nil {
				return n, err
			}
			if a == f.sampled {
				size = scalar.MaxAbs(exact)
			}
			n.own[k.candidate] = max(n.own[k.candidate], d)
			if a.replaced == nil {
				a.replaced = map[int][]complex128{}
			}
			a.replaced[k.candidate], a.values[k.candidate] = a.values[k.candidate], exact
		}
		d := n.own[k.candidate]
		if n.difference = max(n.difference, d); d > 0 && size > 0 {
			n.relative = max(n.relative, d/size)
		}
	}
	return n, nil
}

// entry returns the entry at p of matrix m of the family.
func entry(fam *family.Family, l layout, m int, p Position) complex128 {
	switch {
	case fam.Hermitian:
		return complex(at(l, fam.Real[m], Column{p, false}), at(l, fam.Real[m], Column{p, true}))
	case fam.Real != nil:
		return complex(at(l, fam.Real[m], Column{p, false}), 0)
	}
	return at(l, fam.Complexes[m], Column{p, false})
}

// compare returns the largest difference between the values of a matrix and
// those supplied for its candidate, or the error that they contradict.
func (f *folder) compare(a *answer, k known, exact []complex128) (float64, error) {
	own := a.values[k.candidate]
	worst, difference := farthest(own, exact)
	if difference == 0 {
		return 0, nil
	}
	spread, size := 0.0, scalar.MaxAbs(exact)
	for _, v := range a.values {
		_, d := farthest(v, exact)
		spread, size = max(spread, d), max(size, scalar.MaxAbs(v))
	}
	if difference <= 64*scalar.Eps*size {
		return difference, nil
	}
	other, nearest := -1, math.Inf(1)
	for p, v := range a.values {
		if _, d := farthest(v, exact); p != k.candidate && d < nearest {
			other, nearest = p, d
		}
	}
	ordered := len(a.positions) >= manyValues && nearest < difference/10
	if difference <= contradiction*spread && !(ordered && difference > contradictionOrder*spread) {
		return difference, nil
	}
	e := &family.TableError{
		File: a.file, Line: a.lines[k.candidate],
		Msg: fmt.Sprintf("entry %v of %s is %v here, but %v in %q", a.positions[worst], f.candidates.Mu(k.candidate),
			show(own[worst]), show(exact[worst]), k.path),
		Hint: "check rows and columns of the table, and that the matrix belongs to these parameters; then correct or remove the wrong file",
	}
	if ordered {
		e.Hint = fmt.Sprintf("the matrix agrees with line %d (%s): are the rows in the wrong order, or is the matrix of another candidate? correct or remove the wrong file",
			a.lines[other], f.candidates.Mu(other))
	}
	return 0, e
}

// farthest returns where x and y differ most, and by how much.
func farthest(x, y []complex128) (at int, d float64) {
	for k := range x {
		if e := scalar.Abs(x[k] - y[k]); e > d {
			at, d = k, e
		}
	}
	return at, d
}

// show writes a value without an imaginary part that is zero.
func show(v complex128) string {
	if imag(v) == 0 {
		return fmt.Sprint(real(v))
	}
	return fmt.Sprint(v)
}
