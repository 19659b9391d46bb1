// Pins the projects whose CustomResourceDefinitions the tests of the chart install; nothing of them is compiled, so that
// `go mod tidy` must not be run here. `go mod download` keeps go.sum.
module github.com/neo4jbackup/neo4jbackup/tests/cluster/crds

go 1.26.0

require (
	github.com/cert-manager/cert-manager v1.18.2
	github.com/prometheus-operator/prometheus-operator v0.85.0
)
