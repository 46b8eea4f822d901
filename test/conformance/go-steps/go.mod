module ingot.test/steps

go 1.19
