module example.org/house

go 1.26.8

require (
	example.com/decided v1.0.0
	example.com/smuggled v1.0.0
)
