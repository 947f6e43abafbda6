// Package lambda finds weights λ_m(μ), from the coordinates α(μ) of a family
// A_μ = Σ_k α_k(μ)·A_k alone, with which results at new parameters are
// combinations of results at chosen samples μ_m:
//
//	A_μ⁻¹·b ≈ Σ_m λ_m(μ)·A_m⁻¹·b,   log det A_μ ≈ Σ_m λ_m(μ)·log det A_m.
//
// The weights reproduce functions of α: when Σ λ_m(μ)·α(μ_m)^γ = α(μ)^γ for
// all |γ| ≤ n, they reproduce every polynomial of degree n of A_μ, because
// A_μ^p is a sum of products of the A_k with coefficients α^γ (arXiv
// 1710.02488, section 3). Nodes μ_m and functions are picked by the empirical
// interpolation method. Three dictionaries of functions are known:
//
//	powers  monomials α^γ, picked freely: the method of arXiv 1710.02488
//	graded  products of h = w·α/s, s = Σ w_k·α_k, centred and scaled, complete
//	        degrees one after another (balanced: w by the range of α alone)
//	symbol  1, 1/(h·x) and log(h·x) for directions x in the simplex or (-data)
//	        given ones: the results themselves where matrices commute (there
//	        the error is bounded by that of the symbols), a heuristic elsewhere;
//	        -fit: weights by least squares over all functions
//
// For graded and symbol, the homogeneity A_{tα}⁻¹ = A_α⁻¹/t and
// log det A_{tα} = log det A_α + n·log t is built in: a common factor of all α
// is treated exactly.
//
// The package sees no matrices: it knows coordinates and, to choose among
// dictionaries and numbers of nodes, target values at the samples. Package
// coefficients models α(μ); package answer combines the results.
package lambda
