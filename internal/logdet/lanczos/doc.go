// Package lanczos estimates log det A of a Hermitian positive definite matrix
// from products with it alone: stochastic Lanczos quadrature (Ubaru, Chen,
// Saad, SIAM J. Matrix Anal. Appl. 38(4), 2017; Golub and Meurant, Matrices,
// Moments and Quadrature with Applications, 2010). log det A = tr log A is the
// mean of zᴴ·log(A)·z over random z with elements of modulus 1, and every
// zᴴ·log(A)·z is a Riemann-Stieltjes integral of which the Lanczos tridiagonal
// matrix of (A, z) gives the Gauss rule.
//
// With a preconditioner M = G·Gᴴ whose log det is known, log det A = log det M +
// tr log(G⁻¹·A·G⁻ᴴ) and only the second term, small where M is near A, is
// estimated. Its recurrence asks for products with A, solves with M and, once
// per z, one with Gᴴ; never for a product with G.
//
// The package sees no matrix, no factor and no file. An exact log det is that
// of a factorisation; this one is for matrices that cannot be factorised.
package lanczos
