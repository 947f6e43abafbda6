// Package coefficients models a family of matrices as a function of its
// parameters μ: given the coordinates of N snapshots A(μ_i) in an orthonormal
// basis, it finds the coordinates of A(μ) at a new μ and an estimate of their
// error.
//
// It is not interpolation with one fixed method. Several kinds of model
// (adaptive polynomials, minimum-norm interpolation with analytic weights,
// common-denominator rational functions, Gaussian kriging and, in one
// parameter, set-valued AAA, Floater-Hormann and trigonometric interpolation)
// are fitted on warped parameters, each is scored by predicting left-out
// samples or left-out grid lines, and the best, or the mean of the best, is
// kept. The same left-out residuals calibrate the error estimate.
//
// The method is our own. Its parts are known: adaptive downward-closed
// polynomial spaces (Chkifa, Cohen, Schwab 2014), the set-valued AAA algorithm
// (Nakatsukasa, Sète, Trefethen 2018; Lietaert et al. 2022), Floater and
// Hormann's rational interpolants (2007), and closed-form leave-one-out
// residuals of linear smoothers.
//
// The package sees numbers only: matrices, files and the snapshot basis belong
// to its callers. Model is plain data and evaluation needs nothing else.
package coefficients
