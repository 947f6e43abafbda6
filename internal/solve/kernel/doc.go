// Package kernel holds the dense kernels of the direct solvers: partial
// factorisations of one front (LLᴴ, LDLᵀ or LDLᴴ, LU) and the triangular
// solves with what they leave, for real and complex scalars.
//
// Matrices are stored by columns with a leading dimension, as in LAPACK:
// element (i, j) is a[i+j*ld]. Blocks of right-hand sides are stored by rows:
// value (i, r) is b[i*ldb+r], so that the values of one unknown are contiguous
// (the layout of dense.Matrix, with ldb = Cols).
//
// # Fronts
//
// A front is an m×m matrix whose first k rows and columns are fully summed:
// they may be eliminated; the others only receive updates. After a call that
// eliminated c of them,
//
//   - columns 0..c-1 hold L (m×c): a unit lower trapezoid for LDL and LU, one
//     with the pivots' roots on its diagonal for Cholesky; LU keeps U (c×m) in
//     rows 0..c-1, its diagonal included, and L strictly below the diagonal;
//   - the trailing (m-c)×(m-c) part holds the Schur complement (its lower
//     triangle only, for Cholesky and LDL). Its first k-c rows and columns are
//     the delayed ones.
//
// Symmetric kernels read and write the lower triangle only. Pivoting moves the
// k fully summed rows and columns among themselves; the other rows and columns
// stay where they are.
//
// # Sets
//
// The innermost loops come as a Set: "portable" in Go, "avx2" in assembly where
// the processor has AVX2 and FMA. The two differ in rounding. One set gives the
// same bits for any number of threads.
//
// The package knows nothing of sparse matrices, orderings or trees, and it
// returns no errors: shapes that do not fit are mistakes of the caller and
// panic, a pivot that cannot be used is in the result.
package kernel
