package gallery

import (
	"math"
	"math/rand/v2"
	"slices"

	"eimtool/internal/matrix"
)

// P1 returns the linear finite element matrix of -∂x(kx ∂x u) - ∂y(ky ∂y u) + r u
// on the unit square with n × n inner nodes, zero boundary values and every cell
// cut into two triangles; the coefficients are taken at the centroids. Lower
// triangle; positive definite for positive kx, ky and r ≥ 0. With kx = ky = 1,
// r = 0 the values are those of Laplacian(n, n), with zeros stored for the third
// edge of the triangles.
func P1(n int, coefficients func(x, y float64) (kx, ky, r float64)) *Matrix[float64] {
	b := newBuilder[float64](n*n, n*n, matrix.Symmetric)
	h := 1 / float64(n+1)
	halves := [2]struct {
		corner   [3][2]int
		gradient [3][2]float64 // of the hat functions, times h
	}{
		{[3][2]int{{0, 0}, {1, 0}, {0, 1}}, [3][2]float64{{-1, -1}, {1, 0}, {0, 1}}},
		{[3][2]int{{1, 1}, {0, 1}, {1, 0}}, [3][2]float64{{1, 1}, {-1, 0}, {0, -1}}},
	}
	for cell := range (n + 1) * (n + 1) {
		a, c := cell/(n+1), cell%(n+1)
		for _, t := range halves {
			var node [3]int
			var x, y float64
			for p, d := range t.corner {
				node[p] = innerNode(n, a+d[0], c+d[1])
				x += float64(a+d[0]) * h / 3
				y += float64(c+d[1]) * h / 3
			}
			kx, ky, r := coefficients(x, y)
			for p, g := range t.gradient {
				for q, f := range t.gradient {
					mass := 1.0 / 24
					if p == q {
						mass = 1.0 / 12
					}
					addElement(b, node[p], node[q], (kx*g[0]*f[0]+ky*g[1]*f[1])/2+r*h*h*mass)
				}
			}
		}
	}
	return b.finish()
}

// ThermalBlocks returns the parts A_1, …, A_k of the thermal block problem on one
// pattern: Σ α_k A_k is the bilinear (Q1) finite element matrix of -div(α grad u)
// on the unit square with n × n inner nodes and zero boundary values, where α is
// α_k on the cells nearest to site k. The sites are random, so no symmetry of
// the square makes the family simpler than it is, and no block is empty. All
// A_k are positive semidefinite; with all α_k = 1 the sum has the stencil 8/3
// and eight times -1/3. Lower triangle.
func ThermalBlocks(n, k int, seed uint64) []*Matrix[float64] {
	owner := voronoi(n+1, k, seed)
	parts := make([]*builder[float64], k)
	for p := range parts {
		parts[p] = newBuilder[float64](n*n, n*n, matrix.Symmetric)
	}
	// Entries of the element matrix in sixths for corners 00, 10, 11, 01.
	element := [4]float64{4, -1, -2, -1}
	corners := [4][2]int{{0, 0}, {1, 0}, {1, 1}, {0, 1}}
	for cell, own := range owner {
		a, c := cell/(n+1), cell%(n+1)
		for p, u := range corners {
			for q, v := range corners {
				i, j := innerNode(n, a+u[0], c+u[1]), innerNode(n, a+v[0], c+v[1])
				for part, b := range parts {
					x := 0.0 // stored in every part: one pattern for all
					if part == own {
						x = element[(q-p+4)%4] / 6
					}
					addElement(b, i, j, x)
				}
			}
		}
	}
	out := make([]*Matrix[float64], k)
	for p, b := range parts {
		out[p] = b.finish()
		out[p].Pattern = out[0].Pattern
	}
	return out
}

// voronoi returns the nearest of k random sites for each of n × n cells; sites
// are drawn again until every one has a cell.
func voronoi(n, k int, seed uint64) []int {
	if k > n*n {
		panic("gallery: more blocks than cells")
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	for {
		sites := make([][2]float64, k)
		for p := range sites {
			sites[p] = [2]float64{rng.Float64(), rng.Float64()}
		}
		owner := make([]int, n*n)
		used := make([]bool, k)
		for cell := range owner {
			x, y := (float64(cell/n)+0.5)/float64(n), (float64(cell%n)+0.5)/float64(n)
			best := math.Inf(1)
			for p, s := range sites {
				if d := (s[0]-x)*(s[0]-x) + (s[1]-y)*(s[1]-y); d < best {
					best, owner[cell] = d, p
				}
			}
			used[owner[cell]] = true
		}
		if !slices.Contains(used, false) {
			return owner
		}
	}
}

// innerNode returns the number of node (a, b) of a square grid, -1 on the
// boundary; inner nodes have a, b = 1..n.
func innerNode(n, a, b int) int {
	if a < 1 || b < 1 || a > n || b > n {
		return -1
	}
	return (a-1)*n + b - 1
}

// addElement adds v to entry (i, j) unless one of the nodes is on the boundary.
func addElement(b *builder[float64], i, j int, v float64) {
	if i >= 0 && j >= 0 {
		b.addLower(i, j, v)
	}
}
