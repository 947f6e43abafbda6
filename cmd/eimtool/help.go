package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"eimtool/internal/family"
)

// Headings of the flags of a command, in the order of the help text. Flags
// without a heading come first.
const (
	headInput  = "Input"
	headModel  = "Approximation"
	headSolve  = "Solutions"
	headLogDet = "Log-determinants"
	headErrors = "Accuracy"
	headOutput = "Output"
	headCommon = "Common"
)

const headingKey = "heading"

// heading puts flags under a heading of the help text.
func heading(f *pflag.FlagSet, head string, names ...string) {
	for _, n := range names {
		flag := f.Lookup(n)
		if flag.Annotations == nil {
			flag.Annotations = map[string][]string{}
		}
		flag.Annotations[headingKey] = []string{head}
	}
}

// exitStatus begins the part of a Long text that is printed last.
const exitStatus = "EXIT STATUS"

// setHelp installs the help texts: purpose, usage, examples, flags under their
// headings, exit status.
func setHelp(root *cobra.Command) {
	root.SetHelpFunc(func(c *cobra.Command, _ []string) { writeHelp(c.OutOrStdout(), c) })
	root.SetHelpCommand(&cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Help about a command",
		RunE: func(_ *cobra.Command, args []string) error {
			c, rest, err := root.Find(args)
			if err == nil && len(rest) > 0 {
				err = fmt.Errorf("unknown command %q", rest[0])
			}
			if err != nil {
				return err
			}
			writeHelp(root.OutOrStdout(), c)
			return nil
		},
	})
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return &usageError{err: err, command: c.CommandPath(), hint: flagHint(c, err)}
	})
}

func writeHelp(w io.Writer, c *cobra.Command) {
	purpose, status, _ := strings.Cut(c.Long, exitStatus)
	if c.Long == "" {
		purpose = c.Short
	}
	fmt.Fprintf(w, "%s\n", strings.TrimSpace(purpose))
	line := c.UseLine()
	if !c.Runnable() {
		line = c.CommandPath() + " COMMAND"
	}
	fmt.Fprintf(w, "\nUsage:\n  %s\n", line)
	if c.Example != "" {
		fmt.Fprintf(w, "\nExamples:\n%s\n", c.Example)
	}
	if c.HasAvailableSubCommands() {
		fmt.Fprint(w, "\nCommands:\n")
		for _, s := range c.Commands() {
			if s.IsAvailableCommand() {
				fmt.Fprintf(w, "  %-10s  %s\n", s.Name(), s.Short)
			}
		}
	}
	for _, head := range []string{"", headInput, headModel, headSolve, headLogDet, headErrors, headOutput} {
		writeFlags(w, head, c.LocalNonPersistentFlags())
	}
	writeFlags(w, headCommon, c.Root().PersistentFlags())
	if status != "" {
		fmt.Fprintf(w, "\nExit status:%s\n", status)
	}
}

// writeFlags prints the flags under one heading, if there are any; headCommon
// takes all.
func writeFlags(w io.Writer, head string, all *pflag.FlagSet) {
	part := pflag.NewFlagSet("", pflag.ContinueOnError)
	all.VisitAll(func(f *pflag.Flag) {
		own := ""
		if a := f.Annotations[headingKey]; len(a) > 0 {
			own = a[0]
		}
		if own == head || head == headCommon {
			part.AddFlag(f)
		}
	})
	if !part.HasAvailableFlags() {
		return
	}
	if head != "" {
		head += " f"
	} else {
		head = "F"
	}
	fmt.Fprintf(w, "\n%slags:\n%s", head, part.FlagUsagesWrapped(100))
}

// asUsage turns an error of Cobra's into a usage error with a hint.
func asUsage(root *cobra.Command, args []string, err error) error {
	if is[*usageError](err) || is[*inputError](err) {
		return err
	}
	u := &usageError{err: err, command: root.CommandPath()}
	if c, _, ferr := root.Find(args); ferr == nil && c.Name() != "help" {
		u.command = c.CommandPath()
	}
	for _, arg := range args {
		if strings.HasPrefix(arg, "-") || arg == "help" {
			continue
		}
		if u.command == root.CommandPath() {
			u.hint = didYouMean(arg, commandNames(root))
		}
		break
	}
	return u
}

func commandNames(root *cobra.Command) []string {
	var names []string
	for _, c := range root.Commands() {
		names = append(names, c.Name())
	}
	return names
}

// flagHint suggests a flag for one that does not exist.
func flagHint(c *cobra.Command, err error) string {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return ""
	}
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if n := family.Nearest(unknown.GetSpecifiedName(), names); n != "" {
		return "did you mean --" + n + "?"
	}
	return ""
}

func didYouMean(name string, names []string) string {
	if n := family.Nearest(name, names); n != "" {
		return "did you mean " + n + "?"
	}
	return ""
}

// arguments demands between least and most arguments called what.
func arguments(least, most int, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) >= least && len(args) <= most {
			return nil
		}
		if len(args) < least {
			return fmt.Errorf("%s needs %s; %d of %d arguments given", c.Name(), what, len(args), least)
		}
		return fmt.Errorf("%s takes %s; unexpected argument %q", c.Name(), what, args[most])
	}
}
