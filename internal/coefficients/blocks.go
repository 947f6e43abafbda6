package coefficients

import (
	"math"

	"eimtool/internal/dense"
)

// blocks carries I − Q_G Q_Gᵀ of every event while columns are added to Q.
type blocks struct {
	events [][]int
	rest   []*dense.Matrix[float64]
}

func newBlocks(p *problem) *blocks {
	b := &blocks{events: p.events}
	for _, g := range p.events {
		m := dense.New[float64](len(g), len(g))
		for k := range g {
			m.Set(k, k, 1)
		}
		b.rest = append(b.rest, m)
	}
	return b
}

// add takes the column q into account.
func (b *blocks) add(q []float64) {
	for e, g := range b.events {
		for k, i := range g {
			row := b.rest[e].Row(k)
			for l, j := range g {
				row[l] -= q[i] * q[j]
			}
		}
	}
}

// leftOut returns (I − Q_G Q_Gᵀ)⁻¹ res_G for every event; nil when a set of
// samples is needed to determine the fit.
func (b *blocks) leftOut(res *dense.Matrix[float64]) *dense.Matrix[float64] {
	out := dense.New[float64](eventRows(b.events), res.Cols)
	row := 0
	for e, g := range b.events {
		rhs := dense.Matrix[float64]{Rows: len(g), Cols: res.Cols, Data: out.Data[row*res.Cols : (row+len(g))*res.Cols]}
		for k, i := range g {
			copy(rhs.Row(k), res.Row(i))
		}
		if !solveSmall(b.rest[e], &rhs) {
			return nil
		}
		row += len(g)
	}
	return out
}

// solveSmall solves M·X = B in place for a symmetric positive definite M with
// eigenvalues in [0, 1]; false when a pivot is below 1e-8.
func solveSmall(m, b *dense.Matrix[float64]) bool {
	n := m.Rows
	l := m.Clone()
	for k := range n {
		d := l.At(k, k) - dot(l.Row(k)[:k], l.Row(k)[:k])
		if !(d > 1e-8) {
			return false
		}
		d = math.Sqrt(d)
		l.Set(k, k, d)
		for i := k + 1; i < n; i++ {
			l.Set(i, k, (l.At(i, k)-dot(l.Row(i)[:k], l.Row(k)[:k]))/d)
		}
	}
	for k := range n {
		row := b.Row(k)
		for i := range k {
			axpy(-l.At(k, i), b.Row(i), row)
		}
		for j := range row {
			row[j] /= l.At(k, k)
		}
	}
	for k := n - 1; k >= 0; k-- {
		row := b.Row(k)
		for i := k + 1; i < n; i++ {
			axpy(-l.At(i, k), b.Row(i), row)
		}
		for j := range row {
			row[j] /= l.At(k, k)
		}
	}
	return true
}
