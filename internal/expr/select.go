package expr

import "math"

// asNumber returns 1 for true; unlike truth it has no branch, which nothing could
// predict for scattered points.
func asNumber(c bool) float64 {
	var bits uint64
	if c {
		bits = oneBits
	}
	return math.Float64frombits(bits)
}

// oneBits are the bits of the number 1.
const oneBits = 0x3ff << 52

// compare computes d = a op b for < and <=; a or b may have one element only.
func compare(o op, d, a, b []float64) {
	switch {
	case len(a) != len(d) && o == opLess:
		for i, v := range b {
			d[i] = asNumber(a[0] < v)
		}
	case len(a) != len(d):
		for i, v := range b {
			d[i] = asNumber(a[0] <= v)
		}
	case len(b) != len(d) && o == opLess:
		for i, v := range a {
			d[i] = asNumber(v < b[0])
		}
	case len(b) != len(d):
		for i, v := range a {
			d[i] = asNumber(v <= b[0])
		}
	case o == opLess:
		for i, v := range a {
			d[i] = asNumber(v < b[i])
		}
	default:
		for i, v := range a {
			d[i] = asNumber(v <= b[i])
		}
	}
}

// pick computes d = c ? a : b without branches: the condition becomes a mask.
func pick(d, c, a, b []float64) {
	switch {
	case len(a) != len(d) && len(b) != len(d):
		p, q := math.Float64bits(a[0]), math.Float64bits(b[0])
		for i := range d {
			d[i] = math.Float64frombits(q ^ (p^q)&mask(c[i]))
		}
	case len(a) != len(d):
		p, b := math.Float64bits(a[0]), b[:len(d)]
		for i := range d {
			q := math.Float64bits(b[i])
			d[i] = math.Float64frombits(q ^ (p^q)&mask(c[i]))
		}
	case len(b) != len(d):
		q, a := math.Float64bits(b[0]), a[:len(d)]
		for i := range d {
			d[i] = math.Float64frombits(q ^ (math.Float64bits(a[i])^q)&mask(c[i]))
		}
	default:
		a, b := a[:len(d)], b[:len(d)]
		for i := range d {
			q := math.Float64bits(b[i])
			d[i] = math.Float64frombits(q ^ (math.Float64bits(a[i])^q)&mask(c[i]))
		}
	}
}

// mask returns all bits for the condition 1 and none for 0.
func mask(c float64) uint64 { return uint64(int64(math.Float64bits(c)<<2) >> 63) }

// split lists where c is true and where it is not.
func split(c []float64, yes, no []int32) (y, n []int32) {
	yes, no = yes[:len(c)], no[:len(c)]
	i := 0
	for k := range c { // without branches, which nothing could predict
		yes[i], no[k-i] = int32(k), int32(k)
		i += int(mask(c[k]) & 1)
	}
	return yes[:i], no[:len(c)-i]
}

// spread copies v, or its one element everywhere.
func spread(d, v []float64) {
	if len(v) == len(d) {
		copy(d, v)
		return
	}
	fill(d, v[0])
}

// scatter puts v, or its one element, to the places of a list.
func scatter(d, v []float64, list []int32) {
	if len(v) != len(list) {
		for _, i := range list {
			d[i] = v[0]
		}
		return
	}
	for k, i := range list {
		d[i] = v[k]
	}
}

func fill(d []float64, v float64) {
	for i := range d {
		d[i] = v
	}
}
