// Package krylov solves A·x = b by iterations that know A by its products
// alone: conjugate gradients for Hermitian positive definite matrices, their
// bilinear form for complex symmetric ones, and GMRES for all others. Factors
// of nearby matrices, or combinations of them, precondition.
//
// # Stopping rule
//
// One rule serves all methods: x is accepted when the true residual, computed
// anew from x and never by a recurrence, satisfies
//
//	|b - A·x|₂ ≤ Tolerance·|b|₂,
//
// that is, when x solves a system whose right-hand side is changed by no more
// than Tolerance. What is short of that comes back with its residual and the
// reason: an x that did not converge is never called a solution. The normwise
// backward error |b - A·x|/(|A|·|x| + |b|) (Rigal and Gaches, J. ACM 14(3),
// 1967) is reported beside it: at the level of rounding, no method improves x,
// and the iteration ends.
//
// The package does not factor matrices (package solve does) and chooses no
// parameters or snapshots.
package krylov
