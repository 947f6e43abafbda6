package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"eimtool/internal/answer"
	"eimtool/internal/family"
	"eimtool/internal/matrix"
	"eimtool/internal/mtx"
	"eimtool/internal/report"
	"eimtool/internal/surrogate"
)

const verifyLong = `Check a bundle: its integrity (every byte is read), and the errors of A against
reference matrices.

TABLE is a sample table of matrices. For each one the error is measured with
coefficients from the bundle's model and, beside it, with coefficients from the
magic values of the reference itself. error_max is max|A - A~| / max|A|,
error_fro is |A - A~|_F / |A|_F.

With --solutions solutions.csv (parameters and files of x) the error of x is
measured too, |x - x~|_2 / |x|_2, by the method that solve would use; with
--logdets logdet.csv (parameters, logabsdet, and sign or phase_re,phase_im) the
absolute error of log det, by the method that logdet would use.

--against OLD compares with another bundle: selection, coefficients and A_mu at
the training points. With --tol the command is a regression check: exit 3 when
an error is larger.

EXIT STATUS
  0 done, 1 failed, 2 bad usage or input (damaged bundle), 3 an error above
  --tol, 130 interrupted`

type verifyOptions struct {
	tol     float64
	tolSet  bool
	against string

	solutions, rhs, method string
	logdets                string
}

func (a *app) verifyCommand() *cobra.Command {
	o := &verifyOptions{}
	c := &cobra.Command{
		Use:   "verify BUNDLE [TABLE]",
		Short: "Check a bundle and measure its errors",
		Long:  verifyLong,
		Example: `  eimtool verify model.npz test.csv --tol 1e-6
  eimtool verify model.npz test.csv --solutions solutions.csv --rhs b.mtx
  eimtool verify model.npz --logdets logdet.csv --tol 1e-3
  eimtool verify model.npz --against released.npz --tol 1e-10`,
		Args: arguments(1, 2, "a BUNDLE and perhaps a TABLE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.tolSet = cmd.Flags().Changed("tol")
			if err := o.check(args); err != nil {
				return err
			}
			return a.runVerify(cmd.Context(), args, o)
		},
	}
	c.Flags().Float64Var(&o.tol, "tol", 0, "largest error allowed (error_fro; with --against the difference)")
	c.Flags().StringVar(&o.against, "against", "", "bundle to compare with")
	c.Flags().StringVar(&o.solutions, "solutions", "", "table of reference solutions x at the points of TABLE: measure the error of x too")
	c.Flags().StringVar(&o.rhs, "rhs", "", "right-hand side of the solutions (default: that of the bundle)")
	c.Flags().StringVar(&o.logdets, "logdets", "", "table of reference values of log det: measure its error too")
	c.Flags().StringVar(&o.method, "method", answer.Auto, "how to solve, or without --solutions to give log det: a method of solve, or of logdet")
	return c
}

// check validates the command line.
func (o *verifyOptions) check(args []string) error {
	switch {
	case o.tolSet && !(o.tol > 0):
		return inputErrorf("write for example --tol 1e-6", "--tol %g: want a positive number", o.tol)
	case o.solutions != "" && len(args) == 1:
		return inputErrorf("give the TABLE of the matrices that the solutions belong to", "--solutions without TABLE")
	case o.solutions == "" && o.rhs != "":
		return inputErrorf("add --solutions solutions.csv", "--rhs without --solutions: nothing is solved")
	case o.solutions == "" && o.logdets == "" && o.method != answer.Auto:
		return inputErrorf("add --solutions solutions.csv or --logdets logdet.csv", "--method without --solutions or --logdets: nothing is computed")
	case !slices.Contains(o.methods(), o.method):
		return inputErrorf(didYouMean(o.method, o.methods()), "--method %s: want one of %s", o.method, strings.Join(o.methods(), ", "))
	case o.tolSet && len(args) == 1 && o.against == "" && o.logdets == "":
		return inputErrorf("give a TABLE, --logdets or --against", "--tol without anything to measure")
	}
	return onlyOneStdin(append([]string{o.against, o.solutions, o.rhs, o.logdets}, args...)...)
}

