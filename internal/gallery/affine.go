package gallery

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
)

// Affine is a positive definite family A(μ) = A_1 + Σ_k μ_k A_{k+1} over the box
// [Low, High]^p, p = len(Names) = len(Parts) - 1. The parts are positive
// semidefinite and share one pattern.
type Affine struct {
	Parts     []*Matrix[float64]
	Names     []string // of the parameters μ_1, …, μ_p
	Low, High float64  // positive
}

// ThreeBlocks returns a family of wide range: order 289, box [0.1, 10]².
func ThreeBlocks() *Affine { return AffineBlocks(17, 3, 0.1, 10, 2) }

// StiffnessReactions returns a family of still wider range, in which a coefficient
// can hide behind another: order 289, box [0.01, 100]².
func StiffnessReactions() *Affine { return AffineReactions(17, 2, 0.01, 100, 2) }

// NineBlocks returns a family of many parameters: order 400, box [0.5, 2]⁸.
func NineBlocks() *Affine { return AffineBlocks(20, 9, 0.5, 2, 4) }

// AffineBlocks returns ThermalBlocks(n, k, seed) as a family: α_1 = 1, and the
// parameters alpha2, …, alphak are the conductivities of the other blocks. Only
// for k = 2 do the parts commute in effect.
func AffineBlocks(n, k int, low, high float64, seed uint64) *Affine {
	f := &Affine{Parts: ThermalBlocks(n, k, seed), Low: low, High: high}
	for p := 2; p <= k; p++ {
		f.Names = append(f.Names, fmt.Sprintf("alpha%d", p))
	}
	return f
}

// AffineReactions returns the family of the bilinear (Q1) finite elements of
// -Δu + r(x)·u with step 1 on n × n inner nodes and zero boundary values: the
// stiffness matrix, and the mass matrices of the cells nearest to each of `zones`
// random sites, r being one of the parameters r1, r2, … there.
func AffineReactions(n, zones int, low, high float64, seed uint64) *Affine {
	f := &Affine{Low: low, High: high}
	stiffness := ThermalBlocks(n, 1, seed)[0]
	f.Parts = append(f.Parts, stiffness)
	owner := voronoi(n+1, zones, seed)
	// Entries of the element matrix in thirty-sixths for corners 00, 10, 11, 01.
	element := [4]float64{4, 2, 1, 2}
	corners := [4][2]int{{0, 0}, {1, 0}, {1, 1}, {0, 1}}
	for zone := range zones {
		b := newBuilder[float64](n*n, n*n, matrix.Symmetric)
		for cell, own := range owner {
			a, c := cell/(n+1), cell%(n+1)
			for p, u := range corners {
				for q, v := range corners {
					x := 0.0 // stored everywhere: one pattern for all
					if own == zone {
						x = element[(q-p+4)%4] / 36
					}
					addElement(b, innerNode(n, a+u[0], c+u[1]), innerNode(n, a+v[0], c+v[1]), x)
				}
			}
		}
		m := b.finish()
		m.Pattern = stiffness.Pattern
		f.Parts = append(f.Parts, m)
		f.Names = append(f.Names, fmt.Sprintf("r%d", zone+1))
	}
	return f
}

// Size returns the number of rows.
func (f *Affine) Size() int { return f.Parts[0].Rows }

// Alpha returns the coefficients (1, μ_1, …, μ_p) of the parts.
func (f *Affine) Alpha(mu []float64) []float64 {
	return append([]float64{1}, mu...)
}

// Points returns `count` random points of the box, log-uniform in every
// parameter, one per row.
func (f *Affine) Points(count int, seed uint64) *dense.Matrix[float64] {
	rng := rand.New(rand.NewPCG(seed, 4))
	x := dense.New[float64](count, len(f.Names))
	for i := range x.Data {
		x.Data[i] = min(max(f.Low*math.Pow(f.High/f.Low, rng.Float64()), f.Low), f.High)
	}
	return x
}

// Corners returns the 2^p corners of the box, one per row, the last parameter
// varying fastest.
func (f *Affine) Corners() *dense.Matrix[float64] {
	p := len(f.Names)
	x := dense.New[float64](1<<p, p)
	for i := range x.Rows {
		for j := range p {
			x.Set(i, j, f.Low)
			if i>>(p-1-j)&1 == 1 {
				x.Set(i, j, f.High)
			}
		}
	}
	return x
}

// At returns Σ alpha_k · part_k.
func (f *Affine) At(alpha []float64) *Matrix[float64] { return Combine(f.Parts, alpha) }

// LogDet returns log det of At(alpha) by a dense Cholesky factorisation
// (gonum), whose relative error is about the order of the matrix times eps.
func (f *Affine) LogDet(alpha []float64) float64 { return f.factor(alpha).LogDet() }

// Traces returns p_k = alpha_k · tr(A⁻¹ A_k) = ∂ log det A / ∂ log alpha_k and
// C_jk = alpha_j alpha_k · tr(A⁻¹ A_j A⁻¹ A_k), A = At(alpha), from a dense inverse.
// The sum of the p_k is the order of A; the second derivative of log det A by
// log alpha_j and log alpha_k is δ_jk·p_j - C_jk.
func (f *Affine) Traces(alpha []float64) (p []float64, c *dense.Matrix[float64]) {
	chol := f.factor(alpha)
	k := len(f.Parts)
	p, c = make([]float64, k), dense.New[float64](k, k)
	scaled := make([]*mat.Dense, k) // alpha_k A⁻¹ A_k
	for j, part := range f.Parts {
		scaled[j] = new(mat.Dense)
		if err := chol.SolveTo(scaled[j], symmetric(part)); err != nil {
			panic("gallery: " + err.Error())
		}
		scaled[j].Scale(alpha[j], scaled[j])
		p[j] = scaled[j].Trace()
	}
	for i := range k {
		for j := range i + 1 {
			var product mat.Dense
			product.MulElem(scaled[i], scaled[j].T())
			c.Set(i, j, mat.Sum(&product))
			c.Set(j, i, c.At(i, j))
		}
	}
	return p, c
}

// factor returns the Cholesky factorisation of At(alpha); it panics unless that
// is positive definite.
func (f *Affine) factor(alpha []float64) *mat.Cholesky {
	var c mat.Cholesky
	if !c.Factorize(symmetric(f.At(alpha))) {
		panic(fmt.Sprintf("gallery: not positive definite at %v", alpha))
	}
	return &c
}

// symmetric returns the symmetric m in the form of gonum.
func symmetric(m *Matrix[float64]) *mat.SymDense {
	s := mat.NewSymDense(m.Rows, nil)
	m.Each(func(k, i, j int) { s.SetSym(i, j, m.Values[k]) })
	return s
}
