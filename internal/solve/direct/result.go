package direct

import (
	"math"
	"math/cmplx"

	"eimtool/internal/scalar"
)

// LogDet returns log|det(R·A·C)| by a compensated sum, and its phase.
func (n *Numeric[T]) LogDet() (logabs float64, phase T) {
	var sum scalar.Sum
	phase = scalar.Of[T](1, 0)
	one := phase
	n.eachBlock(func(_ int, a, b, d T, two bool) {
		det := a
		if two {
			up := b
			if n.rules.Kind == Hermitian {
				up = scalar.Conj(b)
			}
			det = a*d - b*up
		}
		m := scalar.Abs(det)
		if m == 0 || m-m != 0 { // the product left the range of float64
			s := 1 / max(scalar.Abs(a), scalar.Abs(b), scalar.Abs(d))
			c := scalar.Of[T](s, 0)
			up := b
			if n.rules.Kind == Hermitian {
				up = scalar.Conj(b)
			}
			det = (a*c)*(d*c) - (b*c)*(up*c)
			m = scalar.Abs(det)
			sum.Add(-2 * math.Log(s))
		}
		sum.Add(math.Log(m))
		phase *= det / scalar.Of[T](m, 0)
	})
	if n.rules.Kind == LU && odd(n.rowPos) != (odd(n.colPos) != n.sym.oddColumns) {
		phase = -phase
	}
	if p := scalar.Abs(phase); p > 0 {
		phase *= scalar.Of[T](1/p, 0)
	}
	if !scalar.IsComplex[T]() || n.rules.Kind == Cholesky || n.rules.Kind == Hermitian {
		phase = scalar.Of[T](math.Copysign(1, scalar.Real(phase)), 0) * one
	}
	return sum.Value(), phase
}

// AccretiveLogDet returns the sum of the principal logarithms of all pivots of
// rotation·R·A·C, a 2×2 pivot counting as the two it could be split into, and
// false when the real part of one is not positive. Without pivoting, and with R = C,
// all of them are when rotation·A is accretive.
func (n *Numeric[T]) AccretiveLogDet(rotation complex128) (logdet complex128, ok bool) {
	var re, im scalar.Sum
	ok = true
	add := func(pivot complex128) {
		pivot *= rotation
		if !(real(pivot) > 0) {
			ok = false
			return
		}
		re.Add(math.Log(cmplx.Abs(pivot)))
		im.Add(cmplx.Phase(pivot))
	}
	n.eachBlock(func(_ int, a, b, d T, two bool) {
		x := complex(scalar.Real(a), scalar.Imag(a))
		add(x)
		if two && ok {
			up := b
			if n.rules.Kind == Hermitian {
				up = scalar.Conj(b)
			}
			rest := d - b*up/a
			add(complex(scalar.Real(rest), scalar.Imag(rest)))
		}
	})
	return complex(re.Value(), im.Value()), ok
}

// odd reports whether the permutation p is odd.
func odd(p []int32) bool {
	seen := make([]bool, len(p))
	even := true
	for i := range p {
		for j := i; !seen[j]; j = int(p[j]) {
			seen[j] = true
			if int(p[j]) != i {
				even = !even
			}
		}
	}
	return !even
}

// eachBlock calls f with every diagonal block: of size 1, a, or of size 2,
// [a, ·; b, d] (two true). place is the pivot's in the order of elimination.
// For Cholesky a is the square of the diagonal element.
func (n *Numeric[T]) eachBlock(f func(place int, a, b, d T, two bool)) {
	var zero T
	for k := range n.nodes {
		v := &n.nodes[k]
		for p := 0; p < v.c; p++ {
			switch n.rules.Kind {
			case LU:
				f(v.first+p, v.lower[p*(v.m+1)], zero, zero, false)
			case Cholesky:
				l := v.lower[p*(v.m+1)]
				f(v.first+p, l*l, zero, zero, false)
			default:
				if v.d[2*p+1] == zero {
					f(v.first+p, v.d[2*p], zero, zero, false)
					continue
				}
				f(v.first+p, v.d[2*p], v.d[2*p+1], v.d[2*p+2], true)
				p++
			}
		}
	}
}

// Inertia returns the numbers of positive and negative eigenvalues; ok is false
// for LU and for complex symmetric matrices, which have none to count.
func (n *Numeric[T]) Inertia() (pos, neg int, ok bool) {
	if n.rules.Kind == LU || n.rules.Kind == Symmetric && scalar.IsComplex[T]() {
		return 0, 0, false
	}
	n.eachBlock(func(_ int, a, b, d T, two bool) {
		switch {
		case !two && scalar.Real(a) > 0:
			pos++
		case !two:
			neg++
		case blockDefinite(scalar.Real(a), scalar.Abs(b), scalar.Real(d)):
			if scalar.Real(a) > 0 {
				pos += 2
			} else {
				neg += 2
			}
		default:
			pos++
			neg++
		}
	})
	return pos, neg, true
}

// blockDefinite reports whether a·d > b², without overflow.
func blockDefinite(a, b, d float64) bool {
	s := max(math.Abs(a), b, math.Abs(d))
	a, b, d = a/s, b/s, d/s
	return a*d > b*b
}

// SmallestPivot returns the column of the matrix with the smallest pivot and
// its modulus, NaN when there is one; of a 2×2 pivot |det|/‖·‖ counts. An empty
// matrix has pivot 1.
func (n *Numeric[T]) SmallestPivot() (column int, pivot float64) {
	at, pivot := -1, 1.0
	n.eachBlock(func(place int, a, b, d T, two bool) {
		m := scalar.Abs(a)
		if two {
			x, y, z := scalar.Abs(a), scalar.Abs(b), scalar.Abs(d)
			s := max(x, y, z)
			up := b
			if n.rules.Kind == Hermitian {
				up = scalar.Conj(b)
			}
			c := scalar.Of[T](1/s, 0)
			m = s * scalar.Abs((a*c)*(d*c)-(b*c)*(up*c))
		}
		if at < 0 || !(m >= pivot) && pivot == pivot {
			at, pivot = place, m
		}
	})
	if at < 0 {
		return 0, pivot
	}
	return n.columnAt(at), pivot
}

// columnAt returns the column of the matrix whose pivot has the given place.
func (n *Numeric[T]) columnAt(place int) int {
	if n.rules.Kind == Cholesky {
		return int(n.sym.colOf[place])
	}
	for id, p := range n.colPos {
		if int(p) == place {
			return int(n.sym.colOf[id])
		}
	}
	return 0
}
