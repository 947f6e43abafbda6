package reduced

import (
	"math/bits"
	"math/rand/v2"
)

// sobolDirection holds a primitive polynomial over GF(2), leading and trailing
// coefficient included, and the first direction numbers of one dimension.
type sobolDirection struct {
	polynomial uint32
	initial    []uint32
}

// sobolDirections returns the table new-joe-kuo-6 of Joe and Kuo, SIAM J. Sci.
// Comput. 30(5), 2008, from the second dimension on.
func sobolDirections() []sobolDirection {
	return []sobolDirection{
		{3, []uint32{1}},
		{7, []uint32{1, 3}},
		{11, []uint32{1, 3, 1}},
		{13, []uint32{1, 1, 1}},
		{19, []uint32{1, 1, 3, 3}},
		{25, []uint32{1, 3, 5, 13}},
		{37, []uint32{1, 1, 5, 5, 17}},
		{41, []uint32{1, 1, 5, 5, 5}},
		{47, []uint32{1, 1, 7, 11, 19}},
		{55, []uint32{1, 1, 5, 1, 1}},
		{59, []uint32{1, 1, 1, 3, 11}},
		{61, []uint32{1, 3, 5, 5, 31}},
		{67, []uint32{1, 3, 3, 9, 7, 49}},
		{91, []uint32{1, 1, 1, 15, 21, 21}},
		{97, []uint32{1, 3, 1, 13, 27, 49}},
		{103, []uint32{1, 1, 1, 15, 7, 5}},
		{109, []uint32{1, 3, 1, 15, 13, 25}},
		{115, []uint32{1, 1, 5, 5, 19, 61}},
		{131, []uint32{1, 3, 7, 11, 23, 15, 103}},
	}
}

const sobolBits = 32

// sobol returns the points 1 to count of the Sobol sequence in the unit cube
// (point 0, a corner, is left out; point 1 is the centre), in Gray code order
// (Antonov and Saleev, 1979). Dimensions beyond the table are seeded random.
func sobol(dim, count int) [][]float64 {
	table := sobolDirections()
	v := make([][sobolBits]uint32, min(dim, len(table)+1))
	for d := range v {
		if d == 0 {
			for k := range sobolBits {
				v[0][k] = 1 << (sobolBits - 1 - k)
			}
			continue
		}
		v[d] = table[d-1].numbers()
	}
	rng := rand.New(rand.NewPCG(0x736f626f6c, uint64(dim)))
	x := make([]uint32, len(v))
	points := make([][]float64, count)
	for i := range points {
		u := make([]float64, dim)
		bit := bits.TrailingZeros32(^uint32(i))
		for d := range u {
			if d >= len(v) {
				u[d] = rng.Float64()
				continue
			}
			x[d] ^= v[d][bit]
			u[d] = float64(x[d]) / (1 << sobolBits)
		}
		points[i] = u
	}
	return points
}

// numbers returns the direction numbers as binary fractions.
func (s sobolDirection) numbers() (v [sobolBits]uint32) {
	degree := bits.Len32(s.polynomial) - 1
	for k := range sobolBits {
		if k < degree {
			v[k] = s.initial[k] << (sobolBits - 1 - k)
			continue
		}
		v[k] = v[k-degree] ^ v[k-degree]>>degree
		for j := 1; j < degree; j++ {
			if s.polynomial>>(degree-j)&1 == 1 {
				v[k] ^= v[k-j]
			}
		}
	}
	return v
}

// maxCornerDim is the largest dimension of which all 2^dim corners are candidates.
const maxCornerDim = 8

// candidates returns the centre, Sobol points, and the corners of the cube.
func candidates(dim, count int) [][]float64 {
	points := sobol(dim, count)
	if dim == 0 || dim > maxCornerDim {
		return points
	}
	for c := range 1 << dim {
		u := make([]float64, dim)
		for d := range u {
			u[d] = float64(c >> d & 1)
		}
		points = append(points, u)
	}
	return points
}
