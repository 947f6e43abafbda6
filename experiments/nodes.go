package main

import (
	"context"
	"fmt"
	"slices"

	"eimtool/internal/gallery"
	"eimtool/internal/lambda"
)

// nodesFound are errors that an independent script found with M nodes on thermal
// blocks of the same order and range; 0: not known. Blocks, load and tests
// differ, and so may the errors, by nodesFactor. Those of the measure are single
// fits with 15, 30 and 50 nodes.
type nodesFound struct {
	m                           int
	powers, normalised, symbols combined
	galerkin                    float64
	slopes, hessians            float64 // of the measure
}

// nodesFactor is how far results may be from nodesFound.
const nodesFactor = 5

// fewNodes combines inverses and log determinants at M nodes: arXiv 1710.02488,
// section 3, beside the other dictionaries of package lambda, the symbol measure
// and a reduced basis.
func fewNodes(ctx context.Context) (*outcome, error) {
	out := &outcome{}
	t := &table{name: "nodes", header: []string{
		"blocks", "M", "powers of α", "powers of h", "powers of h, graded", "symbols", "symbols, own λ each", "measure of values / slopes / Hessians", "reduced basis",
	}}
	out.tables = append(out.tables, t)
	for _, c := range []struct {
		family     *gallery.Affine
		candidates int
		nodes      []int
		found      []nodesFound
	}{
		{gallery.AffineBlocks(19, 2, 0.1, 10, 2), 515, []int{4, 6, 8, 10, 12, 14, 16}, []nodesFound{
			{6, combined{1.8, 78}, combined{2e-2, 4}, combined{6e-4, 2e-2}, 1e-4, 0, 0},
			{10, combined{0.6, 40}, combined{6e-3, 0.1}, combined{1e-5, 2e-4}, 6e-8, 0, 0},
			{16, combined{0.2, 10}, combined{2e-4, 6e-3}, combined{9e-9, 4e-9}, 3e-13, 0, 0},
		}},
		{gallery.ThreeBlocks(), 1033, []int{10, 15, 21, 28, 36, 45, 55}, []nodesFound{
			{15, combined{4, 330}, combined{0.35, 21}, combined{8e-2, 0.14}, 2e-3, 6e-4, 0},
			{28, combined{2, 83}, combined{0.8, 18}, combined{6e-3, 3e-2}, 2e-5, 1.5e-5, 5e-8},
			{55, combined{0.8, 61}, combined{0.2, 3}, combined{1e-4, 4e-4}, 1e-13, 2e-7, 0},
		}},
	} {
		b, err := newBlocks(ctx, c.family, c.candidates, 40)
		if err != nil {
			return nil, err
		}
		if err := b.against(ctx, out, t, c.nodes, c.found); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// against adds the rows of one family to the table, for the numbers of nodes
// with known results, and its figure.
func (b *blocks) against(ctx context.Context, out *outcome, t *table, nodes []int, found []nodesFound) error {
	k := integer(len(b.Parts))
	low, high := b.logDets()
	out.say("log det "+k, fmt.Sprintf("%.0f … %.0f", low, high))
	out.say("span "+k, integer(b.span()))
	f := newNodesFigure(k)
	for _, m := range nodes {
		r, err := b.results(ctx, m)
		if err != nil {
			return fmt.Errorf("%s blocks, %d nodes: %w", k, m, err)
		}
		f.add(m, r)
		out.expect(m < b.span() || r.galerkin < 1e-12, "%s blocks, %d nodes: error %.2g of the reduced basis, which contains all solutions", k, m, r.galerkin)
		i := slices.IndexFunc(found, func(n nodesFound) bool { return n.m == m })
		if i < 0 {
			continue
		}
		t.add(
			k, integer(m), r.powers.String(), r.normalised.String(), r.graded.String(), r.symbols.String(), r.each.String(),
			num(r.measures[ofValues])+" / "+num(r.measures[ofSlopes])+" / "+num(r.measures[ofHessians]), num(r.galerkin),
		)
		r.compare(out, fmt.Sprintf("%s blocks, %d nodes", k, m), &found[i])
	}
	out.figures = append(out.figures, &f.figure)
	return nil
}

// nodesResults are the errors with one number of nodes. symbols have the same λ
// for inverses and log determinants, each has its own for either.
type nodesResults struct {
	powers, normalised, graded, symbols, each combined
	measures                                  [3]float64 // with values, slopes, hessians
	galerkin                                  float64
}

func (b *blocks) results(ctx context.Context, m int) (*nodesResults, error) {
	r := &nodesResults{}
	var inverse, logDet combined
	for _, w := range []struct {
		dst                  *combined
		dictionary, quantity string
	}{
		{&r.powers, lambda.Powers, lambda.Joint},
		{&r.normalised, normalisedPowers, lambda.Joint},
		{&r.graded, lambda.Graded, lambda.Joint},
		{&r.symbols, lambda.Symbol, lambda.Joint},
		{&inverse, lambda.Symbol, lambda.Inverse},
		{&logDet, lambda.Symbol, lambda.LogDet},
	} {
		c, err := b.weights(ctx, w.dictionary, w.quantity, m)
		if err != nil {
			return nil, err
		}
		if *w.dst, err = b.combine(ctx, c); err != nil {
			return nil, err
		}
		if w.dst != &r.symbols {
			continue
		}
		if r.galerkin, err = b.byGalerkin(ctx, c.nodes); err != nil {
			return nil, err
		}
	}
	r.each = combined{inverse.inverse, logDet.logDet}
	for told := range r.measures {
		var err error
		if r.measures[told], err = b.byMeasure(ctx, told, m); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// compare holds the results against those found elsewhere, and against each other.
func (r *nodesResults) compare(out *outcome, at string, want *nodesFound) {
	for _, c := range []struct {
		name      string
		got, want combined
	}{
		{"powers of α", r.powers, want.powers},
		{"powers of h", r.normalised, want.normalised},
		{"symbols", r.symbols, want.symbols},
	} {
		out.near(at+", "+c.name+", inverse", c.got.inverse, c.want.inverse, nodesFactor, true)
		out.near(at+", "+c.name+", log det", c.got.logDet, c.want.logDet, nodesFactor, true)
	}
	out.near(at+", reduced basis", r.galerkin, want.galerkin, nodesFactor, false)
	if want.slopes > 0 {
		out.near(at+", slopes", r.measures[ofSlopes], want.slopes, nodesFactor, false)
	}
	if want.hessians > 0 {
		out.near(at+", Hessians", r.measures[ofHessians], want.hessians, nodesFactor, false)
	}
	out.expect(r.symbols.inverse < r.powers.inverse/5 && r.symbols.logDet < r.powers.logDet/100,
		"%s: symbols %s, powers of α %s", at, r.symbols, r.powers)
	out.expect(r.measures[ofSlopes] < r.symbols.logDet/100, "%s: log det by slopes %.2g, by symbols %.2g", at, r.measures[ofSlopes], r.symbols.logDet)
	out.expect(r.galerkin < r.symbols.inverse/5, "%s: u by a reduced basis %.2g, inverse by symbols %.2g", at, r.galerkin, r.symbols.inverse)
}
