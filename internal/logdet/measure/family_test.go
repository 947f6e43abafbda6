package measure

import (
	"bufio"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"eimtool/internal/dense"
)

// family is an affine family of dense matrices over a box of coefficients. The
// first coefficient is 1.
type family struct {
	name  string
	size  int
	parts []*mat.SymDense
	low   float64 // of every coefficient but the first
	high  float64
}

// node factorises the member of the family at alpha.
func (f *family) node(alpha []float64, second bool) Node {
	k := len(f.parts)
	sum := mat.NewSymDense(f.size, nil)
	scaled := make([]*mat.SymDense, k)
	for j, p := range f.parts {
		scaled[j] = mat.NewSymDense(f.size, nil)
		scaled[j].ScaleSym(alpha[j], p)
		sum.AddSym(sum, scaled[j])
	}
	var chol mat.Cholesky
	if !chol.Factorize(sum) {
		panic("not positive definite")
	}
	inverse := mat.NewSymDense(f.size, nil)
	if err := chol.InverseTo(inverse); err != nil {
		panic(err)
	}
	n := Node{Alpha: alpha, LogDet: chol.LogDet(), Trace: make([]float64, k)}
	left := mat.DenseCopyOf(inverse)
	w := make([]*mat.Dense, k)
	for j := range scaled {
		w[j] = new(mat.Dense)
		w[j].Mul(left, mat.DenseCopyOf(scaled[j]))
		n.Trace[j] = mat.Trace(w[j])
	}
	if second {
		n.Second = dense.New[float64](k, k)
		for i := range k {
			for j := range k {
				s := 0.
				for r := range f.size {
					for c := range f.size {
						s += w[i].At(r, c) * w[j].At(c, r)
					}
				}
				n.Second.Set(i, j, s)
			}
		}
	}
	return n
}

func (f *family) logDet(alpha []float64) float64 {
	sum := mat.NewSymDense(f.size, nil)
	for j, p := range f.parts {
		s := mat.NewSymDense(f.size, nil)
		s.ScaleSym(alpha[j], p)
		sum.AddSym(sum, s)
	}
	var chol mat.Cholesky
	chol.Factorize(sum)
	return chol.LogDet()
}

// point maps u in [0, 1]^(K-1) to coefficients.
func (f *family) point(u []float64) []float64 {
	alpha := make([]float64, 1+len(u))
	alpha[0] = 1
	for k, v := range u {
		alpha[k+1] = f.low * math.Pow(f.high/f.low, v)
	}
	return alpha
}

func (f *family) random(rng *rand.Rand, count int) [][]float64 {
	points := make([][]float64, count)
	for i := range points {
		u := make([]float64, len(f.parts)-1)
		for k := range u {
			u[k] = rng.Float64()
		}
		points[i] = f.point(u)
	}
	return points
}

// spread returns count points: the middle, then those with the largest rest of
// their features after projection on those of the points before.
func (f *family) spread(count int) [][]float64 {
	rng := rand.New(rand.NewPCG(7, 7))
	k := len(f.parts)
	candidates := [][]float64{f.point(slicesRepeat(0.5, k-1))}
	if k <= 5 {
		for c := range int(math.Pow(3, float64(k-1))) {
			u := make([]float64, k-1)
			for j := range u {
				u[j] = float64(c%3) / 2
				c /= 3
			}
			candidates = append(candidates, f.point(u))
		}
	}
	candidates = append(candidates, f.random(rng, 400)...)
	atoms := dirichlet(rng, k, []float64{.05, .2, .5, 1, 3}, 160)
	rows := make([]*dense.Matrix[float64], len(candidates))
	nodes := make([]Node, len(candidates))
	for i, a := range candidates {
		nodes[i] = Node{Alpha: a}
	}
	scale := homogeneousScale(nodes, 1)
	for i, a := range candidates {
		p := &problem{frame: &frame{k: k, size: 1}, gradient: []bool{true}, h: dense.New[float64](1, k)}
		homogeneous(scale, a, p.h.Row(0))
		r := dense.New[float64](k, atoms.Rows)
		feat := make([]float64, k)
		for j := range atoms.Rows {
			p.feature(atoms.Row(j), feat, 0)
			for l, v := range feat {
				r.Set(l, j, v)
			}
		}
		rows[i] = r
	}
	var basis [][]float64
	project := func(v []float64) {
		for range 2 {
			for _, q := range basis {
				dense.Axpy(-dense.Dotc(q, v), q, v)
			}
		}
	}
	var chosen [][]float64
	next := 0
	for {
		chosen = append(chosen, candidates[next])
		if len(chosen) == count {
			return chosen
		}
		from := len(basis)
		for l := range k {
			v := rows[next].Row(l)
			n := dense.Norm(v)
			project(v)
			if m := dense.Norm(v); m > 1e-10*n && m > 1e-10 {
				dense.Scale(1/m, v)
				basis = append(basis, append([]float64(nil), v...))
			}
		}
		most := -1.
		for i := range rows {
			v := rows[i].Row(0)
			for _, q := range basis[from:] {
				dense.Axpy(-dense.Dotc(q, v), q, v)
			}
			if n := dense.Norm(v); n > most {
				most, next = n, i
			}
		}
	}
}

