package answer

import (
	"context"
	"math"
	"testing"

	"eimtool/internal/matrix"
)

// A column of one triangle may vanish while its mirror images keep the matrix
// well determined; a whole column that cancels is lost.
func TestCancellation(t *testing.T) {
	skew := &matrix.Pattern{Rows: 3, Cols: 3, Symmetry: matrix.SkewSymmetric, ColPtr: []int{0, 2, 3, 3}, RowIdx: []int32{1, 2, 2}}
	general := &matrix.Pattern{Rows: 2, Cols: 2, ColPtr: []int{0, 1, 2}, RowIdx: []int32{0, 1}}
	for _, c := range []struct {
		name    string
		p       *matrix.Pattern
		rows    [][]float64
		weights []complex128
		values  []float64
		want    float64
	}{
		{"nothing is lost", general, [][]float64{{1, 2}, {3, 4}}, []complex128{1, 1}, []float64{4, 6}, 1},
		{"half", general, [][]float64{{3, 2}, {1, 4}}, []complex128{1, -1}, []float64{2, -2}, 3},
		{"a column is lost", general, [][]float64{{1, 2}, {1, 4}}, []complex128{1, -1}, []float64{0, -2}, math.Inf(1)},
		{"zero of zeros", general, [][]float64{{0, 2}, {0, 4}}, []complex128{1, 1}, []float64{0, 6}, 1},
		{"one triangle", skew, [][]float64{{1, 1, 1}, {0, 0, 1}}, []complex128{1, -1}, []float64{1, 1, 0}, 3},
	} {
		a := &assembled[float64]{values: c.values, weights: c.weights, rows: c.rows}
		got, err := a.cancellation(context.Background(), c.p, 2)
		if err != nil || got != c.want {
			t.Errorf("%s: %g, %v, want %g", c.name, got, err, c.want)
		}
	}
}
