// Package partial selects terms for simulation codes that can give single
// entries of A_μ: P partial and d full assemblies in place of P full ones.
//
// Every candidate parameter μ_1..μ_P gives the same few entries, a random
// sample S, and one magic entry per term; full matrices are assembled at the
// terms alone. With the sampled part R_S of the residual of empirical
// interpolation in place of the whole residual, a step is
//
//	i = argmax_p max_s |R_S[p,s]| / max_s |A_p[s]|   (the candidate to assemble)
//	r = A_i − Σ_{l<m} c_l(i) q_l,  j = argmax |r|    (the magic entry)
//	q_m = r / r_j,  c_m(p) = A_p[j] − Σ_{l<m} c_l(p) q_l[j],  R_S −= c_m q_m[S]
//
// and A_p ≈ Σ_m c_m(p) q_m for every candidate. It is the greedy of Casenave,
// Ern, Lelièvre, Sylvand (arXiv 1307.4330, section 2) with rows chosen on a
// sample of the columns, and columns on whole rows. The first term is the most
// central candidate, paired with the constant 1, so that the coefficients of the
// matrices add up to 1.
//
// The package does not wait for the simulation code. Everything that is asked
// and answered is a file in one folder; Advance looks at what is there, repeats
// the selection from the answers and writes the next request. Load makes a
// family of all candidates of the finished folder. Nothing is known here of
// coefficient models or command lines.
package partial

import "fmt"

// Position is a place in a matrix, 0-based.
type Position struct{ Row, Col int }

func (p Position) String() string { return fmt.Sprintf("(%d, %d)", p.Row+1, p.Col+1) }

// mirrored returns the position on the other side of the diagonal.
func (p Position) mirrored() Position { return Position{p.Col, p.Row} }

// Column is a column of the data table: the entries of all candidates at one
// position. Of a hermitian family the real and the imaginary parts are two
// columns.
type Column struct {
	Position
	Imag bool // the imaginary part, of hermitian families only
}
