// Package reduced holds reduced bases of parametric systems A(μ)·x(μ) = b(μ):
// a space V of a few vectors in which x(μ) is found at a cost that does not
// depend on the number of unknowns n, with an estimate of its error.
//
// Build is offline work. Nodes are chosen by a weak greedy algorithm anywhere
// in the parameter box (Binev, Cohen, Dahmen, DeVore, Petrova, Wojtaszczyk,
// SIAM J. Math. Anal. 43(3), 2011) that is steered by sketches of the
// preconditioned residual (Balabanov and Nouy, Adv. Comput. Math. 45, 2019 and
// 47, 2021); V is the POD of the solutions at the nodes and at the samples. A
// second space Q approximates the solutions of A(μ)ᴴ·y = z for random probes z.
//
// Basis is the result, plain data that package bundle stores, and the online
// part: Galerkin projection and preconditioned sketched least squares, the one
// with the smaller dual estimate (randomised residual-based estimate: Smetana,
// Zahm, Patera, SIAM J. Sci. Comput. 41(2), 2019), estimates of the error,
// corrected output functionals and derivatives.
//
// The package reads no files, prints nothing and factorises nothing itself:
// its caller hands it a function that does.
package reduced
