package lanczos

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/stat/distuv"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// Estimate returns an estimate of log det A for the Hermitian positive definite
// matrix A of order n with a confidence interval. apply computes Y = A·X for
// blocks of columns (n×k, k ≤ Options.Block) that do not overlap; pre may be nil.
// The bits of the result depend on n, A, the preconditioner and the options but
// not on the number of threads; more vectors extend fewer.
//
// Errors: *OptionError, *NotDefiniteError, *PreconditionerError, *NumberError,
// those of apply and of the preconditioner, and ctx's.
func Estimate[T scalar.Scalar](ctx context.Context, n int, apply func(ctx context.Context, x, y *dense.Matrix[T]) error, pre *Preconditioner[T], opt Options) (Result, error) {
	opt, err := opt.withDefaults()
	if err != nil {
		return Result{}, err
	}
	if n < 1 {
		return Result{}, &OptionError{"order", fmt.Sprintf("%d, want at least 1", n)}
	}
	op := &operator[T]{n: n, apply: apply, pre: pre, threads: opt.Threads}
	least, most := opt.numbers()
	var all []outcome
	for {
		want := least
		if len(all) >= least {
			want = most
		}
		own, err := runBlock(ctx, op, &opt, all, min(opt.Block, want-len(all)))
		if err != nil {
			return Result{}, err
		}
		all = append(all, own...)
		if opt.Progress != nil {
			opt.Progress(len(all), most)
		}
		if len(all) < least {
			continue
		}
		if err := checkTraces(all, opt.Traces); err != nil {
			return Result{}, err
		}
		r := summarise(all, &opt)
		if len(all) < most && !(r.HalfWidth <= opt.Tolerance) {
			continue
		}
		if pre != nil {
			r.LogDet += pre.LogDet
		}
		if !scalar.AllFinite([]float64{r.LogDet, r.HalfWidth}) {
			return Result{}, &NumberError{1, r.Steps}
		}
		return r, nil
	}
}

// numbers returns the least and the largest number of vectors.
func (o *Options) numbers() (least, most int) {
	switch {
	case o.Vectors > 0:
		return o.Vectors, o.Vectors
	case o.Tolerance == 0:
		return min(defaultVectors, o.MaxVectors), min(defaultVectors, o.MaxVectors)
	}
	return min(startVectors, o.MaxVectors), o.MaxVectors
}

// errorShare is the part of the error probability that the Student interval
// takes. The rest is for what it knows nothing of: values that are not normal
// and the choice of the number of vectors by their own spread.
const errorShare = 0.25

// summarise returns the estimate of all values, without log det M.
func summarise(all []outcome, opt *Options) Result {
	r := Result{Vectors: len(all), Converged: true}
	for i := range all {
		o := &all[i]
		r.Truncation += o.truncation / float64(len(all))
		r.Steps = max(r.Steps, o.steps)
		r.Products += o.steps
		r.Converged = r.Converged && !o.cut
	}
	f := regress(all, opt.Traces)
	r.LogDet, r.StandardError = f.mean, f.standardError
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(f.freedom)}.Quantile(1 - errorShare*(1-opt.Confidence)/2)
	r.HalfWidth = t*r.StandardError + r.Truncation
	if opt.Tolerance > 0 && !(r.HalfWidth <= opt.Tolerance) {
		r.Converged = false
	}
	return r
}
