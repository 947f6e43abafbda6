package bracket

// Programs of up to rowsMost rows need no allocation, with floatsMost numbers.
const (
	rowsMost   = 12
	floatsMost = rowsMost * (rowsMost + 4)
)

// pivotLeast is the change of a basic variable per unit of the entering one
// below which it counts as none, and does not limit the step.
const pivotLeast = 1e-10

// simplex is the state of a revised simplex method with explicit inverse
// (Chvátal, Linear Programming, chapter 7) for
//
//	min Σ cost_j·x_j,  Σ column_j·x_j + Σ sign·slack_k·e_k = right,  x, slack ≥ 0.
//
// Callers set a feasible basis and read the basic solution, which need not be
// optimal: every one gives a valid bound. Basic variable i is column basis[i],
// or slack ^basis[i] if that is negative. There is no provision against
// cycling but the limit on the steps.
type simplex struct {
	rows    int
	columns []float64 // by columns of rows elements
	cost    []float64 // of the columns; nil: all -1
	sign    float64   // of the slacks
	slacks  int       // slack k belongs to row k < slacks
	free    int       // basic variable of either sign, which never leaves; -1: none

	inverse []float64 // of the basis, by rows
	value   []float64 // of the basic variables
	charge  []float64 // their costs
	basis   []int

	dual, step []float64
}

// newSimplex returns a state for a number of rows, zero throughout. floats and
// basis are zero and hold it if it fits.
func newSimplex(rows int, floats []float64, basis []int) simplex {
	square := rows * rows
	if rows > len(basis) {
		floats, basis = make([]float64, square+4*rows), make([]int, rows)
	}
	return simplex{
		rows: rows, inverse: floats[:square], value: floats[square : square+rows],
		charge: floats[square+rows : square+2*rows], dual: floats[square+2*rows : square+3*rows],
		step: floats[square+3*rows : square+4*rows], basis: basis[:rows],
	}
}

// minimise moves to better bases, at most limit times.
func (s *simplex) minimise(limit int) {
	for range limit {
		for k := range s.dual {
			s.dual[k] = 0
		}
		for i, c := range s.charge {
			if c != 0 {
				for k, v := range s.inverse[i*s.rows : (i+1)*s.rows] {
					s.dual[k] += c * v
				}
			}
		}
		enter, ok := s.price()
		if !ok || !s.pivot(enter) {
			return
		}
	}
}

// price returns the variable of most negative reduced cost, the first of equals.
func (s *simplex) price() (enter int, ok bool) {
	const least = -1e-13
	best := least
	r := s.rows
	dual := s.dual[:r]
	for j, at := 0, 0; at < len(s.columns); j, at = j+1, at+r {
		reduced := -1.0
		if s.cost != nil {
			reduced = s.cost[j]
		}
		for k, v := range s.columns[at : at+r] {
			reduced -= dual[k] * v
		}
		if reduced < best {
			best, enter, ok = reduced, j, true
		}
	}
	for k, v := range dual[:s.slacks] {
		if reduced := -s.sign * v; reduced < best {
			best, enter, ok = reduced, ^k, true
		}
	}
	return enter, ok
}

// pivot brings a variable into the basis; false: nothing limits it.
func (s *simplex) pivot(enter int) bool {
	r := s.rows
	for i := range s.step {
		row := s.inverse[i*r : (i+1)*r]
		if enter < 0 {
			s.step[i] = s.sign * row[^enter]
			continue
		}
		var v float64
		for k, a := range s.columns[enter*r : (enter+1)*r] {
			v += row[k] * a
		}
		s.step[i] = v
	}
	leave := -1
	var length float64
	for i, d := range s.step {
		if i == s.free || d <= pivotLeast {
			continue
		}
		if l := max(s.value[i], 0) / d; leave < 0 || l < length {
			leave, length = i, l
		}
	}
	if leave < 0 {
		return false
	}
	s.exchange(enter, leave, length)
	return true
}

// exchange replaces basic variable leave by enter at the given value.
func (s *simplex) exchange(enter, leave int, length float64) {
	r := s.rows
	pivotRow := s.inverse[leave*r : (leave+1)*r]
	scale := 1 / s.step[leave]
	for k := range pivotRow {
		pivotRow[k] *= scale
	}
	for i, d := range s.step {
		if i == leave || d == 0 {
			continue
		}
		s.value[i] -= d * length
		row := s.inverse[i*r : (i+1)*r]
		for k, v := range pivotRow {
			row[k] -= d * v
		}
	}
	s.value[leave], s.basis[leave], s.charge[leave] = length, enter, 0
	if enter >= 0 {
		s.charge[leave] = -1
		if s.cost != nil {
			s.charge[leave] = s.cost[enter]
		}
	}
}
