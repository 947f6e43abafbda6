package bundle

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
)

// npyHeader returns the header of a .npy file, version 1.0, for an array in C
// order: a multiple of 64 bytes long, as numpy.save writes it.
func npyHeader(dtype string, shape []int) []byte {
	dims := make([]string, len(shape))
	for i, n := range shape {
		dims[i] = fmt.Sprint(n)
	}
	list := strings.Join(dims, ", ")
	if len(shape) == 1 {
		list += ","
	}
	dict := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", dtype, list)
	const fixed = 10 // magic, version, length
	pad := roundUp(fixed+len(dict)+1, alignment) - (fixed + len(dict) + 1)
	h := append([]byte("\x93NUMPY\x01\x00"), 0, 0)
	binary.LittleEndian.PutUint16(h[8:], uint16(len(dict)+pad+1))
	return append(append(h, dict...), strings.Repeat(" ", pad)+"\n"...)
}

// arrayBytes returns the size of an array in bytes, false when its shape is
// not that of a vector or matrix or its size exceeds what can be addressed.
func arrayBytes(shape []int, size int) (int64, bool) {
	if len(shape) < 1 || len(shape) > 2 {
		return 0, false
	}
	total := int64(size)
	for _, n := range shape {
		if n < 0 || n > 0 && total > (math.MaxInt-1<<20)/int64(n) {
			return 0, false
		}
		total *= int64(n)
	}
	return total, true
}

// roundUp returns the smallest multiple of m that is ≥ n.
func roundUp(n, m int) int { return (n + m - 1) / m * m }