// methods lists what --method may be.
func (o *verifyOptions) methods() []string {
	if o.solutions == "" && o.logdets != "" {
		return answer.LogDetMethods()
	}
	return answer.Methods()
}

type verifyResult struct {
	header
	Members  int           `json:"members"`
	Bytes    int64         `json:"bytes"`
	MaxError report.Number `json:"max_error"`
	// With --solutions:
	MaxErrorX *report.Number `json:"max_error_x,omitempty"`
	Methods   *methodShares  `json:"methods,omitempty"`
	// With --logdets:
	MaxErrorLogDet *report.Number `json:"max_error_logabsdet,omitempty"`
	LogDetMethods  *methodShares  `json:"logdet_methods,omitempty"`
	Reason         string         `json:"reason,omitempty"`
	Accepted       bool           `json:"accepted"`
	Against        *againstResult `json:"against,omitempty"`
	Results        []verifyPoint  `json:"results"`
	hasTable       bool           // the results are those of TABLE
	probed         bool           // coefficients from probes stand beside them
}

type verifyPoint struct {
	Mu            report.Object `json:"mu"`
	File          string        `json:"file"`
	ErrorMax      report.Number `json:"error_max"`
	ErrorFro      report.Number `json:"error_fro"`
	ProbeErrorMax report.Number `json:"probe_error_max"`
	ProbeErrorFro report.Number `json:"probe_error_fro"`
	Estimate      report.Number `json:"error_estimate"`
	ProbeEstimate report.Number `json:"probe_error_estimate"`
	Extrapolation report.Number `json:"extrapolation"`
	Reason        string        `json:"reason,omitempty"`

	ErrorX    *report.Number `json:"error_x,omitempty"` // with --solutions
	EstimateX *report.Number `json:"error_x_estimate,omitempty"`
	MethodX   string         `json:"method,omitempty"`

	ErrorLogDet    *report.Number `json:"error_logabsdet,omitempty"` // with --logdets
	EstimateLogDet *report.Number `json:"error_logabsdet_estimate,omitempty"`
	ErrorPhase     *report.Number `json:"error_phase,omitempty"` // radians, of complex families
	MethodLogDet   string         `json:"logdet_method,omitempty"`
}

type againstResult struct {
	SameSelection  bool          `json:"same_selection"`
	BetaDifference report.Number `json:"beta_difference"`
	Difference     report.Number `json:"difference"`
}

func (a *app) runVerify(ctx context.Context, args []string, o *verifyOptions) error {
	r, err := a.openBundle(args[0])
	if err != nil {
		return err
	}
	defer r.Close()
	if err := r.Verify(ctx); err != nil {
		return err
	}
	model := new(surrogate.Model)
	if err := r.Decode(model, "real/table", "complex/table"); err != nil {
		return err
	}
	if err := model.Restore(); err != nil {
		return err
	}
	res := &verifyResult{
		header: newHeader("verify"), Results: []verifyPoint{}, Members: len(r.Members()), Bytes: r.Size(),
		Accepted: true, MaxError: report.Number(math.NaN()),
		Reason: "max_error: no TABLE of reference matrices",
	}
	res.hasTable, res.probed = len(args) == 2, model.Parts == nil
	if model.TermCount() == 0 && (res.hasTable || o.against != "") {
		return noMatrices(args[0])
	}
	if res.hasTable {
		if err := a.verifyAgainstTable(ctx, model, args[1], res); err != nil {
			return err
		}
	}
	if o.solutions != "" {
		if err := a.verifySolutions(ctx, model, lazySource{r, model}, o, res); err != nil {
			return err
		}
	}
	if o.logdets != "" {
		if err := a.verifyLogDets(ctx, model, lazySource{r, model}, o, res); err != nil {
			return err
		}
	}
	if o.against != "" {
		if err := a.verifyAgainst(ctx, model, o.against, res); err != nil {
			return err
		}
	}
	verdict := o.judge(res)
	res.Accepted = verdict == nil
	if err := a.show(&res.header, res, res.write); err != nil {
		return err
	}
	return verdict
}

