package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"eimtool/internal/bundle"
	"eimtool/internal/features"
	"eimtool/internal/mtx"
	"eimtool/internal/report"
	"eimtool/internal/surrogate"
)

const infoLong = `Show what a bundle or a Matrix Market file holds.

For a bundle: the family, the selected snapshots, the coefficient model and its
rivals, errors. --probes prints what to probe as CSV index,role,kind,row,col
(1-based): kind entry (row, col), rowsum (row) or preserve (row; col is the
number of the vector); magic values determine the coefficients, check values
estimate their error. --sensors prints the criticality of each magic value: how
much of the family is invisible to the others when it is lost (arXiv
1508.05330).

For a matrix file: sizes, sums and the Frobenius norm of the full matrix.

EXIT STATUS
  0 done, 1 failed, 2 bad usage or input`

type infoOptions struct {
	probes, sensors bool
	lost            []int
}

func (a *app) infoCommand() *cobra.Command {
	o := &infoOptions{}
	c := &cobra.Command{
		Use:   "info BUNDLE | A.mtx",
		Short: "Show what a bundle or matrix file holds",
		Long:  infoLong,
		Example: `  eimtool info model.npz
  eimtool info model.npz --probes > probes.csv
  eimtool info A.mtx --json`,
		Args: arguments(1, 1, "a BUNDLE or a matrix file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runInfo(cmd.Context(), args[0], o)
		},
	}
	c.Flags().BoolVar(&o.probes, "probes", false, "print what to probe, as CSV")
	c.Flags().BoolVar(&o.sensors, "sensors", false, "print the criticality of each magic value, as CSV")
	c.Flags().IntSliceVar(&o.lost, "lost-probe", nil, "list what to probe without these probes (1-based), with others in their place")
	return c
}

func (a *app) runInfo(ctx context.Context, path string, o *infoOptions) error {
	if o.probes && o.sensors {
		return inputErrorf("call info twice", "--probes with --sensors: one CSV at a time")
	}
	if len(o.lost) > 0 && !o.probes && !o.sensors {
		return inputErrorf("add --probes or --sensors", "--lost-probe alone: it changes what is probed")
	}
	isBundle, err := a.looksLikeBundle(path)
	if err != nil {
		return err
	}
	if !isBundle {
		if o.probes || o.sensors || len(o.lost) > 0 {
			return fileErrorf(path, 0, "--probes and --sensors need a bundle (.npz)", "is not a bundle")
		}
		return a.infoMatrix(ctx, path)
	}
	model, r, err := a.openModel(path)
	if err != nil {
		return err
	}
	defer r.Close()
	if model, err = a.withoutProbes(ctx, model, o.lost); err != nil {
		return err
	}
	switch {
	case (o.probes || o.sensors) && model.Real == nil && model.Complex == nil:
		return noMatrices(path)
	case o.probes:
		return a.infoProbes(model)
	case o.sensors:
		return a.infoSensors(model)
	}
	return a.infoBundle(path, model, r)
}

// looksLikeBundle reports whether a file starts like a ZIP archive. What cannot
// be read is left to the reader of matrices, which says why.
func (a *app) looksLikeBundle(path string) (bool, error) {
	if path == "-" {
		r, yes := startsLike(a.in, zipMagic)
		a.in = r
		return yes, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return false, err
	}
	if !info.Mode().IsRegular() {
		return false, nil // a pipe can be read once; a bundle is a regular file
	}
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	_, yes := startsLike(f, zipMagic)
	return yes || strings.HasSuffix(strings.ToLower(path), ".npz"), nil
}

const zipMagic = "PK\x03\x04"

// bundleInfo is what info prints of a bundle: the result of offline, and how
// the bundle was made.
type bundleInfo struct {
	offlineResult
	Parameters  []parameterResult `json:"parameters"`
	ToolVersion string            `json:"tool_version"`
	Options     any               `json:"options"`
	Inputs      []bundle.Input    `json:"inputs"`
}

type parameterResult struct {
	Name   string        `json:"name"`
	Lo     report.Number `json:"lo"`
	Hi     report.Number `json:"hi"`
	Reason string        `json:"reason,omitempty"`
}

func (a *app) infoBundle(path string, model *surrogate.Model, r *bundle.Reader) error {
	res := &bundleInfo{}
	res.header = newHeader("info")
	res.Bundle, res.BundleBytes, res.Accepted = path, r.Size(), true
	res.warn(model.Warnings...)
	res.fill(model)
	meta := r.Meta()
	res.ToolVersion, res.Options, res.Inputs = meta.ToolVersion, meta.Options, meta.Inputs
	var box []string
	for _, p := range model.Parameters {
		q := parameterResult{Name: p.Name, Lo: report.Number(p.Lo), Hi: report.Number(p.Hi)}
		text := fmt.Sprintf("%s %g to %g", p.Name, p.Lo, p.Hi)
		if math.IsInf(p.Lo, 0) {
			q.Reason, text = "no table of points was given", p.Name+" not bounded"
		}
		res.Parameters, box = append(res.Parameters, q), append(box, text)
	}
	return a.show(&res.header, res, func(w io.Writer) error {
		fmt.Fprintf(w, "bundle: %s\nparameters: %s\n", bundleLine(&res.offlineResult), strings.Join(box, ", "))
		return writeSummary(w, &res.offlineResult, a.verbose)
	})
}

