package partial

import (
	"fmt"
	"math"
	"strconv"

	"eimtool/internal/family"
)

// answer is a table of entries, one row per candidate.
type answer struct {
	file      string
	positions []Position
	lines     []int          // per candidate, line of its row
	values    [][]complex128 // per candidate, one value per position
	complex   bool           // some imaginary part is not zero
	written   written
	replaced  map[int][]complex128 // values of known candidates, in whose place are those of their matrices
}

// positions reads a request for entries; nil when there is none.
func (f *folder) positions(path string) ([]Position, error) {
	if !exists(path) {
		return nil, nil
	}
	t, err := family.ReadTable(path, family.TableOptions{Names: []string{"row", "col"}})
	if err != nil {
		return nil, err
	}
	out := make([]Position, len(t.Samples))
	for k, s := range t.Samples {
		for _, x := range s.Mu {
			if x != math.Trunc(x) || x < 1 || x > math.MaxInt32 {
				return nil, &family.TableError{
					File: path, Line: s.Line, Msg: fmt.Sprintf("(%v, %v) is no entry of a matrix", s.Mu[0], s.Mu[1]),
					Hint: "leave the requests as they are written; start again in another folder",
				}
			}
		}
		out[k] = Position{int(s.Mu[0]) - 1, int(s.Mu[1]) - 1}
	}
	return out, nil
}

// answer reads the values asked for at positions and notes them; nil when the
// file is not there.
func (f *folder) answer(path string, positions []Position) (*answer, error) {
	if !exists(path) {
		return nil, nil
	}
	t, err := family.ReadTable(path, family.TableOptions{Names: f.candidates.Names})
	if err != nil {
		return nil, err
	}
	n, width := len(positions), len(t.Columns)
	if width != n && width != 2*n {
		return nil, &family.TableError{
			File: path, Msg: fmt.Sprintf("%d columns of values; %d entries were asked for", width, n),
			Hint: fmt.Sprintf("after the parameters write one column per entry, in the order of the request (real), or two, real and imaginary part (complex): %d or %d columns", n, 2*n),
		}
	}
	a := &answer{file: path, positions: positions, lines: make([]int, len(f.candidates.Samples)), values: make([][]complex128, len(f.candidates.Samples))}
	for _, s := range t.Samples {
		i, err := f.match.find(t, s)
		if err != nil {
			return nil, err
		}
		if a.lines[i] > 0 {
			return nil, &family.TableError{
				File: path, Line: s.Line, Msg: fmt.Sprintf("%s has a row already (line %d)", f.candidates.Mu(i), a.lines[i]),
				Hint: "write one row per candidate",
			}
		}
		a.lines[i] = s.Line
		if a.values[i], err = a.row(t, s, width/n); err != nil {
			return nil, err
		}
	}
	if err := f.complete(a); err != nil {
		return nil, err
	}
	a.written = writtenAs(a.values)
	f.answers = append(f.answers, a)
	return a, nil
}

// row reads the values of one row, each of 1 or 2 cells.
func (a *answer) row(t *family.Table, s family.Sample, cells int) ([]complex128, error) {
	out := make([]complex128, len(a.positions))
	for k := range out {
		var parts [2]float64
		for c := range cells {
			at := cells*k + c
			x, err := strconv.ParseFloat(s.Extra[at], 64)
			if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
				return nil, &family.TableError{
					File: a.file, Line: s.Line, Column: t.Columns[at],
					Msg:  fmt.Sprintf("%q is not a finite number; the value of entry %v was expected", s.Extra[at], a.positions[k]),
					Hint: "every candidate needs a value of every entry; complex values are two columns, real and imaginary part",
				}
			}
			parts[c] = x
		}
		out[k] = complex(parts[0], parts[1])
		a.complex = a.complex || parts[1] != 0
	}
	return out, nil
}

// complete refuses an answer without rows for all candidates.
func (f *folder) complete(a *answer) error {
	missing, first := 0, -1
	for i, line := range a.lines {
		if line > 0 {
			continue
		}
		if missing++; first < 0 {
			first = i
		}
	}
	if missing == 0 {
		return nil
	}
	return &family.TableError{
		File: a.file,
		Msg:  fmt.Sprintf("no row for %s (%d of %d candidates are missing)", f.candidates.Mu(first), missing, len(a.lines)),
		Hint: "write one row per candidate of " + f.candidates.Source + ", in any order",
	}
}

// supplied returns the answer that has the value at p, and its number there;
// nil when nobody gave it.
func (f *folder) supplied(p Position) (a *answer, k int) {
	for _, a := range f.answers {
		for k, q := range a.positions {
			if q == p {
				return a, k
			}
		}
	}
	return nil, 0
}
