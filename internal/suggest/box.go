package suggest

import "eimtool/internal/coefficients"

// maxCorners is the number of parameters up to which Box begins with the
// corners of the box.
const maxCorners = 8

// Box returns at least count points of the training box of m, evenly spread in
// the coordinates of the model: the corners and then points of the Halton
// sequence. They depend on nothing else.
func Box(m *coefficients.Model, count int) [][]float64 {
	dim := len(m.Names)
	var varies []int
	for j := range dim {
		if m.Upper[j] > m.Lower[j] {
			varies = append(varies, j)
		}
	}
	var out [][]float64
	u := make([]float64, dim)
	if len(varies) <= maxCorners {
		for c := range 1 << len(varies) {
			for k, j := range varies {
				u[j] = float64(c >> k & 1)
			}
			out = append(out, m.FromUnit(u))
		}
	}
	if len(varies) == 0 {
		return out
	}
	halton := coefficients.Halton(max(0, count-len(out)), len(varies))
	for i := range halton.Rows {
		for k, j := range varies {
			u[j] = halton.At(i, k)
		}
		out = append(out, m.FromUnit(u))
	}
	return out
}
