// Package solve solves A·x = b directly for one sparsity pattern and many sets
// of values: real and complex, sparse and dense, all storage symmetries.
//
//	Solver   one pattern, ordered and analysed once
//	Factor   one set of values, equilibrated and factorised
//
// Hermitian matrices with a positive diagonal are tried by Cholesky; Hermitian
// and complex symmetric ones are factorised with 1×1 and 2×2 pivots, all others
// by LU with threshold pivoting. General storage counts as symmetric when mirror
// images agree to rounding. Systems are scaled by powers of two, so that
// scaling adds no rounding error. SolveRefined repeats the solution with
// residuals in doubled precision until the componentwise backward error of
// Oettli and Prager (Numer. Math. 6, 1964) is at rounding level, and bounds the
// error of the solution.
//
// A Factor also gives log det A, and SelectedInverse the derivatives of it by all
// stored entries, which TraceProduct sums up to tr(A⁻¹·B); ContinuousLogDet gives
// the branch of the logarithm that is analytic over accretive matrices.
//
// Where equilibration leaves no pivots or no digits, a scaling by the matching of
// largest product is tried before the matrix is called singular; columns in no
// order that has to do with the rows are permuted before the analysis.
//
// The package decides, scales, refines and judges; orderings, fronts and dense
// kernels are those of solve/order, solve/direct and solve/kernel. It does not
// iterate (solve/krylov does) and reads no files.
package solve
