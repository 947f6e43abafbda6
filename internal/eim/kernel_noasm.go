//go:build !amd64

package eim

func accelerateReal(*kernels[float64]) {}

func accelerateComplex(*kernels[complex128]) {}
