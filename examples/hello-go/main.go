// A small web service: what it is, which instance answers, and its environment's names.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"sort"
	"strings"

	"github.com/go-chi/chi/v5"
)

func main() {
	router := chi.NewRouter()
	router.Get("/", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "Hello from Go, instance %s\n", os.Getenv("CF_INSTANCE_INDEX"))
	})
	router.Get("/env", func(w http.ResponseWriter, _ *http.Request) {
		names := []string{}
		for _, entry := range os.Environ() {
			names = append(names, strings.SplitN(entry, "=", 2)[0])
		}
		sort.Strings(names)
		fmt.Fprintln(w, strings.Join(names, "\n"))
	})
	log.Printf("listening on %s", os.Getenv("PORT"))
	log.Fatal(http.ListenAndServe(":"+os.Getenv("PORT"), router))
}
