package eim

import (
	"context"
	"errors"
	"fmt"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// qdeimWhole is the number of values up to which a basis is one block. Its
// pivots then do not depend on where columns stand: symmetric and expanded
// storage, or further columns of zeros, give the same ones.
const qdeimWhole = 1 << 22

// QDEIMOptions are the choices of QDEIM and QDEIMExtend; the zero value is the
// default.
type QDEIMOptions struct {
	Exclude   []int // columns that must not be chosen: broken sensors
	BlockSize int   // columns per block; 0: one block for a small basis, 512 for a large one. The result depends on it
	Threads   int   // all processors when ≤ 0; the result does not depend on it
}

// QDEIMPoints are columns (entries) at which to measure.
type QDEIMPoints struct {
	Columns  []int   // in pivot order
	SigmaMin float64 // smallest singular value of the basis on Columns: 1/SigmaMin amplifies errors
}

// QDEIMError reports that fewer columns than asked for can be chosen.
type QDEIMError struct {
	Found, Wanted int
}

func (e *QDEIMError) Error() string {
	return fmt.Sprintf("eim: %d independent entries found, %d wanted: ask for fewer terms or exclude fewer entries", e.Found, e.Wanted)
}

// QDEIM chooses count columns on which the q rows of basis, orthonormal modes
// of length X, are best told apart: the pivots of a QR with column pivoting
// (Drmač and Gugercin, SIAM J. Sci. Comput. 38(2), 2016). The coordinates of a
// snapshot a in the basis then are a_J·B_J⁻¹.
//
// The QR is a tournament, as in communication-avoiding QR (Demmel, Grigori, Gu
// and Xiang, SIAM J. Matrix Anal. Appl. 36(1), 2015): every block of columns
// sends its first q pivots on, groups of survivors are reduced in the same way
// until one block is left. A count above q continues with the pivots of the
// columns not yet chosen.
//
// Errors are a *QDEIMError, a *dense.NonFiniteError or ctx's.
func QDEIM[T scalar.Scalar](ctx context.Context, basis [][]T, count int, opt QDEIMOptions) (*QDEIMPoints, error) {
	return qdeimPoints(ctx, newQDEIMRows(basis), count, opt)
}

// QDEIMOf is QDEIM for the modes c·rows (c is q×N, rows are N snapshots), which
// are never stored: a block of them is made where it is needed.
func QDEIMOf[T scalar.Scalar](ctx context.Context, c *dense.Matrix[T], rows [][]T, count int, opt QDEIMOptions) (*QDEIMPoints, error) {
	return qdeimPoints(ctx, &qdeimModes[T]{c, rows}, count, opt)
}

func qdeimPoints[T scalar.Scalar](ctx context.Context, basis qdeimSource[T], count int, opt QDEIMOptions) (*QDEIMPoints, error) {
	columns, err := qdeimColumns(ctx, basis, count, opt)
	if err != nil {
		return nil, err
	}
	q, _ := basis.size()
	_, s, _, err := dense.SVD(&dense.Matrix[T]{Rows: q, Cols: len(columns), Data: basis.gather(columns)})
	if err != nil {
		return nil, err
	}
	p := &QDEIMPoints{Columns: columns}
	if len(s) > 0 {
		p.SigmaMin = s[len(s)-1]
	}
	return p, nil
}

// QDEIMExtend chooses count further columns on the residual rows of held-out
// samples, each of length X: first the column where they are largest together,
// then the largest of what that one does not explain, and so on. Excluded must
// be the columns already chosen. Fewer come back when the residuals are zero
// elsewhere.
func QDEIMExtend[T scalar.Scalar](ctx context.Context, residuals [][]T, count int, opt QDEIMOptions) ([]int, error) {
	columns, err := qdeimColumns(ctx, newQDEIMRows(residuals), count, opt)
	var short *QDEIMError
	if errors.As(err, &short) {
		return columns, nil
	}
	return columns, err
}

// qdeimColumns returns count columns in rounds of at most q, and those found
// with a *QDEIMError.
func qdeimColumns[T scalar.Scalar](ctx context.Context, basis qdeimSource[T], count int, opt QDEIMOptions) ([]int, error) {
	q, x := basis.size()
	taken := make(map[int]bool, len(opt.Exclude)+count)
	for _, j := range opt.Exclude {
		taken[j] = true
	}
	if opt.BlockSize <= 0 {
		opt.BlockSize = 512
		if q*x <= qdeimWhole {
			opt.BlockSize = max(1, x)
		}
	}
	var columns []int
	for len(columns) < count {
		round, err := qdeimRound(ctx, basis, min(q, count-len(columns)), taken, opt)
		if err != nil {
			return nil, err
		}
		if len(round) == 0 {
			return columns, &QDEIMError{Found: len(columns), Wanted: count}
		}
		for _, j := range round {
			taken[j] = true
		}
		columns = append(columns, round...)
	}
	return columns, nil
}

// qdeimRound plays one tournament for up to count columns.
func qdeimRound[T scalar.Scalar](ctx context.Context, basis qdeimSource[T], count int, taken map[int]bool, opt QDEIMOptions) ([]int, error) {
	q, x := basis.size()
	survivors := make([][]int, scalar.BlockCount(x, opt.BlockSize))
	finite := make([]bool, len(survivors))
	err := scalar.Blocks(ctx, x, opt.BlockSize, opt.Threads, func(b, lo, hi int) {
		w := newQDEIMBlock(basis, lo, hi, taken)
		finite[b] = scalar.AllFinite(w.data)
		if finite[b] {
			survivors[b] = w.pivots(q)
		}
	})
	if err != nil {
		return nil, err
	}
	for _, ok := range finite {
		if !ok {
			return nil, &dense.NonFiniteError{What: "basis"}
		}
	}
	// Merge groups of blocks until one is left: about a block of columns each.
	group := max(2, opt.BlockSize/max(1, q))
	for len(survivors) > 1 {
		next := make([][]int, scalar.BlockCount(len(survivors), group))
		err := scalar.Blocks(ctx, len(survivors), group, opt.Threads, func(b, lo, hi int) {
			var all []int
			for _, s := range survivors[lo:hi] {
				all = append(all, s...)
			}
			next[b] = newQDEIMMerge(basis, all).pivots(q)
		})
		if err != nil {
			return nil, err
		}
		survivors = next
	}
	if len(survivors) == 0 {
		return nil, nil
	}
	return survivors[0][:min(count, len(survivors[0]))], nil
}
