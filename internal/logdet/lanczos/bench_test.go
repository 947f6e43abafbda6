package lanczos_test

import (
	"testing"

	"eimtool/internal/logdet/lanczos"
)

func BenchmarkLaplacian2D(b *testing.B) { benchmark(b, laplacian(200, 200)) }

func BenchmarkLaplacian3D(b *testing.B) { benchmark(b, laplacian(35, 35, 35)) }

func BenchmarkKernelNearby(b *testing.B) {
	benchmark(b, nearby(b, "", kernelMatrix(300, 0.15, 0.01), kernelMatrix(300, 0.16, 0.011)).p)
}

// benchmark estimates with 32 vectors on one thread.
func benchmark(b *testing.B, p *problem[float64]) {
	var r lanczos.Result
	for b.Loop() {
		r = p.estimate(b, lanczos.Options{Threads: 1})
	}
	b.ReportMetric(float64(r.Products), "products/op")
	b.ReportMetric(r.HalfWidth, "half-width")
}
