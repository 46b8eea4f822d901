module ingot.test/go-cfclient

go 1.19

require (
	github.com/cloudfoundry/go-cfclient/v3 v3.0.0-alpha.9
	ingot.test/steps v0.0.0
)

replace ingot.test/steps => ../go-steps

require (
	github.com/codegangsta/inject v0.0.0-20150114235600-33e0aa1cb7c0 // indirect
	github.com/davecgh/go-spew v1.1.1 // indirect
	github.com/go-martini/martini v0.0.0-20170121215854-22fa46961aab // indirect
	github.com/martini-contrib/render v0.0.0-20150707142108-ec18f8345a11 // indirect
	github.com/oxtoacart/bpool v0.0.0-20190530202638-03653db5a59c // indirect
	github.com/pmezard/go-difflib v1.0.0 // indirect
	github.com/stretchr/testify v1.9.0 // indirect
	golang.org/x/oauth2 v0.21.0 // indirect
	gopkg.in/yaml.v3 v3.0.1 // indirect
)
