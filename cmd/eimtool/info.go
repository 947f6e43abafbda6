package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

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

type infoOptions struct{ probes, sensors bool }

func (a *app) infoCommand() *cobra.Command {
	o := &infoOptions{}
	c := &cobra.Command{
		Use:   "info BUNDLE | A.mtx",
		Short: "Show what a bundle or matrix file holds",
		Long:  infoLong,
		Example: `  eimtool info model.npz
  eimtool info model.npz --probes > probes.csv
  eimtool info A.mtx --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runInfo(cmd.Context(), args[0], o)
		},
	}
	c.Flags().BoolVar(&o.probes, "probes", false, "print what to probe, as CSV")
	c.Flags().BoolVar(&o.sensors, "sensors", false, "print the criticality of each magic value, as CSV")
	c.MarkFlagsMutuallyExclusive("probes", "sensors")
	return c
}

func (a *app) runInfo(ctx context.Context, path string, o *infoOptions) error {
	if path == "-" || !looksLikeBundle(path) {
		if o.probes || o.sensors {
			return inputErrorf("--probes and --sensors need a bundle (.npz)", "%s is not a bundle", path)
		}
		return a.infoMatrix(ctx, path)
	}
	model, closeBundle, err := a.openBundle(path)
	if err != nil {
		return err
	}
	defer closeBundle()
	switch {
	case o.probes:
		return a.infoProbes(model)
	case o.sensors:
		return a.infoSensors(model)
	}
	res := &offlineResult{
		Schema: "eimtool.info/1", Command: "info", Warnings: append([]string{}, model.Warnings...),
		Bundle: path, BundleBytes: size(path), Snapshots: model.Mu.Rows, Accepted: true,
	}
	res.fill(model)
	return a.printOffline(res)
}

// looksLikeBundle reports whether a file starts like a ZIP archive. What cannot
// be read is left to the reader of matrices, which says why.
func looksLikeBundle(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	var magic [4]byte
	_, err = io.ReadFull(f, magic[:])
	return err == nil && string(magic[:]) == "PK\x03\x04"
}

// matrixInfo is what info prints of a matrix file.
type matrixInfo struct {
	Schema    string        `json:"schema"`
	Command   string        `json:"command"`
	Warnings  []string      `json:"warnings"`
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
	f, err := a.readMatrix(ctx, path, mtx.ReadOptions{})
	if err != nil {
		return err
	}
	s := f.Matrix.Summary()
	res := &matrixInfo{
		Schema: "eimtool.info/1", Command: "info", Warnings: append([]string{}, f.Warnings...),
		Rows: f.Header.Rows, Cols: f.Header.Cols, NNZStored: f.Header.Stored, NNZ: s.NNZ,
		Field: f.Header.Field, Symmetry: f.Header.Symmetry.String(),
		SumRe: report.Number(s.SumRe), SumIm: report.Number(s.SumIm), Frobenius: report.Number(s.Frobenius),
	}
	if s.Frobenius-s.Frobenius != 0 {
		res.Reason = "the Frobenius norm exceeds float64"
	}
	if a.json {
		return report.JSON(a.out, res)
	}
	a.warn(res.Warnings)
	return report.Table(a.out, nil, [][]string{
		{"size", fmt.Sprintf("%d x %d", res.Rows, res.Cols)},
		{"field, symmetry", res.Field + ", " + res.Symmetry},
		{"entries stored", strconv.Itoa(res.NNZStored)},
		{"entries of the full matrix", strconv.Itoa(res.NNZ)},
		{"sum of the entries", strings.TrimSpace(fmt.Sprintf("%.17g %s", s.SumRe, imaginary(s.SumIm)))},
		{"Frobenius norm", fmt.Sprintf("%.17g", s.Frobenius)},
	})
}

func imaginary(x float64) string {
	if x == 0 {
		return ""
	}
	return fmt.Sprintf("%+.17gi", x)
}

// infoProbes prints what to probe.
func (a *app) infoProbes(m *surrogate.Model) error {
	type probe struct {
		Index int    `json:"index"`
		Role  string `json:"role"`
		Kind  string `json:"kind"`
		Row   int    `json:"row"`
		Col   int    `json:"col,omitempty"`
	}
	res := struct {
		Schema   string   `json:"schema"`
		Command  string   `json:"command"`
		Warnings []string `json:"warnings"`
		Probes   []probe  `json:"probes"`
	}{Schema: "eimtool.info/1", Command: "info", Warnings: []string{}, Probes: []probe{}}
	rows := [][]string{{"index", "role", "kind", "row", "col"}}
	for i, p := range m.Probes() {
		q := probe{i + 1, p.Role, p.Kind, p.Row + 1, probeColumn(p.Feature)}
		res.Probes = append(res.Probes, q)
		col := ""
		if q.Col > 0 {
			col = strconv.Itoa(q.Col)
		}
		rows = append(rows, []string{strconv.Itoa(q.Index), q.Role, q.Kind, strconv.Itoa(q.Row), col})
	}
	if a.json {
		return report.JSON(a.out, res)
	}
	return writeCSV(a.out, rows)
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

// infoSensors prints the criticality of every magic value.
func (a *app) infoSensors(m *surrogate.Model) error {
	type sensor struct {
		Index       int           `json:"index"`
		Kind        string        `json:"kind"`
		Row         int           `json:"row"`
		Col         int           `json:"col,omitempty"`
		Criticality report.Number `json:"criticality"`
	}
	list := []sensor{}
	rows := [][]string{{"index", "kind", "row", "col", "criticality"}}
	critical := m.Criticality()
	for i, p := range m.Probes() {
		if p.Role != surrogate.RoleMagic {
			continue
		}
		s := sensor{i + 1, p.Kind, p.Row + 1, probeColumn(p.Feature), report.Number(critical[i])}
		list = append(list, s)
		rows = append(rows, []string{strconv.Itoa(s.Index), s.Kind, strconv.Itoa(s.Row), strconv.Itoa(s.Col), fmt.Sprintf("%.3g", critical[i])})
	}
	if a.json {
		return report.JSON(a.out, struct {
			Schema   string   `json:"schema"`
			Command  string   `json:"command"`
			Warnings []string `json:"warnings"`
			Sensors  []sensor `json:"sensors"`
		}{"eimtool.info/1", "info", []string{}, list})
	}
	return writeCSV(a.out, rows)
}

func writeCSV(w io.Writer, rows [][]string) error {
	c := csv.NewWriter(w)
	if err := c.WriteAll(rows); err != nil {
		return err
	}
	c.Flush()
	return c.Error()
}
