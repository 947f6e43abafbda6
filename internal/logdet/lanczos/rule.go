package lanczos

import (
	"math"

	"eimtool/internal/scalar"
)

// measure is that of the logarithm that a Gauss rule stands for: dμ of total
// mass size, by the rule of dμ itself or, with a preconditioner, by that of
// x·dμ, of which mass is the total.
type measure struct {
	size, mass float64
	weighted   bool // by x
}

// logRule is a Gauss rule of ∫ log x dμ.
type logRule struct {
	sum      float64
	rounding float64 // what rounding errors may make of sum
	low      float64 // a Ritz value that shows that the matrix is not definite
	failed   bool    // because of low
	missing  float64 // mass of dμ that a rule of x·dμ does not account for
}

// A Ritz value is off by about ritzError times the largest, relative to which
// its logarithm is uncertain; one of ghostError times the largest or less has
// no sign: copies of Ritz values that have converged pass through the spectrum
// with next to no weight. One that adds more than ghostWeight to the logarithm
// of the determinant belongs to the matrix, though. roundingShare is the
// truncation relative to n·(1 + max|log x|) that is not worth a step.
const (
	ritzError     = 8 * scalar.Eps
	ghostError    = 0x1p16 * scalar.Eps
	ghostWeight   = 1e-3
	roundingShare = 1e-13
)

// rule applies the nodes and weights, of sum 1, of the measure. Mass of dμ that
// a rule of x·dμ misses, at the low end of the spectrum where x·dμ has little,
// goes to the smallest node.
func (m measure) rule(nodes, weights []float64) logRule {
	var top, most float64
	for _, x := range nodes {
		top = math.Max(top, x)
	}
	floor, worst := scalar.Eps*top, -math.Log(scalar.Eps)
	var r logRule
	total, lowest := 0.0, math.Inf(1)
	for i, x := range nodes {
		w := m.weight(weights[i], math.Max(x, floor))
		if !(x > floor) {
			if !(x >= -ghostError*top && w*worst <= ghostWeight) {
				return logRule{low: x, failed: true}
			}
			x = floor
		}
		l := math.Log(x)
		r.sum += w * l
		total += w
		lowest = math.Min(lowest, l)
		r.rounding += w * math.Min(worst, ritzError*top/x)
		most = math.Max(most, math.Abs(l))
	}
	if m.weighted {
		r.missing = math.Max(0, m.size-total)
		r.sum += (m.size - total) * lowest
	}
	r.rounding += roundingShare * m.size * (1 + most)
	return r
}

// weight returns that of dμ at a node x of the given weight.
func (m measure) weight(w, x float64) float64 {
	w *= m.mass
	if m.weighted {
		w /= x
	}
	return w
}

// evaluate applies the Gauss rule of vector p to the logarithm and to the powers
// of which the traces are known.
func (r *recurrence[T]) evaluate(p int, o *outcome, moments int) error {
	t := &r.t[p]
	m := measure{float64(r.n), r.mass[p], r.pre != nil}
	nodes, weights, ok := gauss(t.alpha[:len(t.beta)], t.beta)
	if !ok {
		return &NumberError{r.first + p + 1, r.step}
	}
	rule := m.rule(nodes, weights)
	if rule.failed {
		return &NotDefiniteError{r.first + p + 1, r.step, rule.low * r.scale}
	}
	shift := m.size * math.Log(r.scale)
	o.value, o.rounding = rule.sum+shift, rule.rounding+r.noise[p]+ritzError*math.Abs(shift)
	o.truncation = o.rounding
	if !t.closed {
		o.truncation += t.truncation(m, &rule)
	}
	o.moments = make([]float64, moments)
	for i, x := range nodes {
		power := m.weight(weights[i], x)
		for k := range o.moments {
			power *= x * r.scale
			o.moments[k] += power
		}
	}
	return nil
}

// Rules with ruleGap of their nodes in between are compared. Their differences
// are trusted to show convergence when the bound has come down to
// asymptoticShare of what it can be and they shrink to steadyQuotient or less,
// and no further than to boundShare of the bound, which also meets the steps
// in which a copy of a Ritz value arises and nothing changes.
const (
	ruleGap         = 0.2
	asymptoticShare = 0.05
	steadyQuotient  = 0.45
	boundShare      = 0.01
)

// truncation estimates how much the Gauss rule last is off. Even derivatives of
// the logarithm are negative and odd ones positive, so that the integral lies
// between the Gauss rule and the Gauss-Radau rule with one node more at a lower
// bound of the spectrum (Golub and Meurant, section 6.2). Of that bound nothing
// is known but that it can be told from zero: the weight of a node there times
// the logarithm of the rounding unit bounds the error at first. It is 3 to 1000
// times too large; when the differences of three rules shrink fast, the
// estimate is twice the sum of the geometric series that they start.
func (t *tridiagonal) truncation(m measure, last *logRule) float64 {
	steps := len(t.beta)
	worst := m.size * -math.Log(scalar.Eps)
	bound := t.weightAtZero() * worst
	if m.weighted {
		bound = last.missing * -math.Log(scalar.Eps)
	}
	if steps < firstRule || bound > asymptoticShare*worst {
		return bound
	}
	gap := max(1, int(math.Round(ruleGap*float64(steps))))
	var v [2]float64
	for i := range v {
		k := steps - (i+1)*gap
		nodes, weights, ok := gauss(t.alpha[:k], t.beta)
		rule := m.rule(nodes, weights)
		if !ok || rule.failed {
			return bound
		}
		v[i] = rule.sum
	}
	near, far := math.Abs(v[0]-last.sum), math.Abs(v[1]-v[0])
	if near == 0 {
		return boundShare * bound
	}
	if near > steadyQuotient*far {
		return bound
	}
	q := near / far
	return math.Min(bound, math.Max(boundShare*bound, 2*near*q/(1-q)))
}

// weightAtZero returns the weight, of a sum of 1, of a node at zero that a
// Gauss-Radau rule adds to the Gauss rule: 1/Σ p_i(0)² with the orthonormal
// polynomials p_0, ..., p_k, whose quotients at zero are -d_i/β_i with the
// pivots d_i of the tridiagonal matrix. For x·dμ the mass that its Gauss rule
// does not account for is that weight for dμ.
func (t *tridiagonal) weightAtZero() float64 {
	d, square, sum := t.alpha[0], 1.0, 1.0
	for i, b := range t.beta {
		if i > 0 {
			d = t.alpha[i] - t.beta[i-1]*(t.beta[i-1]/d)
		}
		if !(d > 0) {
			return 1
		}
		q := d / b
		square *= q * q
		sum += square
	}
	return 1 / sum
}
