package measure

import (
	"context"
	"errors"
	"fmt"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// Problem asks Build for a model of a family of matrices of order Size.
type Problem struct {
	Size       int
	Candidates *dense.Matrix[float64] // P × K coefficients of where nodes may be
	Points     *dense.Matrix[float64] // where the error counts; nil: Candidates
	Known      []Node                 // nodes that cost nothing, in use from the start

	// Evaluate makes the node of a candidate, a row of Candidates. Calls follow
	// one another. nil: there are the Known nodes only.
	Evaluate func(ctx context.Context, candidate int) (Node, error)

	MaxNodes  int     // Known ones included; ≤ 0 means 60
	Tolerance float64 // of the estimated error of log det at all Points, absolute
	Options

	Progress func(stage string, done, total int) // nil: none
}

// defaultNodes is MaxNodes when it is not given.
const defaultNodes = 60

// PlanError reports a problem that cannot be posed.
type PlanError struct{ What string }

func (e *PlanError) Error() string { return "nodes of log det: " + e.What }

// CandidateError reports a candidate whose node could not be had, or cannot be
// that of the family.
type CandidateError struct {
	Candidate int // row of Problem.Candidates, counted from 0
	Err       error
}

func (e *CandidateError) Error() string {
	return fmt.Sprintf("nodes of log det: candidate %d: %v", e.Candidate+1, e.Err)
}

// Unwrap returns the cause.
func (e *CandidateError) Unwrap() error { return e.Err }

// Build chooses nodes among the candidates until the estimated error meets the
// tolerance at all points, or MaxNodes are used, and returns the model with all
// its nodes, Known ones first and the others in the order of their choice. The
// caller sees from Model.Calibration whether the tolerance was met.
//
// The first K+1 nodes depend on the coefficients alone, see greedy.first. From
// then on nodes are where the fits of the present model differ most, for that is
// where a value says most about which of them is right; and how far that value
// lies from the prediction calibrates the estimate, see Calibration. Of more
// than batchFrom nodes, several are added per model.
//
// The errors are *PlanError, *CandidateError, *InputError (Known nodes: their
// number) and that of ctx when it ends.
func Build(ctx context.Context, p *Problem) (*Model, []Node, error) {
	b, err := newBuilder(p)
	if err != nil {
		return nil, nil, err
	}
	if p.Evaluate == nil || b.Candidates.Rows == 0 {
		return b.fixed(ctx)
	}
	if err := b.start(ctx); err != nil {
		return nil, nil, err
	}
	if err := b.prepare(ctx); err != nil {
		return nil, nil, err
	}
	for {
		if err := b.fit(ctx); err != nil {
			return nil, nil, err
		}
		if b.done() {
			m, err := b.model(ctx, b.record.factor(), floorShare)
			return m, b.nodes, err
		}
		if err := b.add(ctx); err != nil {
			return nil, nil, err
		}
	}
}

// builder is the state of Build.
type builder struct {
	*Problem
	most   int // nodes
	points *dense.Matrix[float64]
	used   []bool // candidates

	nodes []Node
	from  []int // candidates of the nodes, -1: known

	low, high         []float64 // box of log(α_k/α_1) in which the model is wanted
	frame             *frame
	atPoints, atRests *sheet // at the points and the candidates, the same if these are
	fits              *ensemble
	largest           float64   // spread of the fits at the points
	spread            []float64 // at the candidates
	record            Calibration
}

func newBuilder(p *Problem) (*builder, error) {
	b := &builder{Problem: p, most: p.MaxNodes, points: p.Points, record: Calibration{Tolerance: p.Tolerance}}
	if b.most <= 0 {
		b.most = defaultNodes
	}
	if p.Candidates == nil {
		b.Problem = &Problem{}
		*b.Problem = *p
		b.Candidates = &dense.Matrix[float64]{}
	}
	if b.points == nil {
		b.points = b.Candidates
	}
	if p.Size < 1 {
		return nil, &PlanError{fmt.Sprintf("the matrices have order %d", p.Size)}
	}
	if len(p.Known) == 0 && (b.Candidates.Rows == 0 || p.Evaluate == nil) {
		return nil, &PlanError{"there are neither nodes nor candidates"}
	}
	if err := b.examineKnown(); err != nil {
		return nil, err
	}
	parts := b.parts()
	for _, m := range []*dense.Matrix[float64]{b.Candidates, b.points} {
		if m.Rows > 0 && m.Cols != parts {
			return nil, &PlanError{fmt.Sprintf("%d coefficients where there are %d", m.Cols, parts)}
		}
		for i := range m.Rows {
			if err := checkAlpha(m.Row(i), -1); err != nil {
				return nil, &PlanError{fmt.Sprintf("row %d of the candidates or points: %v", i+1, err)}
			}
		}
	}
	b.used = make([]bool, b.Candidates.Rows)
	for i := range b.used {
		b.used[i] = b.coincides(b.Candidates.Row(i))
	}
	return b, nil
}

func (b *builder) parts() int {
	if len(b.Known) > 0 {
		return len(b.Known[0].Alpha)
	}
	return b.Candidates.Cols
}

func (b *builder) examineKnown() error {
	if len(b.Known) == 0 {
		return nil
	}
	if err := check(b.Known, b.Size); err != nil {
		return err
	}
	for i, n := range b.Known {
		if err := examine(n, b.Size); err != nil {
			return &InputError{i, err.Error()}
		}
		b.nodes, b.from = append(b.nodes, n), append(b.from, -1)
	}
	return nil
}

// coincides reports whether there is a node at alpha up to rounding.
func (b *builder) coincides(alpha []float64) bool {
	const same = 1e-9
	for _, n := range b.nodes {
		far := 0.
		for k, a := range alpha {
			far = max(far, math.Abs(a-n.Alpha[k])/a)
		}
		if far < same {
			return true
		}
	}
	return false
}

// start evaluates the first nodes, up to K+1: a centre, unless there are known
// nodes, and those that the coefficients alone suggest.
func (b *builder) start(ctx context.Context) error {
	if len(b.nodes) == 0 {
		if err := b.evaluate(ctx, centre(b.Candidates)); err != nil {
			return err
		}
	}
	missing := min(b.parts()+1, b.most) - len(b.nodes)
	for _, c := range first(b.Candidates, b.used, b.nodes, b.Size, missing) {
		if err := b.evaluate(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// evaluate adds the node of a candidate.
func (b *builder) evaluate(ctx context.Context, candidate int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	n, err := b.Evaluate(ctx, candidate)
	if err == nil {
		n.Alpha = b.Candidates.Row(candidate)
		if err = check([]Node{n}, b.Size); err == nil {
			err = examine(n, b.Size)
		}
		var in *InputError
		if errors.As(err, &in) {
			err = errors.New(in.What) // the node has no number
		}
	}
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &CandidateError{candidate, err}
	}
	b.used[candidate] = true
	b.nodes, b.from = append(b.nodes, n), append(b.from, candidate)
	if b.Progress != nil {
		b.Progress("nodes", len(b.nodes), b.most)
	}
	return nil
}

// sumTolerance is the relative deviation of the sum of the traces from the order
// of the matrix from which on they cannot be those of the family.
const sumTolerance = 1e-8

// examine compares the traces of a node, of the right number and finite, with
// what they are for every sum of positive semidefinite parts.
func examine(n Node, size int) error {
	if n.Trace == nil {
		return nil
	}
	var sum scalar.Sum
	for k, p := range n.Trace {
		if p < -sumTolerance*float64(size) {
			return fmt.Errorf("log det falls as coefficient %d grows (trace %g): part %d is not positive semidefinite, or not the one of this coefficient", k+1, p, k+1)
		}
		sum.Add(p)
	}
	if off := math.Abs(sum.Value() - float64(size)); !(off <= sumTolerance*float64(size)) {
		return fmt.Errorf("the traces α_k·tr(A⁻¹·A_k) add up to %.12g instead of the order %d: the parts do not add up to the matrix "+
			"(a file in the wrong place, constrained rows in two parts), or the matrix is too ill-conditioned for them", sum.Value(), size)
	}
	return nil
}
