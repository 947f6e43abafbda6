package measure

import (
	"context"
	"slices"

	"eimtool/internal/dense"
)

// prepare makes what the fits on the way have in common, once the first nodes
// are there.
func (b *builder) prepare(ctx context.Context) error {
	b.setBox()
	b.frame = newFrame(b.nodes, b.Size, b.low, b.high, b.Seed)
	var err error
	if b.atPoints, err = b.frame.sheet(ctx, b.points, b.Threads); err != nil {
		return err
	}
	b.atRests = b.atPoints
	if b.points != b.Candidates {
		b.atRests, err = b.frame.sheet(ctx, b.Candidates, b.Threads)
	}
	return err
}

// setBox sets the box of the points and nodes.
func (b *builder) setBox() {
	all := append([]Node(nil), b.nodes...)
	for i := range b.points.Rows {
		all = append(all, Node{Alpha: b.points.Row(i)})
	}
	b.low, b.high = box(all)
}

// fit makes the fits to all nodes and their spreads.
func (b *builder) fit(ctx context.Context) error {
	var err error
	if b.fits, err = b.frame.fit(ctx, b.nodes, b.Options); err != nil {
		return err
	}
	atPoints, err := b.fits.spreads(ctx, b.atPoints, b.Threads)
	if err != nil {
		return err
	}
	b.largest, b.spread = slices.Max(atPoints), atPoints
	if b.atRests != b.atPoints {
		if b.spread, err = b.fits.spreads(ctx, b.atRests, b.Threads); err != nil {
			return err
		}
	}
	b.record.note(len(b.nodes), b.record.factor()*(1+floorShare)*b.largest+b.fits.rounding)
	return nil
}

// model returns the model of the present fits with its estimate.
func (b *builder) model(ctx context.Context, factor, floor float64) (*Model, error) {
	m, err := b.fits.model(ctx, b.low, b.high, b.Threads)
	if err != nil {
		return nil, err
	}
	m.Factor, m.Floor, m.LargestSpread = factor, floor, b.largest
	b.record.Nodes = b.from
	m.Calibration = &b.record
	return m, nil
}

// predict returns the value of the fits at alpha, their mean, and their spread.
func (e *ensemble) predict(ctx context.Context, alpha []float64) (value, spread float64, err error) {
	s, err := e.sheet(ctx, &dense.Matrix[float64]{Rows: 1, Cols: len(alpha), Data: alpha}, 1)
	if err != nil {
		return 0, 0, err
	}
	positive, rest, err := e.values(ctx, s, 1)
	if err != nil {
		return 0, 0, err
	}
	fits := positive.Data
	dense.Axpy(1, rest.Data, fits)
	for _, v := range fits {
		value += v / float64(len(fits))
	}
	h := make([]float64, len(alpha))
	return value + float64(e.size)*homogeneous(e.scale, alpha, h), slices.Max(fits) - slices.Min(fits), nil
}

// done says whether there is nothing left to do: the tolerance is met, or
// rounding keeps it from being met, and enough nodes were predicted before; or
// there are no more nodes to be had.
func (b *builder) done() bool {
	left := 0
	for _, u := range b.used {
		if !u {
			left++
		}
	}
	if len(b.nodes) >= b.most || left == 0 {
		return true
	}
	limit := max(b.Tolerance, roundingShare*b.fits.rounding)
	return len(b.record.Ratios) >= leastRatios && b.record.Estimates[len(b.record.Estimates)-1] <= limit
}

// add evaluates further nodes where the fits differ and records how well the
// model predicted them.
func (b *builder) add(ctx context.Context) error {
	for _, c := range b.choose() {
		value, spread, err := b.fits.predict(ctx, b.Candidates.Row(c))
		if err != nil {
			return err
		}
		if err := b.evaluate(ctx, c); err != nil {
			return err
		}
		b.record.predicted(value-b.nodes[len(b.nodes)-1].LogDet, spread, b.fits.rounding)
	}
	return nil
}