func slicesRepeat(v float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = v
	}
	return out
}

// readParts reads the parts of a family of testdata.
func readParts(t testing.TB, name string, count, size int) []*mat.SymDense {
	t.Helper()
	parts := make([]*mat.SymDense, count)
	for p := range parts {
		file, err := os.Open(fmt.Sprintf("../../../testdata/families/%s/parts/A%d.mtx", name, p+1))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		parts[p] = mat.NewSymDense(size, nil)
		header := true
		for s := bufio.NewScanner(file); s.Scan(); {
			line := s.Text()
			if strings.HasPrefix(line, "%") {
				continue
			}
			var i, j int
			var v float64
			if _, err := fmt.Sscan(line, &i, &j, &v); err != nil {
				t.Fatal(err)
			}
			if !header {
				parts[p].SetSym(i-1, j-1, v)
			}
			header = false
		}
	}
	return parts
}

// blocks is -div(a·grad) on an n×n grid with a constant in blocks, block(i, j)
// their number.
func blocks(n, k int, block func(i, j int) int) []*mat.SymDense {
	parts := make([]*mat.SymDense, k)
	for p := range parts {
		parts[p] = mat.NewSymDense(n*n, nil)
	}
	add := func(p *mat.SymDense, i, j int, v float64) { p.SetSym(i, j, p.At(i, j)+v) }
	// Every cell of the (n+1)×(n+1) cells conducts along its four sides.
	id := func(i, j int) int {
		if i < 0 || j < 0 || i >= n || j >= n {
			return -1
		}
		return i*n + j
	}
	for i := range n + 1 {
		for j := range n + 1 {
			p := parts[block(i, j)]
			corner := [4]int{id(i-1, j-1), id(i-1, j), id(i, j), id(i, j-1)}
			for c := range 4 {
				a, b := corner[c], corner[(c+1)%4]
				if a >= 0 {
					add(p, a, a, .5)
				}
				if b >= 0 {
					add(p, b, b, .5)
				}
				if a >= 0 && b >= 0 {
					add(p, a, b, -.5)
				}
			}
		}
	}
	return parts
}

func thermalBlock(t testing.TB) *family {
	return &family{"thermal-block", 216, readParts(t, "thermal-block", 4, 216), .2, 5}
}

func thermalModel(t testing.TB) *family {
	return &family{"thermal-model", 216, readParts(t, "thermal-model", 2, 216), math.Exp(-1.9), math.Exp(1.9)}
}

func threeBlocks() *family {
	const n = 13
	parts := blocks(n, 3, func(i, j int) int {
		switch {
		case i < (n+1)/2:
			return 0
		case j < (n+1)/2:
			return 1
		}
		return 2
	})
	return &family{"three blocks", n * n, parts, .1, 10}
}

func reactions() *family {
	const n = 13
	parts := blocks(n, 1, func(i, j int) int { return 0 })
	left, right := mat.NewSymDense(n*n, nil), mat.NewSymDense(n*n, nil)
	for i := range n {
		for j := range n {
			if i < n/2 {
				left.SetSym(i*n+j, i*n+j, 1)
			} else {
				right.SetSym(i*n+j, i*n+j, 1)
			}
		}
	}
	return &family{"reactions", n * n, append(parts, left, right), .01, 100}
}
