module ingot/conformance/go-uaa

go 1.25.0

require (
	github.com/cloudfoundry-community/go-uaa v0.4.2
	ingot.test/steps v0.0.0
)

replace ingot.test/steps => ../go-steps

require (
	github.com/pkg/errors v0.9.1 // indirect
	golang.org/x/oauth2 v0.36.0 // indirect
)
