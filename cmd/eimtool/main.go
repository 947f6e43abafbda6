// Command eimtool builds and evaluates nonintrusive reduced-order models of
// parameter-dependent matrices given as Matrix Market files.
//
// It implements the nonintrusive separated representation by the Empirical
// Interpolation Method of Casenave, Ern, Lelièvre and Sylvand (arXiv
// 1307.4330) and its symmetric, rectangular extension (arXiv 1508.05330).
//
// This package parses flags, calls the packages under internal and prints
// what they return; it decides nothing numerical. One file holds one command.
package main

import (
	"context"
	"os"
)

func main() { os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
