package answer

import (
	"context"
	"math/cmplx"
	"slices"

	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// Of cancellation: the number of columns that one goroutine looks at, and the
// ratio from which on the other triangle is looked at too.
const (
	cancellationColumns = 1024
	suspiciousLoss      = 100
)

// cancellation returns the largest ratio, over the columns of the matrix, of the
// moduli that were summed to the moduli that are left: by so much more than ε
// the entries of a column are wrong.
func (a *assembled[S]) cancellation(ctx context.Context, p *matrix.Pattern, threads int) (float64, error) {
	worst := make([]float64, scalar.BlockCount(p.Cols, cancellationColumns))
	err := scalar.Blocks(ctx, p.Cols, cancellationColumns, threads, func(b, first, last int) {
		for j := first; j < last; j++ {
			lo, hi := p.Column(j)
			summed, left := 0.0, 0.0
			for m, row := range a.rows {
				size := 0.0
				for _, v := range row[lo:hi] {
					size += scalar.Abs(v)
				}
				summed += cmplx.Abs(a.weights[m]) * size
			}
			for _, v := range a.values[lo:hi] {
				left += scalar.Abs(v)
			}
			worst[b] = max(worst[b], lossOf(summed, left))
		}
	})
	loss := slices.Max(append(worst, 1))
	if err != nil || loss < suspiciousLoss || p.Symmetry == matrix.General {
		return loss, err
	}
	return a.mirroredCancellation(p), nil
}

// mirroredCancellation is cancellation with the mirror images of stored entries:
// what one triangle has of a column may vanish with no loss to the whole.
func (a *assembled[S]) mirroredCancellation(p *matrix.Pattern) float64 {
	summed, left := make([]float64, p.Cols), make([]float64, p.Cols)
	p.Each(func(k, i, j int) {
		size := 0.0
		for m, row := range a.rows {
			size += cmplx.Abs(a.weights[m]) * scalar.Abs(row[k])
		}
		summed[j], left[j] = summed[j]+size, left[j]+scalar.Abs(a.values[k])
		if i != j {
			summed[i], left[i] = summed[i]+size, left[i]+scalar.Abs(a.values[k])
		}
	})
	loss := 1.0
	for j, s := range summed {
		loss = max(loss, lossOf(s, left[j]))
	}
	return loss
}

// lossOf is the ratio of what was summed to what is left, 1 for nothing of
// nothing.
func lossOf(summed, left float64) float64 {
	if summed <= left {
		return 1
	}
	return summed / left
}