// matrixInfo is what info prints of a matrix file.
type matrixInfo struct {
	header
	Rows      int           `json:"rows"`
	Cols      int           `json:"cols"`
	NNZStored int           `json:"nnz_stored"`
	NNZ       int           `json:"nnz"`
	Field     string        `json:"field"`
	Symmetry  string        `json:"symmetry"`
	SumRe     report.Number `json:"sum_re"`
	SumIm     report.Number `json:"sum_im"`
	Frobenius report.Number `json:"frobenius"`
	Reason    string        `json:"reason,omitempty"`
}

func (a *app) infoMatrix(ctx context.Context, path string) error {
	f, err := a.readMatrix(ctx, path, mtx.ReadOptions{Compact: true})
	if err != nil {
		return err
	}
	s := f.Matrix.Summary()
	res := &matrixInfo{
		header: newHeader("info"),
		Rows:   f.Header.Rows, Cols: f.Header.Cols, NNZStored: f.Header.Stored, NNZ: s.NNZ,
		Field: f.Header.Field, Symmetry: f.Header.Symmetry.String(),
		SumRe: report.Number(s.SumRe), SumIm: report.Number(s.SumIm), Frobenius: report.Number(s.Frobenius),
	}
	res.warn(f.Warnings...)
	if s.Frobenius-s.Frobenius != 0 || s.SumRe-s.SumRe != 0 || s.SumIm-s.SumIm != 0 {
		res.Reason = "a sum or the Frobenius norm exceeds float64"
	}
	return a.show(&res.header, res, func(w io.Writer) error { return res.write(w) })
}

func (res *matrixInfo) write(w io.Writer) error {
	sum := shortest(float64(res.SumRe))
	if im := float64(res.SumIm); im != 0 {
		sum += fmt.Sprintf(" %+.17gi", im)
	}
	return report.Table(w, nil, [][]string{
		{"size", fmt.Sprintf("%d x %d", res.Rows, res.Cols)},
		{"field, symmetry", res.Field + ", " + res.Symmetry},
		{"entries stored", strconv.Itoa(res.NNZStored)},
		{"entries of the full matrix", strconv.Itoa(res.NNZ)},
		{"sum of the entries", sum},
		{"Frobenius norm", shortest(float64(res.Frobenius))},
	})
}

func shortest(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

type probeResult struct {
	Index int    `json:"index"`
	Role  string `json:"role"`
	Kind  string `json:"kind"`
	Row   int    `json:"row"`
	Col   int    `json:"col,omitempty"`
}

// infoProbes prints what to probe.
func (a *app) infoProbes(m *surrogate.Model) error {
	res := &struct {
		header
		Probes []probeResult `json:"probes"`
	}{newHeader("info"), []probeResult{}}
	rows := [][]string{{"index", "role", "kind", "row", "col"}}
	for i, p := range m.Probes() {
		q := probeResult{i + 1, p.Role, p.Kind, p.Row + 1, probeColumn(p.Feature)}
		res.Probes = append(res.Probes, q)
		rows = append(rows, []string{strconv.Itoa(q.Index), q.Role, q.Kind, strconv.Itoa(q.Row), cell(q.Col)})
	}
	return a.show(&res.header, res, func(w io.Writer) error { return writeCSV(w, rows) })
}

// cell is a 1-based index as text, blank where there is none.
func cell(i int) string {
	if i == 0 {
		return ""
	}
	return strconv.Itoa(i)
}

// probeColumn is the 1-based column of an entry, the number of the vector of a
// preserved product, 0 for a row sum.
func probeColumn(f features.Feature) int {
	switch f.Kind {
	case features.KindEntry:
		return f.Col + 1
	case features.KindPreserve:
		return f.Vector + 1
	}
	return 0
}

type sensorResult struct {
	Index       int           `json:"index"`
	Kind        string        `json:"kind"`
	Row         int           `json:"row"`
	Col         int           `json:"col,omitempty"`
	Criticality report.Number `json:"criticality"`
}

// infoSensors prints the criticality of every magic value.
func (a *app) infoSensors(m *surrogate.Model) error {
	res := &struct {
		header
		Sensors []sensorResult `json:"sensors"`
	}{newHeader("info"), []sensorResult{}}
	rows := [][]string{{"index", "kind", "row", "col", "criticality"}}
	critical := m.Criticality()
	for i, p := range m.Probes() {
		if p.Role != surrogate.RoleMagic {
			continue
		}
		s := sensorResult{i + 1, p.Kind, p.Row + 1, probeColumn(p.Feature), report.Number(critical[i])}
		res.Sensors = append(res.Sensors, s)
		rows = append(rows, []string{strconv.Itoa(s.Index), s.Kind, strconv.Itoa(s.Row), cell(s.Col), fmt.Sprintf("%.3g", critical[i])})
	}
	return a.show(&res.header, res, func(w io.Writer) error { return writeCSV(w, rows) })
}
