package features

import (
	"context"
	"fmt"
	"math"
	"sort"

	"eimtool/internal/eim"
	"eimtool/internal/scalar"
)

// partition holds the first index of every part but the first, and the size.
type partition []int

// parts checks the boundaries of the parts of 0..n-1.
func parts(name string, cuts []int, n int) (partition, error) {
	p := append(partition(nil), cuts...)
	if len(p) > 0 && p[0] == 0 {
		p = p[1:]
	}
	if len(p) > 0 && p[len(p)-1] == n {
		p = p[:len(p)-1]
	}
	last := 0
	for _, c := range p {
		if c <= last || c >= n {
			return nil, &OptionError{name, fmt.Sprintf("boundary %d is not an increasing number between 0 and %d", c, n)}
		}
		last = c
	}
	return p, nil
}

func (p partition) count() int { return len(p) + 1 }

// of returns the part that index i belongs to.
func (p partition) of(i int) int { return sort.SearchInts(p, i+1) }

// largest returns the largest modulus in rows. The error is a
// *eim.NonFiniteError for the block of that name.
func largest[T scalar.Scalar](ctx context.Context, rows [][]T, block string, threads int) (float64, error) {
	part := make([]float64, len(rows))
	bad := make([]bool, len(rows))
	err := scalar.Each(ctx, len(rows), threads, func(p int) {
		part[p], bad[p] = maxModulus(rows[p]), !scalar.AllFinite(rows[p])
	})
	if err != nil {
		return 0, err
	}
	var m float64
	for p, v := range part {
		if bad[p] {
			c := 0
			for scalar.AllFinite(rows[p][c : c+1]) {
				c++
			}
			return 0, &eim.NonFiniteError{Block: block, Row: p, Col: c}
		}
		m = math.Max(m, v)
	}
	return m, nil
}

// maxModulus returns max|x|. Complex moduli are compared as squares, after
// division by the largest part so that squares neither over- nor underflow.
func maxModulus[T scalar.Scalar](x []T) float64 {
	z, ok := any(x).([]complex128)
	if !ok {
		return scalar.MaxAbs(x)
	}
	var part, square float64
	for _, v := range z {
		part = max(part, math.Abs(real(v)), math.Abs(imag(v)))
	}
	if part == 0 || math.IsInf(part, 0) {
		return part
	}
	for _, v := range z {
		re, im := real(v)/part, imag(v)/part
		square = max(square, re*re+im*im)
	}
	return math.Sqrt(square) * part
}

// groupScales returns, for every column, the largest modulus over all rows in
// the columns of its group; 1 for a group of zeros.
func groupScales[T scalar.Scalar](rows [][]T, group []int, count int) []float64 {
	top := make([]float64, count)
	for _, r := range rows {
		for c, v := range r {
			if a := scalar.Abs(v); a > top[group[c]] {
				top[group[c]] = a
			}
		}
	}
	scales := make([]float64, len(group))
	for c, g := range group {
		if scales[c] = top[g]; scales[c] == 0 {
			scales[c] = 1
		}
	}
	return scales
}
