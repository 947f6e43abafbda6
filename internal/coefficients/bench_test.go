package coefficients

import (
	"context"
	"fmt"
	"testing"
)

func BenchmarkFit(b *testing.B) {
	for _, n := range []int{50, 100, 150} {
		f := testFamilies()[3]
		f.n = n
		s := f.samples(f.points())
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			for b.Loop() {
				if _, err := Fit(context.Background(), s, Options{Threads: 1}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkPredict(b *testing.B) {
	f := testFamilies()[3]
	f.n = 100
	m, err := Fit(context.Background(), f.samples(f.points()), Options{})
	if err != nil {
		b.Fatal(err)
	}
	mu := f.tests(1)[0]
	for b.Loop() {
		if _, err := m.Predict(mu); err != nil {
			b.Fatal(err)
		}
	}
}