func (a *app) verifyAgainstTable(ctx context.Context, model *surrogate.Model, path string, res *verifyResult) error {
	t, err := a.openSamples(path)
	if err != nil {
		return err
	}
	res.warn(t.Warnings...)
	p := a.newProgress()
	defer p.end()
	if res.Results, err = a.verifyTable(ctx, model, t, p.report); err != nil {
		return err
	}
	if why := contradiction(model, res.Results); why != "" {
		res.warn(why)
	}
	worst := 0.0
	for _, r := range res.Results {
		worst = math.Max(worst, float64(r.ErrorFro))
	}
	res.MaxError, res.Reason = report.Number(worst), ""
	return nil
}

// verifyTable measures a model on the matrices of a table.
func (a *app) verifyTable(ctx context.Context, model *surrogate.Model, t *family.Table, progress func(string, int, int)) ([]verifyPoint, error) {
	names := model.ParameterNames()
	order, err := columnOrder(t.Source, t.Names, names)
	if err != nil {
		return nil, err
	}
	var out []verifyPoint
	approx := &matrix.Matrix{Pattern: model.Pattern()}
	var reference *mtx.Order
	for i, s := range t.Samples {
		progress("verifying", i, len(t.Samples))
		f, err := a.readMatrix(ctx, s.Path, mtx.ReadOptions{Reference: reference})
		if err != nil {
			return nil, err
		}
		if reference == nil {
			reference = f.Order
		}
		if f.Matrix.Rows != model.Rows || f.Matrix.Cols != model.Cols {
			return nil, fileErrorf(t.Source, s.Line, "verify with matrices of the same family", "%s is %d x %d, the bundle's matrices are %d x %d", s.File, f.Matrix.Rows, f.Matrix.Cols, model.Rows, model.Cols)
		}
		mu := make([]float64, len(names))
		for j, c := range order {
			mu[j] = s.Mu[c]
		}
		v := verifyPoint{Mu: report.Point(names, mu), File: s.File}
		if err := a.verifyOne(ctx, model, mu, f.Matrix, approx, &v); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// verifyOne measures one reference matrix.
func (a *app) verifyOne(ctx context.Context, model *surrogate.Model, mu []float64, ref, approx *matrix.Matrix, v *verifyPoint) error {
	ans, err := model.At(mu)
	if err != nil {
		return err
	}
	if err := model.AssembleTo(ctx, approx, ans.Beta, a.threads); err != nil {
		return err
	}
	d := matrix.Compare(ref, approx)
	v.ErrorMax, v.ErrorFro = report.Number(d.RelativeMax()), report.Number(d.RelativeFrobenius())
	v.Estimate, v.Extrapolation = report.Number(ans.Estimate), report.Number(ans.Extrapolation)
	v.Reason = unknownEstimate(ans.Estimate)
	nan := report.Number(math.NaN())
	v.ProbeErrorMax, v.ProbeErrorFro, v.ProbeEstimate = nan, nan, nan
	values, err := probeMatrix(model, ref, v.File)
	if err == nil {
		ans, err = model.FromProbe(values)
	}
	if err != nil { // the reference cannot be probed; its error by the model still counts
		v.Reason = err.Error()
		return nil
	}
	if err := model.AssembleTo(ctx, approx, ans.Beta, a.threads); err != nil {
		return err
	}
	d = matrix.Compare(ref, approx)
	v.ProbeErrorMax, v.ProbeErrorFro = report.Number(d.RelativeMax()), report.Number(d.RelativeFrobenius())
	v.ProbeEstimate = report.Number(ans.Estimate)
	return nil
}

// unknownEstimate says why an estimate is null.
func unknownEstimate(estimate float64) string {
	if math.IsInf(estimate, 1) {
		return "error_estimate: the error may be as large as the matrix"
	}
	return ""
}

// verifyAgainst compares two bundles at the training points of the first.
func (a *app) verifyAgainst(ctx context.Context, model *surrogate.Model, path string, res *verifyResult) error {
	old, r, err := a.openMatrices(path)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := sameNames(path, old.ParameterNames(), model.ParameterNames()); err != nil {
		return err
	}
	if old.Rows != model.Rows || old.Cols != model.Cols {
		return fileErrorf(path, 0, "compare bundles of one family", "matrices are %d x %d, not %d x %d", old.Rows, old.Cols, model.Rows, model.Cols)
	}
	d, err := surrogate.Difference(ctx, model, old, a.threads)
	if err != nil {
		return err
	}
	res.Against = &againstResult{d.SameSelection, report.Number(d.Beta), report.Number(d.Matrix)}
	return nil
}

// judge compares with a tolerance that the user gave.
func (o *verifyOptions) judge(res *verifyResult) error {
	if !o.tolSet {
		return nil
	}
	if e := float64(res.MaxError); res.hasTable && len(res.Results) > 0 && !(e <= o.tol) {
		return &accuracyError{fmt.Sprintf("largest error %.2e above --tol %g", e, o.tol), ""}
	}
	if e := res.MaxErrorX; e != nil && !(float64(*e) <= o.tol) {
		return &accuracyError{fmt.Sprintf("largest error of x %.2e above --tol %g", float64(*e), o.tol), ""}
	}
	if e := res.MaxErrorLogDet; e != nil && math.IsNaN(float64(*e)) {
		return &accuracyError{"log det was refused, or has the wrong sign, at a point: see the table", ""}
	} else if e != nil && !(float64(*e) <= o.tol) {
		return &accuracyError{fmt.Sprintf("largest error of log det %.2e above --tol %g", float64(*e), o.tol), ""}
	}
	if res.Against != nil && !(float64(res.Against.Difference) <= o.tol) {
		return &accuracyError{fmt.Sprintf("the bundles differ by %.2e, above --tol %g", float64(res.Against.Difference), o.tol), ""}
	}
	return nil
}

func (res *verifyResult) write(w io.Writer) error {
	fmt.Fprintf(w, "integrity: %d members, %s, all checksums match\n", res.Members, report.Bytes(res.Bytes))
	if res.hasTable && len(res.Results) > 0 {
		rows := make([][]string, len(res.Results))
		head := []string{"mu", "error_max", "error_fro", "error_estimate"}
		if res.probed {
			head = append(head, "probe_error_max", "probe_error_fro", "probe_error_estimate")
		}
		for i, r := range res.Results {
			rows[i] = []string{r.Mu.String()}
			for _, x := range []report.Number{r.ErrorMax, r.ErrorFro, r.Estimate, r.ProbeErrorMax, r.ProbeErrorFro, r.ProbeEstimate}[:len(head)-1] {
				rows[i] = append(rows[i], report.Error(float64(x)))
			}
			if res.MaxErrorX != nil {
				rows[i] = append(rows[i], r.solution()...)
			}
		}
		if res.MaxErrorX != nil {
			head = append(head, "error_x", "error_x_estimate", "method")
		}
		if err := report.Table(w, head, rows); err != nil {
			return err
		}
		fmt.Fprintf(w, "max_error: %s\n", report.Error(float64(res.MaxError)))
	}
	if res.MaxErrorX != nil {
		fmt.Fprintf(w, "max_error_x: %s\n", report.Error(float64(*res.MaxErrorX)))
	}
	if res.MaxErrorLogDet != nil {
		if err := res.writeLogDets(w); err != nil {
			return err
		}
	}
	if g := res.Against; g != nil {
		same := "the same"
		if !g.SameSelection {
			same = "different"
		}
		fmt.Fprintf(w, "against: %s selection, beta differs by %s, A by %s\n", same, report.Error(float64(g.BetaDifference)), report.Error(float64(g.Difference)))
	}
	return nil
}
