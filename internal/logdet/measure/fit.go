package measure

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// member is one fit: a constant and Σ w·log(h·x) over its own atoms and over
// those that all fits share.
type member struct {
	constant float64                // of the nonnegative fit
	atoms    *dense.Matrix[float64] // of the nonnegative measure
	weights  []float64              // of the nonnegative measure
	own      []float64              // weights of the atoms in the signed rest
	offset   float64                // constant of the signed rest
	shared   []float64              // weights of the shared cloud in the signed rest
}

// ensemble is a set of fits to the same nodes that differ in their random
// candidates and in the weight of first derivatives.
type ensemble struct {
	*frame
	low, high []float64 // box of the nodes, log(α_k/α_1)
	rounding  float64   // error of the sums in double precision
	members   []*member
}

// Fit fits the model to the nodes of a family of N×N matrices, N = size. The
// errors are *InputError, and that of ctx when it ends.
func Fit(ctx context.Context, nodes []Node, size int, opt Options) (*Model, error) {
	if err := check(nodes, size); err != nil {
		return nil, err
	}
	low, high := box(nodes)
	e, err := newFrame(nodes, size, low, high, opt.Seed).fit(ctx, nodes, opt)
	if err != nil {
		return nil, err
	}
	return e.model(ctx, low, high, opt.Threads)
}

// fit makes the fits. Nodes that begin with those of the last call cost less.
func (f *frame) fit(ctx context.Context, nodes []Node, opt Options) (*ensemble, error) {
	if err := check(nodes, f.size); err != nil {
		return nil, err
	}
	p := newProblem(f, nodes)
	f.extend(p)
	e := &ensemble{frame: f}
	e.low, e.high = box(nodes)
	e.rounding = p.rounding()
	count := opt.Fits
	if count < 1 {
		count = 8
	}
	e.members = make([]*member, count)
	errs := make([]error, count)
	err := scalar.Each(ctx, count, scalar.Threads(opt.Threads), func(i int) {
		e.members[i], errs[i] = p.member(i, count)
	})
	return e, errors.Join(append(errs, err)...)
}

// rounding bounds what the values owe to double precision: that of N·log s and
// of the data. The values of one part differ by a constant from N·log α, and how
// far they disagree on that is of the same kind.
func (p *problem) rounding() float64 {
	largest, low, high := 0., math.Inf(1), math.Inf(-1)
	for i, v := range p.data {
		if p.kinds[i] == 0 {
			largest = max(largest, math.Abs(v))
			low, high = min(low, v), max(high, v)
		}
	}
	r := 4 * scalar.Eps * (largest + float64(p.size))
	if p.k == 1 {
		r += high - low
	}
	return r
}

// member makes fit number i of count: its random numbers and its weight of the
// first derivatives, between 0.1 and 2, are its own.
func (p *problem) member(i, count int) (*member, error) {
	if p.k == 1 {
		return p.single(), nil
	}
	rng := rand.New(rand.NewPCG(p.seed, uint64(i)))
	w := p.weights(0.1 * math.Pow(20, (float64(i)+0.5)/float64(count)))
	b := make([]float64, p.rows)
	for i, v := range p.data {
		b[i] = w[i] * v
	}
	m := new(member)
	if err := p.positive(m, rng, w, b); err != nil {
		return nil, err
	}
	return m, p.rest(m, w, b)
}

// single is the fit of one part: log det = N·log α + constant.
func (p *problem) single() *member {
	mean := 0.
	for _, v := range p.data {
		mean += v / float64(p.rows)
	}
	return &member{constant: mean, atoms: dense.New[float64](0, 1), shared: make([]float64, p.cloud.Rows)}
}

// extra is the number of columns before those of the atoms.
const extra = 3

// positive fits a constant and a nonnegative measure of mass at most N. The
// least-squares problem has the columns +1, -1, slack and one for every atom,
// and besides the data the row Σ w + slack = N. Then it looks for better atoms
// near those in use.
func (p *problem) positive(m *member, rng *rand.Rand, w, b []float64) error {
	cloud := measureCloud(rng, p.k, p.reach)
	b = append(b[:len(b):len(b)], float64(p.size))
	rounds := 4
	if p.k > 5 {
		rounds = 5
	}
	var start []int
	sigma := 0.6
	for round := range rounds {
		x, support, err := dense.NNLS(p.measureColumns(cloud, w), b, start)
		if err != nil {
			return err
		}
		m.constant = x[0] - x[1]
		m.atoms, m.weights, start = activeAtoms(cloud, x, support)
		if m.atoms.Rows == 0 || round == rounds-1 {
			break
		}
		cloud = refined(rng, m.atoms, sigma)
		sigma /= 2
	}
	return nil
}

// activeAtoms returns the atoms in use, their weights, and where NNLS finds its
// present columns when the cloud is refined.
func activeAtoms(cloud *dense.Matrix[float64], x []float64, support []int) (atoms *dense.Matrix[float64], weights []float64, start []int) {
	var rows []int
	for _, j := range support {
		if j < extra {
			start = append(start, j)
			continue
		}
		start = append(start, extra+cloud.Cols+1+len(rows))
		rows = append(rows, j-extra)
		weights = append(weights, x[j])
	}
	return cloud.SelectRows(rows), weights, start
}

// measureColumns returns the columns of the nonnegative fit as rows.
func (p *problem) measureColumns(cloud *dense.Matrix[float64], w []float64) *dense.Matrix[float64] {
	a := dense.New[float64](extra+cloud.Rows, p.rows+1)
	for i, kind := range p.kinds {
		if kind == 0 {
			a.Set(0, i, w[i])
			a.Set(1, i, -w[i])
		}
	}
	a.Set(2, p.rows, 1)
	for j := range cloud.Rows {
		row := a.Row(extra + j)
		p.feature(cloud.Row(j), row, 0)
		for i, v := range w {
			row[i] *= v
		}
		row[p.rows] = 1
	}
	return a
}
