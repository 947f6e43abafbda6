// Package direct factorises sparse and dense matrices by the multifrontal
// method (Duff, Reid, ACM TOMS 9(3), 1983; Liu, SIAM Review 34(1), 1992) on
// the supernodes that solve/order finds, with the dense kernels of
// solve/kernel: LLᴴ, LDLᵀ and LDLᴴ with 1×1 and 2×2 pivots, and LU on the
// pattern of A + Aᵀ. Three types follow each other:
//
//	Symbolic  one pattern: fronts, relative indices, where every entry goes
//	Numeric   one factorisation; its storage serves the next one of the pattern
//	Numeric.Solve for blocks of right-hand sides, Numeric.SelectedInverse for
//	          the elements of the inverse on the pattern
//
// Pivots are chosen among the fully summed rows and columns of a front. Those
// without an acceptable pivot are delayed: they move to the parent, whose front
// grows. Only roots must accept what there is.
//
// Everything here works on the matrix R·A·C with diagonal R and C that the
// caller gives. Choosing them, the kind of factorisation, refinement and
// verdicts are the affair of package solve. No result depends on the number of
// threads: a front's sums are made in the order of its children.
package direct
