// Package expr is a small language for formulas over named variables, such as
// the coefficients of an affine family of matrices over its parameters:
//
//	1 + 0.5*sin(25*mu)
//	k^2 * exp(-1i*k)
//	T > 300 ? a*log(T/300) : 0
//
// From the loosest to the tightest binding, it has c ? a : b, ||, &&, one
// comparison < <= > >= == !=, + and -, * and /, the signs - + !, and the power
// ^ or **, which groups from the right and binds tighter than a sign: -2^2 is
// -4, 2^-1 is 0.5, 2^3^2 is 512. Numbers are written 2, 2.5, .5, 5., 1e-3; a
// number with i directly behind it is imaginary: 1i, 2.5i.
//
// The functions of one number are exp log log10 sqrt sin cos tan asin acos atan
// sinh cosh tanh abs re im conj arg; of two, pow(x, y) = x^y, atan2(y, x),
// hypot(x, y); of two or more, min and max. The constants are pi and e. A
// variable may have the name of a function or a constant and hides the
// constant; a name directly before a parenthesis is a function in any case.
// Names begin with a letter of any script or _, and go on with letters, digits
// and _; any other name is written between backquotes: `alpha-2`.
//
// A value is a real number, a complex number or a condition, and which of the
// three is known from the text: an operation with a complex operand is complex,
// every other one is computed in float64 by package math. A real operation
// that would have a complex result, such as sqrt(-1), is therefore an error;
// sqrt(-1+0i) is 1i. Functions of complex numbers have the principal values of
// package math/cmplx. Comparisons, min, max, atan2 and hypot take real numbers.
// Conditions are no numbers: they can be combined by && || ! and choose by ?:,
// of which only the chosen branch is computed. No operation gives Inf or NaN:
// overflow, division by zero and arguments outside the domain are errors that
// name the place.
//
// Derivatives are exact up to rounding (forward differentiation with dual
// numbers). Where a function has a kink, abs and hypot at zero, min and max at
// a tie, the derivative is the one from the right, lim (f(x+h)-f(x))/h for h
// falling to 0. Of ?: it is the derivative of the branch that is chosen at the
// point itself. Where the derivative is infinite or cannot be known from the
// values at the point (sqrt at 0), it is an error.
//
// An expression is a straight program without loops or calls of anything but the
// functions above: it reaches neither files nor processes, and evaluating it takes
// each of its operations at most once. Its source has at most 65536 bytes, which
// bounds its operations by the same number; parentheses, signs, powers and branches
// are nested at most 200 deep; and at most 128 operands wait for their operation.
// Parse refuses what is longer or deeper.
//
// A Grid evaluates one expression at many parameters and points, with the values
// and errors of Eval but by blocks of points: what depends on the parameter alone
// is computed once per parameter, costly parts that depend on the point alone are
// computed once and kept (at most four numbers per point and 32 MiB), equal parts
// are computed once. Light branches of ?: are both computed, others for the points
// that take them. Whatever may fail in a block is left to Eval, point by point.
//
// The package does no algebra: it neither simplifies nor differentiates
// symbolically.
package expr
