package measure

import (
	"eimtool/internal/dense"
)

const (
	restConstant = 30    // size of the column of the constant against those of atoms
	restRcond    = 1e-11 // directions of the data below it are noise
)

// rest adds to a nonnegative fit the signed weights of minimum norm that
// reproduce what it leaves of the data. The features of the shared cloud are
// those of Q·R, whose factor Q does not change norms: R stands for them.
func (p *problem) rest(m *member, w, b []float64) error {
	qr := &p.basis.qr
	shared := len(qr.Tau)
	a := dense.New[float64](shared+1+m.atoms.Rows, p.rows) // transposed
	for j := range p.rows {
		for i, v := range qr.V[j*qr.Rows:][:min(j+1, shared)] {
			a.Set(i, j, w[j]*v)
		}
	}
	residual := append([]float64(nil), b...)
	for i, kind := range p.kinds {
		if kind == 0 {
			a.Set(shared, i, restConstant*w[i])
			residual[i] -= w[i] * m.constant
		}
	}
	for j, weight := range m.weights {
		row := a.Row(shared + 1 + j)
		p.feature(m.atoms.Row(j), row, 0)
		for i, v := range w {
			row[i] *= v
		}
		dense.Axpy(-weight, row, residual)
	}
	z, err := minimumNorm(a, residual, restRcond)
	if err != nil {
		return err
	}
	m.shared = make([]float64, p.cloud.Rows)
	copy(m.shared, z[:shared])
	qr.ApplyQVec(m.shared)
	m.offset, m.own = restConstant*z[shared], z[shared+1:]
	return nil
}

// minimumNorm returns the z of minimum norm among those that minimise
// |aᵀ·z - b|, where a has more rows than columns, in the space of the
// directions of aᵀ above rcond. It works on a = Q·R·Pᵀ with pivoting.
func minimumNorm(a *dense.Matrix[float64], b []float64, rcond float64) ([]float64, error) {
	q, perm := dense.PivotedQR(a)
	r := q.R()
	rank := 0
	for rank < r.Rows && abs(r.At(rank, rank)) > rcond*abs(r.At(0, 0)) {
		rank++
	}
	lower := dense.New[float64](r.Cols, rank) // the leading rows of R, transposed
	pb := dense.New[float64](r.Cols, 1)
	for j := range r.Cols {
		for i := range min(rank, j+1) {
			lower.Set(j, i, r.At(i, j))
		}
		pb.Data[j] = b[perm[j]]
	}
	y, _, err := dense.LeastSquares(lower, pb, 0)
	if err != nil {
		return nil, err
	}
	z := make([]float64, a.Rows)
	copy(z, y.Data)
	q.ApplyQVec(z)
	return z, nil
}

func abs(x float64) float64 {
	if x < 0 {
		return -x
	}
	return x
}
