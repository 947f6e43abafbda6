// Command adaptive measures where eimtool suggests to simulate next: on every
// given family, of which any sample may be chosen, models grow in batches by
// the suggestions, by random samples and by those nearest to the points of a
// Sobol sequence, from many starts. It prints Markdown tables of the number of
// samples after which given errors of A are reached, and of what the criterion
// to stop is worth. The same command prints the same tables.
//
//	go run ./experiments/adaptive
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"eimtool/internal/scalar"
	"eimtool/internal/suggest"
)

// study says what is measured.
type study struct {
	starts, first, batch, most int
	threads                    int
}

func main() {
	s := &study{}
	folder := flag.String("folder", "testdata/families", "folder of the families")
	families := flag.String("families", "elasticity-geo,convdiff,convdiff-pattern,gp-kernel,known-function", "families to use")
	flag.IntVar(&s.starts, "starts", 20, "random starts")
	flag.IntVar(&s.first, "first", 8, "samples to begin with")
	flag.IntVar(&s.batch, "batch", 3, "samples added at a time")
	flag.IntVar(&s.most, "most", 50, "samples to end with")
	flag.IntVar(&s.threads, "threads", 0, "runs at a time; 0 means all processors")
	flag.Parse()
	if err := s.run(context.Background(), *folder, strings.Split(*families, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "adaptive:", err)
		os.Exit(1)
	}
}

// run measures the families and prints their tables.
func (s *study) run(ctx context.Context, folder string, families []string) error {
	var all []*comparison
	for _, name := range families {
		p, err := openPool(ctx, filepath.Join(folder, name))
		if err != nil {
			return err
		}
		c := &comparison{pool: p, sizes: s.sizes(p.count)}
		for k, begin := range []func(run uint64) strategy{
			func(run uint64) strategy { return newSuggested(p, run) },
			func(run uint64) strategy { return newShuffled(p, run) },
			func(run uint64) strategy { return newFilling(p, run) },
		} {
			c.paths[k] = make([]path, s.starts)
			errs := make([]error, s.starts)
			if err := scalar.Each(ctx, s.starts, s.threads, func(i int) {
				c.paths[k][i], errs[i] = c.follow(ctx, begin(uint64(i)))
			}); err != nil {
				return err
			}
			for _, err := range errs {
				if err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
			}
			fmt.Fprintf(os.Stderr, "%s: %s\n", name, strategies[k])
		}
		all = append(all, c)
	}
	printReached(os.Stdout, all)
	printStops(os.Stdout, all)
	printConfidence(os.Stdout, all)
	return nil
}

// sizes lists the numbers of samples at which models are made.
func (s *study) sizes(count int) []int {
	var n []int
	for k := s.first; k <= min(s.most, count); k += s.batch {
		n = append(n, k)
	}
	return n
}

// path is one run of a strategy.
type path struct {
	errors []float64        // largest error over the tests, per size
	within []float64        // share of the tests whose error is at most its estimate
	states []*suggest.State // what the model says of its own error, per size
}

// judged is the number of points of the box at which a model judges itself; all
// candidates are judged besides.
const judged = 300

// follow makes the models of one run.
func (c *comparison) follow(ctx context.Context, s strategy) (path, error) {
	var out path
	var chosen []int
	more, err := s.next(ctx, nil, nil, c.sizes[0])
	for k := range c.sizes {
		if err != nil {
			return out, err
		}
		chosen = append(chosen, more...)
		m, err := c.pool.build(ctx, chosen)
		if err != nil {
			return out, err
		}
		e, within, err := c.pool.errorOf(m)
		if err != nil {
			return out, err
		}
		_, points := c.pool.rest(nil)
		state, err := suggest.Judge(ctx, m, append(points, suggest.Box(m.Interpolation, judged)...), 0)
		if err != nil {
			return out, err
		}
		out.errors, out.within = append(out.errors, e), append(out.within, within)
		out.states = append(out.states, state)
		if k+1 < len(c.sizes) {
			if more, err = s.next(ctx, m, chosen, c.sizes[k+1]-c.sizes[k]); err != nil {
				return out, err
			}
		}
	}
	return out, nil
}
