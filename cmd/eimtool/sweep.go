package main

import (
	"context"
	"math"
	"math/cmplx"
	"slices"
	"strings"

	"eimtool/internal/family"
	"eimtool/internal/matrix"
	"eimtool/internal/surrogate"
)

// onlineJob is one point to answer.
type onlineJob struct {
	point
	probe  []complex128
	output string
}

// sweep is the list of points of one command line, with its outputs.
type sweep struct {
	*app
	*target
	model  *surrogate.Model
	output string
	inputs []string // further files that no output may replace
	joined bool     // one output takes all points
}

// jobs lists the points with their outputs and refuses, before any work,
// outputs that collide or cannot be written.
func (o *sweep) jobs(ctx context.Context, bundlePath string) ([]onlineJob, error) {
	points, err := o.points(o.app, o.model.ParameterNames())
	if err != nil {
		return nil, err
	}
	var probes [][]complex128
	if o.probe != "" {
		if probes, err = o.readProbes(ctx, o.model, o.probe); err != nil {
			return nil, err
		}
		if points != nil && len(points) != len(probes) {
			return nil, fileErrorf(o.probe, 0, "give one value column (or re,im pair) per parameter point", "values for %d points, but %d points are asked for", len(probes), len(points))
		}
	}
	jobs := make([]onlineJob, max(len(points), len(probes)))
	for i := range jobs {
		if points != nil {
			jobs[i].point = points[i]
		}
		if probes != nil {
			jobs[i].probe = probes[i]
		}
	}
	return jobs, o.placeOutputs(jobs, bundlePath)
}

// placeOutputs gives every job its output.
func (o *sweep) placeOutputs(jobs []onlineJob, bundlePath string) error {
	paths, err := o.outputs(jobs)
	if err != nil {
		return err
	}
	var inputs []string
	for _, f := range append([]string{bundlePath, o.at, o.probe}, o.inputs...) {
		if f != "" && f != "-" {
			inputs = append(inputs, f)
		}
	}
	for i := range jobs {
		jobs[i].output = paths[i]
		if i > 0 && paths[i] == paths[i-1] {
			continue
		}
		if err := checkOutput(paths[i], inputs...); err != nil {
			return err
		}
	}
	return nil
}

// outputs returns the output path of every job.
func (o *sweep) outputs(jobs []onlineJob) ([]string, error) {
	if !strings.ContainsAny(o.output, "{}") {
		if o.joined {
			return slices.Repeat([]string{o.output}, len(jobs)), nil
		}
		if len(jobs) > 1 {
			return nil, inputErrorf("write -o 'A_{index}.mtx', or parameter names in braces", "-o %s: %d points need an output template", o.output, len(jobs))
		}
		return []string{o.output}, nil
	}
	names := o.model.ParameterNames()
	if jobs[0].mu == nil {
		names = nil // under --probe alone only {index} is known
	}
	t, err := family.ParseOutputTemplate(o.output, names)
	if err != nil {
		return nil, err
	}
	mus := make([][]float64, len(jobs))
	for i := range jobs {
		mus[i] = jobs[i].mu
	}
	return t.ExpandAll(mus)
}

// finite reports whether every value is a number.
func finite(v matrix.Values) bool {
	for _, x := range v.Real {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	for _, z := range v.Complex {
		if cmplx.IsNaN(z) || cmplx.IsInf(z) {
			return false
		}
	}
	return true
}
