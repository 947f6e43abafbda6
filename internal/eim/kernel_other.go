package eim

func accelerateReal(*kernels[float64]) {}

func accelerateComplex(*kernels[complex128]) {}
