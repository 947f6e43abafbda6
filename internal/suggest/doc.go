// Package suggest says where to simulate next: at which parameters of a family,
// among candidates, one more snapshot would help a model most, and whether it
// needs any.
//
// Choose is the criterion, in numbers only. It takes points one at a time where
// the product of two quantities is largest: the estimated error of the model,
// which tells where the family is hard, and the power function of the points
// sampled so far, which tells where it is unknown. The power function is the
// standard deviation, given samples, of a Gaussian process of analytic functions
// (the maximiser of it alone is the P-greedy rule of De Marchi, Schaback and
// Wendland, Near-optimal data-independent point locations for radial basis
// function interpolation, Adv. Comput. Math. 23, 2005): it vanishes
// at samples, needs no values, and weighs the boundary as polynomials do.
//
// Next applies it to the candidates of a surrogate.Model, Judge compares the
// model's estimates with a tolerance, and Box spreads points over the training
// box. The package reads no files and runs no simulation.
package suggest
