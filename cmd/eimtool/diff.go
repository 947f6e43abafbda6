package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"eimtool/internal/matrix"
	"eimtool/internal/mtx"
	"eimtool/internal/report"
)

const diffLong = `Measure the difference of two matrix or vector files; the first is the
reference. error_max is max|A - B| / max|A|, error_fro is |A - B|_F / |A|_F, both
over the full matrices. Patterns, symmetric storage and fields may differ.

EXIT STATUS
  0 done, 1 failed, 2 bad usage or input, 3 error_fro above --tol`

func (a *app) diffCommand() *cobra.Command {
	var tol float64
	c := &cobra.Command{
		Use:     "diff A.mtx B.mtx",
		Short:   "Measure the difference of two matrix files",
		Long:    diffLong,
		Example: `  eimtool diff reference.mtx A.mtx --tol 1e-8`,
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			set := cmd.Flags().Changed("tol")
			if set && !(tol >= 0) {
				return inputErrorf("", "--tol %g: want a number ≥ 0", tol)
			}
			if args[0] == "-" && args[1] == "-" {
				return inputErrorf("give one of them as a file", "both files are -: standard input can be read once")
			}
			return a.runDiff(cmd.Context(), args[0], args[1], tol, set)
		},
	}
	c.Flags().Float64Var(&tol, "tol", 0, "exit 3 when error_fro is above")
	return c
}

type diffResult struct {
	Schema   string        `json:"schema"`
	Command  string        `json:"command"`
	Warnings []string      `json:"warnings"`
	Rows     int           `json:"rows"`
	Cols     int           `json:"cols"`
	ErrorMax report.Number `json:"error_max"`
	ErrorFro report.Number `json:"error_fro"`
	Reason   string        `json:"reason,omitempty"`
	Accepted bool          `json:"accepted"`
}

func (a *app) runDiff(ctx context.Context, pathA, pathB string, tol float64, tolSet bool) error {
	res := &diffResult{Schema: "eimtool.diff/1", Command: "diff", Warnings: []string{}}
	var m [2]*matrix.Matrix
	for i, p := range []string{pathA, pathB} {
		f, err := a.readMatrix(ctx, p, mtx.ReadOptions{})
		if err != nil {
			return err
		}
		for _, w := range f.Warnings {
			res.Warnings = append(res.Warnings, p+": "+w)
		}
		m[i] = f.Matrix
	}
	if m[0].Rows != m[1].Rows || m[0].Cols != m[1].Cols {
		return inputErrorf("compare files of one shape", "%s is %d x %d, %s is %d x %d", pathA, m[0].Rows, m[0].Cols, pathB, m[1].Rows, m[1].Cols)
	}
	d := matrix.Compare(m[0], m[1])
	res.Rows, res.Cols = m[0].Rows, m[0].Cols
	res.ErrorMax, res.ErrorFro = report.Number(d.RelativeMax()), report.Number(d.RelativeFrobenius())
	if d.RefFrobenius == 0 && d.Frobenius != 0 {
		res.Reason = "the reference is zero"
	}
	res.Accepted = !tolSet || d.RelativeFrobenius() <= tol
	if a.json {
		if err := report.JSON(a.out, res); err != nil {
			return err
		}
	} else {
		a.warn(res.Warnings)
		fmt.Fprintf(a.out, "error_max %.3e\nerror_fro %.3e\n", d.RelativeMax(), d.RelativeFrobenius())
	}
	if !res.Accepted {
		return &accuracyError{fmt.Sprintf("error_fro %.2e above --tol %g", d.RelativeFrobenius(), tol)}
	}
	return nil
}
