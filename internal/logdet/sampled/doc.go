// Package sampled models log det A(μ) of a family known by samples, as a
// function of its parameters: log|det| and, for complex families, the phase.
//
// It sees numbers only: values at the samples, optionally slopes
// ∂ log det/∂μ_j there, and optionally a surrogate that gives both anywhere.
// Several kinds of model compete (plain interpolation of the values by package
// coefficients, polynomials and Gaussian kriging that use slopes, Hermite
// splines in one parameter, and any of them on additional nodes of the
// surrogate). Each predicts left-out nodes, value and slopes left out
// together; the one with the smallest errors is kept, and the same residuals
// calibrate the error estimate. A model that used slopes or the surrogate is
// compared with the surrogate at ten further points and in the corners of small
// boxes, which scales its estimate; the error of the surrogate itself is the caller's to add. All errors are
// absolute: they are errors of a logarithm.
//
// It is not for affine families with known parts; package measure does much
// better there. The method is our own; its parts are known: gradient-enhanced
// kriging (Morris, Mitchell, Ylvisaker, Technometrics 35(3), 1993) and
// closed-form leave-one-out residuals of linear smoothers.
package sampled
