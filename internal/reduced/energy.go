package reduced

import (
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/scalar"
)

// Energy holds what the energy bound needs.
type Energy[T scalar.Scalar] struct {
	Theta []float64 `doc:"q, coefficients of the reference matrix"`
}

// energyBound returns the bound of Answer.EnergyBound.
func (b *Basis[T]) energyBound(*Point[T], *dense.Matrix[T]) float64 { return math.NaN() }

func (b *builder[T]) energy() error { return nil }
