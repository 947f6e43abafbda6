package coefficients

import "slices"

// latticeShare is the largest number of distinct values of a parameter,
// relative to the number of samples, at which its values count as lines of a
// grid.
const latticeShare = 0.5

// chooseEvents returns the sets of samples that are left out together when
// candidates are scored:
//
//   - in one parameter single samples; those at the ends come last and do not
//     count, unless the family turns out not to be modelled;
//   - in several, for each parameter that takes few values, the interior lines
//     of the grid: all samples with one value (a single sample of a grid is
//     predicted too easily by the others of its line, even by models that are
//     wild between the lines);
//   - single samples when a parameter does not form lines.
//
// Samples with equal parameters are always left out together. inner counts the
// left-out samples that count; lattice tells which parameters form lines, lines
// of which parameter every event is one, -1 for single samples.
func chooseEvents(mu [][]float64, n int) (events [][]int, inner int, lattice []bool, lines []int) {
	lattice = make([]bool, len(mu))
	groups := equalPoints(mu, n)
	if len(mu) == 1 {
		events, inner = lineEvents(mu[0], groups)
		return events, inner, lattice, make([]int, len(events))
	}
	scattered := false
	for j, col := range mu {
		values := distinct(col)
		lattice[j] = float64(len(values)) <= latticeShare*float64(len(groups))
		if !lattice[j] {
			scattered = true
			continue
		}
		for v := 1; v < len(values)-1; v++ {
			var line []int
			for i, m := range col {
				if m == values[v] {
					line = append(line, i)
				}
			}
			events, lines = append(events, line), append(lines, j)
		}
	}
	if scattered || len(events) == 0 {
		events = append(events, groups...)
		for range groups {
			lines = append(lines, -1)
		}
	}
	return events, eventRows(events), lattice, lines
}

// lineEvents returns the events in one parameter, the ends last, and how many
// left-out samples lie inside.
func lineEvents(mu []float64, groups [][]int) (events [][]int, inner int) {
	lo, hi := slices.Min(mu), slices.Max(mu)
	var middle, ends [][]int
	for _, g := range groups {
		if m := mu[g[0]]; m > lo && m < hi {
			middle = append(middle, g)
			continue
		}
		ends = append(ends, g)
	}
	if len(middle) == 0 {
		return groups, len(mu) // two points: all there is
	}
	middle = thin(middle, mu)
	return append(middle, ends...), eventRows(middle)
}

// maxEvents bounds the events in one parameter, where some candidates are
// refitted for each.
const maxEvents = 100

// thin keeps at most maxEvents of the events, evenly spread in order of mu.
func thin(events [][]int, mu []float64) [][]int {
	if len(events) <= maxEvents {
		return events
	}
	slices.SortFunc(events, func(a, b []int) int {
		if mu[a[0]] < mu[b[0]] {
			return -1
		}
		return 1
	})
	kept := make([][]int, maxEvents)
	for k := range kept {
		kept[k] = events[k*(len(events)-1)/(maxEvents-1)]
	}
	return kept
}

// equalPoints groups samples with the same parameters, in order of their first
// member.
func equalPoints(mu [][]float64, n int) [][]int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	compare := func(a, b int) int {
		for _, col := range mu {
			if col[a] != col[b] {
				if col[a] < col[b] {
					return -1
				}
				return 1
			}
		}
		return 0
	}
	slices.SortStableFunc(order, compare)
	var groups [][]int
	for i, s := range order {
		if i > 0 && compare(order[i-1], s) == 0 {
			groups[len(groups)-1] = append(groups[len(groups)-1], s)
			continue
		}
		groups = append(groups, []int{s})
	}
	slices.SortFunc(groups, func(a, b []int) int { return a[0] - b[0] })
	return groups
}

// distinct returns the sorted distinct values of x.
func distinct(x []float64) []float64 {
	v := slices.Clone(x)
	slices.Sort(v)
	return slices.Compact(v)
}
