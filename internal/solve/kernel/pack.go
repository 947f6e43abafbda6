package kernel

import "eimtool/internal/scalar"

// pack stores n rows of k terms in strips of width rows, each strip term by
// term, the last filled up with zeros. Element (i, p) is a[i+p*ld], or
// a[p+i*ld] if f.trans.
func pack[T scalar.Scalar](dst, a []T, ld, n, k, width int, f form) {
	for i := 0; i < n; i += width {
		d := dst[i*k:][:width*k]
		rows := min(width, n-i)
		switch {
		case f.trans:
			packTurned(d, a[i*ld:], ld, rows, k, width)
		case rows < width:
			clear(d)
			for p := range k {
				copy(d[p*width:], a[i+p*ld:][:rows])
			}
		case width == 8:
			pack8(d, a[i:], ld, k)
		case width == 6:
			pack6(d, a[i:], ld, k)
		case width == 4:
			pack4(d, a[i:], ld, k)
		case width == 3:
			pack3(d, a[i:], ld, k)
		case width == 2:
			pack2(d, a[i:], ld, k)
		default:
			panic("kernel: no packing of this width")
		}
		if f.conj {
			scalar.Conjugate(d)
		}
	}
}

// pack8 and the like pack a whole strip of that many rows that are contiguous.
func pack8[T scalar.Scalar](d, a []T, ld, k int) {
	for p := range k {
		*(*[8]T)(d[8*p:]) = *(*[8]T)(a[p*ld:])
	}
}

func pack6[T scalar.Scalar](d, a []T, ld, k int) {
	for p := range k {
		*(*[6]T)(d[6*p:]) = *(*[6]T)(a[p*ld:])
	}
}

func pack4[T scalar.Scalar](d, a []T, ld, k int) {
	for p := range k {
		*(*[4]T)(d[4*p:]) = *(*[4]T)(a[p*ld:])
	}
}

func pack3[T scalar.Scalar](d, a []T, ld, k int) {
	for p := range k {
		*(*[3]T)(d[3*p:]) = *(*[3]T)(a[p*ld:])
	}
}

func pack2[T scalar.Scalar](d, a []T, ld, k int) {
	for p := range k {
		*(*[2]T)(d[2*p:]) = *(*[2]T)(a[p*ld:])
	}
}

// packTurned packs rows whose terms are contiguous.
func packTurned[T scalar.Scalar](d, a []T, ld, rows, k, width int) {
	if rows < width {
		clear(d)
	}
	r := 0
	for ; r+4 <= rows; r += 4 {
		x, y, z, u := a[r*ld:][:k], a[(r+1)*ld:][:k], a[(r+2)*ld:][:k], a[(r+3)*ld:][:k]
		for p, v := range x {
			e := (*[4]T)(d[p*width+r:])
			e[0], e[1], e[2], e[3] = v, y[p], z[p], u[p]
		}
	}
	for ; r+2 <= rows; r += 2 {
		x, y := a[r*ld:][:k], a[(r+1)*ld:][:k]
		for p, v := range x {
			e := d[p*width+r:][:2]
			e[0], e[1] = v, y[p]
		}
	}
	if r < rows {
		for p, v := range a[r*ld:][:k] {
			d[p*width+r] = v
		}
	}
}
