package main

import (
	"context"
	"fmt"
	"io"

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

type diffOptions struct {
	tol    float64
	tolSet bool
}

func (a *app) diffCommand() *cobra.Command {
	o := &diffOptions{}
	c := &cobra.Command{
		Use:     "diff A.mtx B.mtx",
		Short:   "Measure the difference of two matrix files",
		Long:    diffLong,
		Example: `  eimtool diff reference.mtx A.mtx --tol 1e-8`,
		Args:    arguments(2, 2, "two matrix or vector files"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.tolSet = cmd.Flags().Changed("tol"); o.tolSet && !(o.tol >= 0) {
				return inputErrorf("write for example --tol 1e-8", "--tol %g: want a number that is not negative", o.tol)
			}
			if err := onlyOneStdin(args...); err != nil {
				return err
			}
			return a.runDiff(cmd.Context(), args, o)
		},
	}
	c.Flags().Float64Var(&o.tol, "tol", 0, "exit 3 when error_fro is above")
	return c
}

type diffResult struct {
	header
	Rows     int           `json:"rows"`
	Cols     int           `json:"cols"`
	ErrorMax report.Number `json:"error_max"`
	ErrorFro report.Number `json:"error_fro"`
	Reason   string        `json:"reason,omitempty"`
	Accepted bool          `json:"accepted"`
}

func (a *app) runDiff(ctx context.Context, paths []string, o *diffOptions) error {
	res := &diffResult{header: newHeader("diff")}
	var m [2]*matrix.Matrix
	for i, p := range paths {
		f, err := a.readMatrix(ctx, p, mtx.ReadOptions{})
		if err != nil {
			return err
		}
		for _, w := range f.Warnings {
			res.warn(p + ": " + w)
		}
		m[i] = f.Matrix
	}
	if m[0].Rows != m[1].Rows || m[0].Cols != m[1].Cols {
		return fileErrorf(paths[1], 0, "compare files of one shape", "is %d x %d, %s is %d x %d", m[1].Rows, m[1].Cols, paths[0], m[0].Rows, m[0].Cols)
	}
	d := matrix.Compare(m[0], m[1])
	fro := d.RelativeFrobenius()
	res.Rows, res.Cols = m[0].Rows, m[0].Cols
	res.ErrorMax, res.ErrorFro = report.Number(d.RelativeMax()), report.Number(fro)
	if fro-fro != 0 {
		res.Reason = "the reference is zero"
	}
	res.Accepted = !o.tolSet || fro <= o.tol
	err := a.show(&res.header, res, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "error_max  %.3e\nerror_fro  %.3e\n", float64(res.ErrorMax), fro)
		return err
	})
	if err == nil && !res.Accepted {
		err = &accuracyError{fmt.Sprintf("error_fro %.2e above --tol %g", fro, o.tol), ""}
	}
	return err
}
