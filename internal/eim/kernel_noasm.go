//go:build !amd64

package eim

func accelerateReal(*kernels[float64]) {}

func accelerateComplex(*kernels[complex128]) {}

func acceleratedReal() func(*tile[float64]) int { return nil }

func acceleratedComplex() func(*tile[complex128]) int { return nil }
