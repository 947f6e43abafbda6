package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The coefficient of the known-function family, at the quadrature points of the
// code that assembled it.
const knownFunction = "1+4*exp(-((x-mu1)^2+(y-mu2)^2)/0.04)"

// functionTargets are errors of A (largest entry, Frobenius norm) and of x that
// an independent script reaches with EIM on the function and exact coefficients.
var functionTargets = map[int][3]float64{
	4: {6.1e-1, 5.4e-1, 5.7e-2}, 6: {4.8e-1, 3.1e-1, 1.2e-2}, 8: {3.8e-1, 2.3e-1, 1.5e-2},
	10: {1.5e-1, 1.0e-1, 1.4e-2}, 12: {1.2e-1, 1.0e-1, 1.8e-2}, 16: {3.0e-2, 2.3e-2, 4.7e-3},
	20: {2.3e-2, 1.5e-2, 2.7e-3}, 24: {1.2e-2, 8.6e-3, 1.9e-3}, 30: {2.5e-3, 2.0e-3, 3.0e-4},
}

// TestAccuracyPlan plans from the formula alone, gives offline nothing but the
// matrices that the plan asks for, and measures at the family's test points.
func TestAccuracyPlan(t *testing.T) {
	terms := []int{10}
	if *long {
		terms = []int{4, 6, 8, 10, 12, 16, 20, 24, 30}
	}
	dir := filepath.Join(families, "known-function")
	test := filepath.Join(dir, "test.csv")
	for _, m := range terms {
		t.Run(fmt.Sprint(m), func(t *testing.T) {
			work := t.TempDir()
			plan, bundle := filepath.Join(work, "plan.csv"), filepath.Join(work, "m.npz")
			var planned struct {
				Terms int
				Test  struct {
					OverLeast float64 `json:"error_over_least"`
				}
			}
			mustRun(t, &planned, "plan", filepath.Join(dir, "samples.csv"), "--function", knownFunction,
				"--at-points", filepath.Join(dir, "points.csv"), "--max-terms", fmt.Sprint(m), "--test", test, "-o", plan)
			var off struct{ Snapshots, Terms int }
			mustRun(t, &off, "offline", onlyPlanned(t, work, plan, dir), "--plan", plan, "--rhs", filepath.Join(dir, "rhs.mtx"), "-o", bundle)
			if planned.Terms != m || off.Terms != m || off.Snapshots != m {
				t.Fatalf("%d planned, %d snapshots, %d terms", planned.Terms, off.Snapshots, off.Terms)
			}
			var ver struct {
				Results []struct {
					Max       float64 `json:"error_max"`
					Fro       float64 `json:"error_fro"`
					Estimate  float64 `json:"error_estimate"`
					X         float64 `json:"error_x"`
					EstimateX float64 `json:"error_x_estimate"`
				}
			}
			mustRun(t, &ver, "verify", bundle, test, "--solutions", filepath.Join(dir, "solutions.csv"))
			var worst [3]float64
			for _, r := range ver.Results {
				worst[0], worst[1], worst[2] = max(worst[0], r.Max), max(worst[1], r.Fro), max(worst[2], r.X)
				if r.Estimate < r.Fro || r.EstimateX < r.X {
					t.Errorf("errors of A and x %.1e, %.1e; estimates %.1e, %.1e", r.Fro, r.X, r.Estimate, r.EstimateX)
				}
			}
			t.Logf("%d terms: A %.2e (max), %.2e (Frobenius), x %.2e; functions %.2e of the least", m, worst[0], worst[1], worst[2], planned.Test.OverLeast)
			for k, want := range functionTargets[m] {
				if worst[k] > 1.5*want {
					t.Errorf("error %d is %.2e, want at most 1.5 x %.1e", k, worst[k], want)
				}
			}
			if worst[0] > 2*planned.Test.OverLeast || worst[1] > 2*planned.Test.OverLeast {
				t.Errorf("errors of A %.2e, %.2e above twice that of the function, %.2e of its least value", worst[0], worst[1], planned.Test.OverLeast)
			}
		})
	}
}

// onlyPlanned writes a sample table with the planned parameters alone, and
// copies their matrices beside it.
func onlyPlanned(t *testing.T, work, plan, family string) string {
	t.Helper()
	text, err := os.ReadFile(plan)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{} // by parameters, at nine digits
	key := func(cells []string) string {
		var mu [2]float64
		for j := range mu {
			v, err := strconv.ParseFloat(cells[j], 64)
			if err != nil {
				t.Fatal(err)
			}
			mu[j] = v
		}
		return fmt.Sprintf("%.9f,%.9f", mu[0], mu[1])
	}
	for _, row := range readCSV(t, filepath.Join(family, "samples.csv"))[1:] {
		files[key(row)] = row[2]
	}
	out := "mu1,mu2,file\n"
	for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		cells := strings.Split(line, ",")
		if strings.HasPrefix(line, "#") || cells[0] == "mu1" {
			continue
		}
		data, err := os.ReadFile(filepath.Join(family, files[key(cells)]))
		if err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("A%d.mtx.gz", i)
		if err := os.WriteFile(filepath.Join(work, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
		out += cells[0] + "," + cells[1] + "," + name + "\n"
	}
	path := filepath.Join(work, "simulated.csv")
	if err := os.WriteFile(path, []byte(out), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}
