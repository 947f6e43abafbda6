// Package bracket bounds log det of an affine family
// A = Σ_k α_k·A_k, with α_k > 0 and symmetric or Hermitian positive
// semidefinite parts A_k, from below and above by what is known at a few nodes:
// the value and, if given, traces and second traces. The bounds are rigorous;
// they are a certificate, and an alarm for data that do not belong together,
// but far too wide for an error estimate, which is package measure's matter.
//
// All bounds are our own arrangement of two facts about f = log det A as a
// function of α and of t = log α, in n dimensions:
//
//   - f is concave in α, and e^{f/n} is concave, homogeneous of degree 1 and
//     increasing (Minkowski's determinant inequality; Horn and Johnson, Matrix
//     Analysis, 7.8);
//   - f is convex and increasing in t, because det A is a polynomial in α
//     whose coefficients, mixed discriminants of the parts, are not negative
//     (Bapat and Raghavan, Nonnegative Matrices and Applications, chapter 5).
//
// With r_k = α_k/α_k(m) at a node m of value l and traces
// p_k = α_k·tr(A⁻¹·A_k), Σ p_k = n, the tangents of the two are the geometric
// and the arithmetic mean
//
//	l + Σ p_k·log r_k  ≤  f  ≤  l + n·log Σ (p_k/n)·r_k ,
//
// exact where every part acts on a subspace of its own, and where all parts are
// multiples of one matrix. Second traces sharpen them by Gauss-Radau quadrature,
// see radau.go, and values alone bound f by chords, see chords.go.
package bracket
