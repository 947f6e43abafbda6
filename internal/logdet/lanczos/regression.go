package lanczos

import (
	"fmt"
	"math"

	"eimtool/internal/dense"
)

// fit is a linear regression of the values of the vectors.
type fit struct {
	mean          float64 // where the moments are the known traces
	standardError float64 // of mean
	deviation     float64 // of the values from the fit
	freedom       int     // degrees of freedom of the last two
}

// regress fits the values by the moments of the same vectors, the expectations
// of which are the known traces: control variates with the coefficients that
// the values themselves suggest. Without traces that is the mean.
func regress(all []outcome, traces []float64) fit {
	values := make([]float64, len(all))
	for i := range all {
		values[i] = all[i].value
	}
	covariates := make([][]float64, len(traces))
	for j, t := range traces {
		covariates[j] = make([]float64, len(all))
		for i := range all {
			covariates[j][i] = all[i].moments[j] - t
		}
	}
	return intercept(covariates, values)
}

// sameShare is the part of a covariate, relative to its spread, that must be
// left when the others are taken out for it to say anything new.
const sameShare = 1e-10

// intercept fits values ≈ mean + Σ c_j·covariate_j by least squares, with the
// covariates centred and made orthogonal one by one; mean is the value of the
// fit where all covariates are 0.
func intercept(covariates [][]float64, values []float64) fit {
	n := len(values)
	rest, mean := centred(values)
	leverage := 1 / float64(n)
	var basis [][]float64
	var origins []float64 // the directions' coordinates of the origin
	for _, c := range covariates {
		x, centre := centred(c)
		size, origin := dense.Norm(x), -centre
		for range 2 {
			for m, q := range basis {
				d := dense.Dotc(q, x)
				dense.Axpy(-d, q, x)
				origin -= d * origins[m]
			}
		}
		norm := dense.Norm(x)
		if norm <= sameShare*size {
			continue
		}
		dense.Scale(1/norm, x)
		origin /= norm
		d := dense.Dotc(x, rest)
		dense.Axpy(-d, x, rest)
		mean += d * origin
		leverage += origin * origin
		basis, origins = append(basis, x), append(origins, origin)
	}
	freedom := n - 1 - len(covariates)
	s := dense.Norm(rest) / math.Sqrt(float64(freedom))
	return fit{mean, s * math.Sqrt(leverage), s, freedom}
}

// A known trace may be off its estimate by traceErrors standard errors or
// traceShare of itself.
const (
	traceErrors = 12
	traceShare  = 1e-4
)

// checkTraces holds the known traces against their estimates.
func checkTraces(all []outcome, traces []float64) error {
	for j, t := range traces {
		moments := make([]float64, len(all))
		for i := range all {
			moments[i] = all[i].moments[j]
		}
		f := intercept(nil, moments)
		if !(math.Abs(f.mean-t) <= math.Max(traceErrors*f.standardError, traceShare*math.Abs(t))) {
			return &OptionError{"traces", fmt.Sprintf("%g of power %d, the vectors tell %g ± %g", t, j+1, f.mean, f.standardError)}
		}
	}
	return nil
}

// centred returns x without its mean, and that.
func centred(x []float64) (y []float64, mean float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	y = make([]float64, len(x))
	for i, v := range x {
		y[i] = v - mean
	}
	return y, mean
}

// deviation returns the standard deviation of the values from their fit, 0 for
// too few.
func deviation(all []outcome, traces []float64) float64 {
	if len(all) < leastVectors+len(traces) {
		return 0
	}
	return regress(all, traces).deviation
}
