package kernel

import (
	"math"

	"eimtool/internal/scalar"
)

// Op says in which form a matrix enters a product or a solve.
type Op uint8

// The three forms: A, its transpose Aᵀ, its conjugate transpose Aᴴ.
const (
	NoTrans Op = iota
	Trans
	ConjTrans
)

// Pivoting are the rules of a factorisation with pivoting.
type Pivoting struct {
	// Tau is the threshold, within [0, ½]: no element of L exceeds 1/Tau in
	// modulus. Zero accepts every pivot above Small.
	Tau float64
	// Small is the largest modulus that counts as zero; such a pivot is never
	// accepted. Of a 2×2 pivot, the smaller singular value is meant.
	Small float64
	// Last marks a front that can delay nothing (a root): columns without an
	// acceptable pivot are eliminated with the best there is, while it exceeds
	// Small.
	Last bool
	// Conj makes LDL factorise a Hermitian front as L·D·Lᴴ, not L·D·Lᵀ.
	Conj bool
	// Threads is the number of goroutines for large fronts; 1 when ≤ 1.
	Threads int
}

// accepts reports whether a pivot of modulus d will do in a column of that size.
func (o Pivoting) accepts(d, size float64) bool {
	return d > o.Small && d >= o.Tau*size && !math.IsInf(d, 1)
}

// Pivots is what LDL did. Its slices are reused by the next call.
type Pivots[T scalar.Scalar] struct {
	// Count is the number of eliminated columns, the first of the front.
	Count int
	// Perm[p] is the original place, among 0..k-1, of row and column p.
	Perm []int32
	// D[2p] and D[2p+1] are the diagonal and subdiagonal elements of column p
	// of D, for p < Count. D[2p+1] ≠ 0 if and only if a 2×2 pivot begins at p:
	// [D[2p], ·; D[2p+1], D[2p+2]], D[2p+3] = 0, with conj(D[2p+1]) (Hermitian)
	// or D[2p+1] (symmetric) at the dot.
	D []T
	// Conj repeats Pivoting.Conj.
	Conj bool
	// Relaxed is the number of columns eliminated below the threshold (Last).
	Relaxed int
}

// LUPivots is what LU did. Its slices are reused by the next call.
type LUPivots struct {
	// Count is the number of eliminated rows and columns, the first of the front.
	Count int
	// RowPerm[p] and ColPerm[p] are the original places, among 0..k-1, of row
	// p and column p.
	RowPerm, ColPerm []int32
	// Relaxed is the number of columns eliminated below the threshold (Last).
	Relaxed int
}

// Set is one set of kernels. Its methods may be called by several goroutines
// at once, each with its own Work. The operations of a front:
//
//	Cholesky(w, a, ld, m, k, threads) (column int)
//	LDL(w, a, ld, m, k, pivoting, &pivots)
//	LU(w, a, ld, m, k, pivoting, &pivots)
//
// of the solve phase, with right-hand sides stored by rows:
//
//	SolveLower(w, op, unit, l, ld, k, b, ldb, nrhs)   op(L)⁻¹·B, in place
//	SolveUpper(w, op, unit, u, ld, k, b, ldb, nrhs)   op(U)⁻¹·B, in place
//	SolveD(&pivots, b, ldb, nrhs)                     D⁻¹·B, in place
//	Update(w, op, a, ld, m, k, x, ldx, y, ldy, nrhs)  Y -= op(A)·X, A is m×k
//
// and the building blocks, all matrices stored by columns:
//
//	Gemm(w, opA, opB, m, n, k, a, lda, b, ldb, c, ldc, threads)
//	Herk(w, op, n, k, a, lda, c, ldc, threads)
//
// which subtract op(A)·op(B) from C, and A·op(A) from the lower triangle of C.
type Set[T scalar.Scalar] struct {
	name string
	in   inner[T]
}

// Name returns "portable" or "avx2".
func (s *Set[T]) Name() string { return s.name }
