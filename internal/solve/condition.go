package solve

import (
	"context"
	"math"
	"sync"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// conditionCache holds estimates once made.
type conditionCache struct {
	mu            sync.Mutex
	given, scaled float64 // 0: not yet known
}

// Condition estimates κ₁(A) = ‖A‖₁·‖A⁻¹‖₁ from below, almost always within a
// factor 3, by the estimator of Hager and Higham (ACM TOMS 14(4), 1988) at the
// cost of some ten solutions. Of a badly scaled matrix it may be far above the
// condition that counts; see EquilibratedCondition. The value is kept.
func (f *Factor[T]) Condition(ctx context.Context) (float64, error) {
	f.cond.mu.Lock()
	defer f.cond.mu.Unlock()
	if f.cond.given > 0 {
		return f.cond.given, nil
	}
	v, err := f.inverseNorm(ctx, f.Solve)
	if err != nil {
		return 0, err
	}
	f.cond.given = math.Max(1, v*matrix.Norm1(f.pattern, f.values))
	return f.cond.given, nil
}

// EquilibratedCondition is Condition for the equilibrated matrix.
func (f *Factor[T]) EquilibratedCondition(ctx context.Context) (float64, error) {
	f.cond.mu.Lock()
	defer f.cond.mu.Unlock()
	if f.cond.scaled > 0 {
		return f.cond.scaled, nil
	}
	v, err := f.inverseNorm(ctx, f.solveScaled)
	if err != nil {
		return 0, err
	}
	f.cond.scaled = math.Max(1, v*f.norm1(f.scale))
	return f.cond.scaled, nil
}

// norm1 returns the largest column sum of moduli of A scaled by s.
func (f *Factor[T]) norm1(s scaling) float64 {
	sum := make([]float64, f.pattern.Cols)
	mirror := f.pattern.Symmetry != matrix.General
	f.pattern.Each(func(k, i, j int) {
		m := scalar.Abs(f.values[k])
		sum[j] += m * (s.row[i] * s.col[j])
		if mirror && i != j {
			sum[i] += m * (s.row[j] * s.col[i])
		}
	})
	return scalar.MaxAbs(sum)
}

// solver replaces a block by op(B)⁻¹·block.
type solver[T scalar.Scalar] func(ctx context.Context, b *dense.Matrix[T], op matrix.Op) error

// inverseNorm estimates ‖B⁻¹‖₁.
func (f *Factor[T]) inverseNorm(ctx context.Context, solve solver[T]) (float64, error) {
	n := f.pattern.Rows
	if n == 0 {
		return 1, nil
	}
	v, err := norm1Estimate(n, 1, func(x *dense.Matrix[T], adjoint bool) error {
		op := matrix.NoTranspose
		if adjoint {
			op = matrix.ConjTranspose
		}
		return solve(ctx, x, op)
	})
	if err != nil {
		return 0, err
	}
	if v[0] != v[0] { // a factor that is not finite
		return math.Inf(1), nil
	}
	return v[0], nil
}

// norm1Steps bounds the steps of the estimator; it seldom needs more than two.
const norm1Steps = 5

// norm1Estimate estimates the 1-norms of k linear maps of dimension n at once,
// column c of the block for map c, from products with the maps and with their
// adjoints in place (Higham, ACM TOMS 14(4), 1988, algorithm 4.1: ascent along
// the subgradient sign(B·x), and one alternating vector).
func norm1Estimate[T scalar.Scalar](n, k int, apply func(x *dense.Matrix[T], adjoint bool) error) ([]float64, error) {
	x := dense.New[T](n, k)
	for i := range x.Data {
		x.Data[i] = scalar.Of[T](1/float64(n), 0)
	}
	best, last, live := make([]float64, k), make([]int, k), make([]bool, k)
	for c := range k {
		last[c], live[c] = -1, true
	}
	for range norm1Steps {
		if err := apply(x, false); err != nil {
			return nil, err
		}
		if !ascend(x, best, last, live) {
			break
		}
		if err := apply(x, true); err != nil {
			return nil, err
		}
		if !restart(x, last, live) {
			break
		}
	}
	for i := range n {
		v := 1 + float64(i)/math.Max(1, float64(n-1))
		if i%2 == 1 {
			v = -v
		}
		for c := range k {
			x.Set(i, c, scalar.Of[T](v, 0))
		}
	}
	if err := apply(x, false); err != nil {
		return nil, err
	}
	for c := range k {
		best[c] = math.Max(best[c], 2*columnSum(x, c)/(3*float64(n)))
	}
	return best, nil
}

// ascend records the 1-norms of the columns and replaces the columns that
// still grow by their signs; it reports whether there is one.
func ascend[T scalar.Scalar](x *dense.Matrix[T], best []float64, last []int, live []bool) bool {
	any := false
	for c := range x.Cols {
		if !live[c] {
			continue
		}
		s := columnSum(x, c)
		if s <= best[c] && last[c] >= 0 || s-s != 0 {
			live[c] = false
			best[c] = math.Max(best[c], s)
			continue
		}
		best[c], any = s, true
		for i := range x.Rows {
			v := x.At(i, c)
			if a := scalar.Abs(v); a > 0 {
				x.Set(i, c, v/scalar.Of[T](a, 0))
			} else {
				x.Set(i, c, scalar.Of[T](1, 0))
			}
		}
	}
	return any
}

// restart replaces the columns that are alive by the unit vectors of their
// largest elements, and reports whether one of them is new.
func restart[T scalar.Scalar](x *dense.Matrix[T], last []int, live []bool) bool {
	any := false
	for c := range x.Cols {
		if !live[c] {
			continue
		}
		j, m := 0, -1.0
		for i := range x.Rows {
			if a := scalar.Abs(x.At(i, c)); a > m {
				j, m = i, a
			}
		}
		if j == last[c] {
			live[c] = false
			continue
		}
		last[c], any = j, true
		for i := range x.Rows {
			x.Set(i, c, scalar.Of[T](0, 0))
		}
		x.Set(j, c, scalar.Of[T](1, 0))
	}
	return any
}

func columnSum[T scalar.Scalar](x *dense.Matrix[T], c int) float64 {
	var s float64
	for i := range x.Rows {
		s += scalar.Abs(x.At(i, c))
	}
	return s
}
