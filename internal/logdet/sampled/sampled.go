package sampled

import (
	"context"
	"fmt"
	"math"
	"slices"

	"eimtool/internal/dense"
)

// Samples is what is known of log det A(μ).
type Samples struct {
	Names  []string
	Mu     *dense.Matrix[float64] // N × p
	LogAbs []float64              // log|det A(μ_i)|
	Phase  []float64              // arg det A(μ_i) in radians, any branch; nil for real families of one sign
	// Slope (N × p) holds ∂ log det/∂μ_j at the samples, the real part of
	// log|det|, the imaginary part of the phase; nil when unknown.
	Slope *dense.Matrix[complex128]
	// SlopeError is the largest error of log det of the model of A(μ) behind
	// Slope and Surrogate, at held-out samples; +Inf when unknown.
	SlopeError float64
	// Surrogate factorises that model at any μ of the box; nil when there is
	// none. It may be called by several goroutines at once.
	Surrogate func(ctx context.Context, mu []float64) (logAbs, phase float64, slope []complex128, err error)
}

// Options steer Fit; the zero value is the default.
type Options struct {
	Tolerance float64 // wanted absolute error of log|det|; 0: as good as MaxNodes allow
	MaxNodes  int     // most additional nodes of the surrogate, which is asked at ten more points and in corners to check the model; 0: 100, negative: none of either
	// SlopeTrust is the largest Samples.SlopeError, relative to the largest
	// left-out error of models of the values alone, at which slopes are tried;
	// 0 stands for 1. Whether they are used is decided by left-out values.
	SlopeTrust float64
	Seed       uint64 // of the points where the model is checked
	Threads    int    // 0 = all processors; results do not depend on it
	Progress   func(stage string, done, total int)
}

// trust returns SlopeTrust or its default.
func (o *Options) trust() float64 {
	if o.SlopeTrust > 0 {
		return o.SlopeTrust
	}
	return 1
}

// Fit models log det on the samples. The result is the same for any number of
// threads. It returns an error when the samples are inconsistent, when the
// surrogate fails, or when ctx is cancelled.
func Fit(ctx context.Context, s *Samples, opt Options) (*Model, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	f := &fitter{ctx: ctx, s: s, opt: opt}
	return f.fit()
}

// check refuses samples that no model can be made of.
func (s *Samples) check() error {
	if s.Mu == nil || s.Mu.Rows == 0 {
		return fmt.Errorf("log det: no samples: give at least one")
	}
	n, p := s.Mu.Rows, s.Mu.Cols
	switch {
	case len(s.Names) != p:
		return fmt.Errorf("log det: %d parameter names for %d parameters", len(s.Names), p)
	case len(s.LogAbs) != n:
		return fmt.Errorf("log det: %d values of log|det| for %d samples", len(s.LogAbs), n)
	case s.Phase != nil && len(s.Phase) != n:
		return fmt.Errorf("log det: %d phases for %d samples", len(s.Phase), n)
	case s.Slope != nil && (s.Slope.Rows != n || s.Slope.Cols != p):
		return fmt.Errorf("log det: slopes are %d×%d, samples are %d×%d", s.Slope.Rows, s.Slope.Cols, n, p)
	}
	for i := range n {
		for j, v := range s.Mu.Row(i) {
			if v-v != 0 {
				return fmt.Errorf("log det: sample %d: parameter %s is %v: parameters must be finite", i+1, s.Names[j], v)
			}
		}
		if v := s.LogAbs[i]; v-v != 0 {
			return fmt.Errorf("log det: sample %d: log|det| is %v: leave singular samples out", i+1, v)
		}
		if s.Phase != nil && s.Phase[i]-s.Phase[i] != 0 {
			return fmt.Errorf("log det: sample %d: the phase is %v: leave singular samples out", i+1, s.Phase[i])
		}
	}
	return nil
}

// slopesUsable reports whether every slope is finite and their error known.
func (s *Samples) slopesUsable() bool {
	if s.Slope == nil || math.IsInf(s.SlopeError, 1) || s.SlopeError != s.SlopeError {
		return false
	}
	return !slices.ContainsFunc(s.Slope.Data, func(v complex128) bool {
		return real(v)-real(v) != 0 || imag(v)-imag(v) != 0
	})
}
