package bracket

import "math"

// steps limits the simplex method; a basis that is not optimal bounds as well.
func steps(rows int) int { return 20 + 6*rows }

// free marks the variable λ of chordAbove in a basis.
const free = math.MaxInt

// chordAbove returns the upper bound by convexity in t = log α. With
// Σ c_m = 1, c ≥ 0, and any λ such that Σ c_m·t_m + λ ≥ t in all components,
//
//	f(t) ≤ f(Σ c_m·t_m + λ) = f(Σ c_m·t_m) + n·λ ≤ Σ c_m·l_m + n·λ ,
//
// because f increases in every t_k, f(αe^λ) = f(α) + n·λ, and f is convex. The
// smallest such bound is a linear program, feasible everywhere: λ takes up what
// lies outside the hull of the nodes. Its first basis is the best single node.
func (m *Model) chordAbove(p *point) float64 {
	parts := len(p.alpha)
	n := float64(m.Size)
	start, top := m.bestSingle(p)
	ts := m.Log.Row(start)

	var floats [floatsMost]float64
	var basis [rowsMost]int
	s := newSimplex(parts+1, floats[:], basis[:])
	s.columns, s.cost = m.Log.Data, m.Level
	s.sign, s.slacks, s.free = -1, parts, top
	// Row k is Σ c_m·t_mk + λ - slack_k = t_k, the last one Σ c_m = 1. Basic are
	// c_start in the last row, λ in row top, slack_k in the others.
	s.inverse[parts*(parts+1)+parts] = 1
	s.value[parts], s.basis[parts], s.charge[parts] = 1, start, m.Level[start]
	for k := range parts {
		row := s.inverse[k*(parts+1) : (k+1)*(parts+1)]
		row[top] = 1
		row[parts] = -ts[top]
		s.basis[k], s.value[k], s.charge[k] = free, p.t[top]-ts[top], 1
		if k != top {
			row[k] = -1
			row[parts] += ts[k]
			s.value[k] -= p.t[k] - ts[k]
			s.basis[k], s.charge[k] = ^k, 0
		}
	}
	s.minimise(steps(parts + 1))
	_, single := m.scaled(start, p)
	return min(single, m.evaluateAbove(&s, p, n))
}

// bestSingle returns the node with the least bound by itself, l + n·max log r,
// and the component of the largest log r.
func (m *Model) bestSingle(p *point) (node, top int) {
	best := math.Inf(1)
	parts := len(p.alpha)
	for i, level := range m.Level {
		at, far := 0, math.Inf(-1)
		for k, v := range m.Log.Data[i*(parts+1) : i*(parts+1)+parts] {
			if d := p.t[k] - v; d > far {
				at, far = k, d
			}
		}
		if v := level + far; v < best {
			best, node, top = v, i, at
		}
	}
	return node, top
}

// evaluateAbove returns the bound for the weights of a basis, which rounding may
// have moved off the constraints: they are brought back first.
func (m *Model) evaluateAbove(s *simplex, p *point, n float64) float64 {
	var sum float64
	for i, j := range s.basis {
		if j >= 0 && j != free {
			s.value[i] = max(s.value[i], 0)
			sum += s.value[i]
		}
	}
	if !(sum > 0.5 && sum < 2) { // rounding has spoilt the basis
		return math.Inf(1)
	}
	var store [small]float64
	rest := append(store[:0], p.t[:len(p.alpha)]...)
	var value, size float64
	for i, j := range s.basis {
		if j < 0 || j == free {
			continue
		}
		c := s.value[i] / sum
		value += c * m.LogDet[j]
		size += c * math.Abs(m.LogDet[j])
		for k, t := range m.Log.Row(j)[:len(rest)] {
			rest[k] -= c * t
			size += c * n * math.Abs(t) // no less than each component's
		}
	}
	shift := math.Inf(-1)
	for k, v := range rest {
		shift = max(shift, v)
		size += n * math.Abs(p.t[k])
	}
	return value + n*shift + widen(len(rest))*size
}

// chordBelow returns the lower bound by concavity of g = e^{f/n}: for c ≥ 0 with
// Σ c_m·α_m ≤ α in all components, g(α) ≥ g(Σ c_m·α_m) ≥ Σ c_m·g(α_m), as g
// increases, is concave and homogeneous of degree 1. The largest such bound is a
// linear program with the basis of all slacks to start from. Tangents are
// better: without nodes of which the value alone is known it is not tried.
func (m *Model) chordBelow(p *point) float64 {
	if len(m.Valued) == 0 {
		return math.Inf(-1)
	}
	parts := len(p.alpha)
	var floats [floatsMost]float64
	var basis [rowsMost]int
	s := newSimplex(parts, floats[:], basis[:])
	s.columns, s.sign, s.slacks, s.free = m.Packed.Data, 1, parts, -1
	for k, a := range p.alpha {
		s.inverse[k*parts+k], s.value[k], s.basis[k] = 1, a, ^k
	}
	s.minimise(steps(parts))

	var store [small]float64
	used := append(store[:0], p.alpha...)
	clear(used)
	var sum, far float64
	for i, j := range s.basis {
		if j < 0 || s.value[i] <= 0 {
			continue
		}
		sum += s.value[i]
		far = max(far, math.Abs(m.Level[j]-m.Middle)) // in ulp, the error of its exponential
		for k, w := range m.Packed.Row(j) {
			used[k] += s.value[i] * w
		}
	}
	var most float64
	for k, u := range used {
		most = max(most, u/p.alpha[k])
	}
	log := math.Log(sum / most)
	if !finite(log) {
		return math.Inf(-1)
	}
	n := float64(m.Size)
	return n*(m.Middle+log) - widen(parts)*n*(1+far+math.Abs(m.Middle)+math.Abs(log))
}
