package main

import (
	"slices"

	"eimtool/internal/dense"
	"eimtool/internal/eim"
	"eimtool/internal/scalar"
)

// What remains of an interpolant after a loss: every method returns the largest
// error over test parameters and points.

// minimumNorm loses sensor l: β of smallest 2-norm by QR.
func (s *sensors[T]) minimumNorm(l int) (float64, error) { return s.partial(nil, []int{l}) }

// weighted loses sensor l: β of smallest βᴴ·C⁻¹·β, where C = Σ β(μ)·β(μ)ᴴ over
// the training parameters. With β(μ)ᵀ in the rows of B = Q·R, β = Rᵀ·z for the
// z of smallest norm with (R·F')ᵀ·z = g, F' being F without column l.
func (s *sensors[T]) weighted(l int) (float64, error) {
	d := len(s.sel.Features)
	b := dense.New[T](s.train.RowCount(), d)
	values := make([]T, d)
	for p := range b.Rows {
		for k, f := range s.sel.Features {
			values[k] = s.train.Value(p, f)
		}
		beta, err := s.sel.Beta(values)
		if err != nil {
			return 0, err
		}
		copy(b.Row(p), beta)
	}
	r := dense.QR(b).R()
	rf := dense.Mul(r, s.without(l)).Transpose()
	return s.error(s.sel, func(values []T) ([]T, error) {
		g := column(s.kept(l, values))
		z, _, err := dense.MinNorm(rf, g, 0)
		if err != nil {
			return nil, err
		}
		return dense.VecMul(z.Data, r), nil
	})
}

// bothLost loses sensor l and leaves out a field too, the one without which the
// square rest of F has the largest determinant: det F times an entry of row l
// of F⁻¹.
func (s *sensors[T]) bothLost(l int) (float64, error) {
	unit := make([]T, len(s.sel.Features))
	unit[l] = scalar.Of[T](1, 0)
	row, err := s.sel.Beta(unit)
	if err != nil {
		return 0, err
	}
	field := 0
	for m, x := range row {
		if scalar.Abs(x) > scalar.Abs(row[field]) {
			field = m
		}
	}
	return s.partial([]int{field}, []int{l})
}

// fieldLost loses field l and keeps all sensors: β by least squares.
func (s *sensors[T]) fieldLost(l int) (float64, error) { return s.partial([]int{l}, nil) }

func (s *sensors[T]) partial(fields, points []int) (float64, error) {
	p, err := s.sel.Partial(fields, points)
	if err != nil {
		return 0, err
	}
	return s.error(s.sel, p.Beta)
}

// chosenAnew excludes the point of sensor l and chooses d others.
func (s *sensors[T]) chosenAnew(l int) (float64, error) {
	u, err := eim.Reselect(s.ctx, s.train, s.sel, s.sel.Features[l:l+1], 0)
	if err != nil {
		return 0, err
	}
	return s.error(u, u.Beta)
}

// pseudoInverse loses sensor l and multiplies by an explicit F⁺ = V·Σ⁻¹·Uᴴ.
func (s *sensors[T]) pseudoInverse(l int) (float64, error) {
	u, sigma, v, err := dense.SVD(s.without(l))
	if err != nil {
		return 0, err
	}
	for j, x := range sigma {
		for i := range v.Rows {
			v.Set(i, j, v.At(i, j)*scalar.Of[T](1/x, 0))
		}
	}
	plus := dense.Mul(v, dense.ConjTranspose(u))
	return s.error(s.sel, func(values []T) ([]T, error) {
		return dense.VecMul(s.kept(l, values), plus), nil
	})
}

// without returns F without the column of sensor l.
func (s *sensors[T]) without(l int) *dense.Matrix[T] {
	var rows []T
	for m := range s.sel.Values.Rows {
		rows = append(rows, s.kept(l, s.sel.Values.Row(m))...)
	}
	d := s.sel.Values.Rows
	return &dense.Matrix[T]{Rows: d, Cols: d - 1, Data: rows}
}

// kept returns the values without that of sensor l.
func (s *sensors[T]) kept(l int, values []T) []T {
	return slices.Delete(slices.Clone(values), l, l+1)
}
