package kernel_test

import (
	"fmt"

	"eimtool/internal/solve/kernel"
)

// A front of three rows with two of them fully summed, as a multifrontal
// solver uses it: factorise, pass the Schur complement on, solve forward and
// backward.
func Example() {
	const m, k = 3, 2
	front := []float64{ // by columns, lower triangle
		4, 2, 2,
		0, 5, 3,
		0, 0, 6,
	}
	set := kernel.Default[float64]()
	var work kernel.Work[float64]
	fmt.Println("failed column:", set.Cholesky(&work, front, m, m, k, 1))
	fmt.Println("Schur complement:", front[8])

	x := []float64{8, 10} // fully summed part of the right-hand side
	rest := []float64{11}
	set.SolveLower(&work, kernel.NoTrans, false, front, m, k, x, 1, 1)
	set.Update(&work, kernel.NoTrans, front[k:], m, m-k, k, x, 1, rest, 1, 1)
	rest[0] /= front[8] // the parents solve for the rest
	set.Update(&work, kernel.ConjTrans, front[k:], m, m-k, k, rest, 1, x, 1, 1)
	set.SolveLower(&work, kernel.ConjTrans, false, front, m, k, x, 1, 1)
	fmt.Println("solution:", x, rest)
	// Output:
	// failed column: -1
	// Schur complement: 4
	// solution: [1 1] [1]
}
