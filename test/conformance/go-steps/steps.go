// Package steps is what the programs that try a Go client have in common: they take one step after the other, each says
// by a panic what went wrong, and all of it is told to the test that runs the program.
package steps

import (
	"encoding/json"
	"fmt"
	"reflect"
	"runtime/debug"
	"strings"
)

// Step is one thing that a client must be able to do. W is what steps leave for the next ones.
type Step[W any] struct {
	Name string
	Run  func(w *W)
}

// Explain puts an error into words. A client whose errors say less than they know replaces it.
var Explain = func(err error) string { return err.Error() }

// RunAll prints one JSON line a step: {"name": …, "error": null or text}. A step that fails does not stop the next ones:
// those that need its result fail with it, and the list shows what works all the same.
func RunAll[W any](w *W, areas ...[]Step[W]) {
	for _, area := range areas {
		for _, one := range area {
			line, _ := json.Marshal(map[string]any{"name": one.Name, "error": attempt(one, w)})
			fmt.Println(string(line))
		}
	}
}

// attempt gives what went wrong, or nil.
func attempt[W any](one Step[W], w *W) (failure any) {
	defer func() {
		if reason := recover(); reason != nil {
			failure = fmt.Sprintf("%v\n%s", reason, ours(string(debug.Stack())))
		}
	}()
	one.Run(w)
	return nil
}

// ours keeps the places of a stack trace that lie in the program.
func ours(stack string) string {
	var places []string
	for _, line := range strings.Split(stack, "\n") {
		if strings.Contains(line, "/conformance/") && strings.Contains(line, ".go:") && !strings.Contains(line, "/go-steps/") {
			places = append(places, strings.TrimSpace(line))
		}
	}
	return strings.Join(places, "\n")
}

// Done wants no error.
func Done(err error) {
	if err != nil {
		panic(Explain(err))
	}
}

// Must gives the value of a call that must not fail.
func Must[T any](value T, err error) T {
	Done(err)
	return value
}

// Must2 is Must for two values.
func Must2[A, B any](a A, b B, err error) (A, B) {
	Done(err)
	return a, b
}

// Must3 is Must for three values.
func Must3[A, B, C any](a A, b B, c C, err error) (A, B, C) {
	Done(err)
	return a, b, c
}

// Equal wants both to be the same, in depth.
func Equal(got, want any) {
	if !reflect.DeepEqual(got, want) {
		panic(fmt.Sprintf("got %#v, want %#v", got, want))
	}
}

// Holds wants the condition; the format says what is wrong otherwise.
func Holds(condition bool, format string, values ...any) {
	if !condition {
		panic(fmt.Sprintf(format, values...))
	}
}
