package lanczos

import (
	"context"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// rowBlock is the number of rows that are summed up at a time: the sums of the
// blocks are added in their order, whatever the threads.
const rowBlock = 1024

// coefficients are those of x = product·C·y - y·y - previous·previous, by
// active column.
type coefficients struct{ product, y, previous []float64 }

// sums adds up what f adds to one sum per active column for rows lo to hi-1.
func (r *recurrence[T]) sums(ctx context.Context, f func(lo, hi int, sum []float64)) ([]float64, error) {
	k := len(r.columns)
	partial := make([]float64, scalar.BlockCount(r.n, rowBlock)*k)
	err := scalar.Blocks(ctx, r.n, rowBlock, r.threads, func(b, lo, hi int) {
		f(lo, hi, partial[b*k:(b+1)*k])
	})
	if err != nil {
		return nil, err
	}
	total := make([]float64, k)
	for at, v := range partial {
		total[at%k] += v
	}
	return total, nil
}

// update overwrites previous by x, the combination of solved, y and previous
// with the coefficients c, and returns xᴴ·x, zeros with a preconditioner.
func (r *recurrence[T]) update(ctx context.Context, c *coefficients) ([]float64, error) {
	return r.sums(ctx, func(lo, hi int, sum []float64) {
		switch w := any(r.solved).(type) {
		case *dense.Matrix[float64]:
			updateReal(c, w, any(r.y).(*dense.Matrix[float64]), any(r.previous).(*dense.Matrix[float64]), lo, hi)
		case *dense.Matrix[complex128]:
			updateComplex(c, w, any(r.y).(*dense.Matrix[complex128]), any(r.previous).(*dense.Matrix[complex128]), lo, hi)
		}
		if r.pre == nil {
			addDots(sum, r.previous, r.previous, lo, hi)
		}
	})
}

func updateReal(c *coefficients, w, y, x *dense.Matrix[float64], lo, hi int) {
	k := w.Cols
	cw, cy, cx := c.product[:k], c.y[:k], c.previous[:k]
	for i := lo; i < hi; i++ {
		wi, yi, xi := w.Data[i*k:][:k], y.Data[i*k:][:k], x.Data[i*k:][:k]
		for j, v := range wi {
			xi[j] = (cw[j]*v - cy[j]*yi[j]) - cx[j]*xi[j]
		}
	}
}

func updateComplex(c *coefficients, w, y, x *dense.Matrix[complex128], lo, hi int) {
	k := w.Cols
	cw, cy, cx := c.product[:k], c.y[:k], c.previous[:k]
	for i := lo; i < hi; i++ {
		wi, yi, xi := w.Data[i*k:][:k], y.Data[i*k:][:k], x.Data[i*k:][:k]
		for j, v := range wi {
			a, b, o := yi[j], xi[j], cx[j]
			xi[j] = complex(
				(cw[j]*real(v)-cy[j]*real(a))-o*real(b),
				(cw[j]*imag(v)-cy[j]*imag(a))-o*imag(b))
		}
	}
}

// addDots adds the real parts of xᴴ·y of rows lo to hi-1, column by column.
func addDots[T scalar.Scalar](sum []float64, x, y *dense.Matrix[T], lo, hi int) {
	k := x.Cols
	switch x := any(x.Data[lo*k : hi*k]).(type) {
	case []float64:
		dotsReal(sum, x, any(y.Data[lo*k:hi*k]).([]float64))
	case []complex128:
		dotsComplex(sum, x, any(y.Data[lo*k:hi*k]).([]complex128))
	}
}

func dotsReal(sum, x, y []float64) {
	k := len(sum)
	for len(x) >= k && k > 0 {
		yi := y[:k]
		for j, v := range x[:k] {
			sum[j] += v * yi[j]
		}
		x, y = x[k:], y[k:]
	}
}

func dotsComplex(sum []float64, x, y []complex128) {
	k := len(sum)
	for len(x) >= k && k > 0 {
		yi := y[:k]
		for j, v := range x[:k] {
			sum[j] += real(v)*real(yi[j]) + imag(v)*imag(yi[j])
		}
		x, y = x[k:], y[k:]
	}
}

// addModuli adds |x_i|·|y_i| of rows lo to hi-1, column by column.
func addModuli[T scalar.Scalar](sum []float64, x, y *dense.Matrix[T], lo, hi int) {
	k := x.Cols
	for at := lo * k; at < hi*k; at++ {
		sum[at%k] += scalar.Abs(x.Data[at]) * scalar.Abs(y.Data[at])
	}
}

// pack keeps the listed columns of m, increasing, in its storage.
func pack[T scalar.Scalar](m *dense.Matrix[T], columns []int) {
	to := 0
	for i := range m.Rows {
		row := m.Data[i*m.Cols:]
		for _, c := range columns {
			m.Data[to] = row[c]
			to++
		}
	}
	shrink(m, len(columns))
}

// shrink makes m a matrix of fewer columns in the same storage.
func shrink[T scalar.Scalar](m *dense.Matrix[T], cols int) {
	m.Cols, m.Data = cols, m.Data[:m.Rows*cols]
}
