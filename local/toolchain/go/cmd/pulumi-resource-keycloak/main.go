// Command pulumi-resource-keycloak bridges the Terraform provider for Keycloak with the token mapping of ../../keycloak.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"

	"github.com/terraform-providers/terraform-provider-random/toolchain/keycloak"
)

//go:embed schema.json
var schema []byte

// version is set by the build (-X main.version) to the version of the npm package it serves.
var version string

func main() {
	tfbridge.Main(keycloak.Name, version, keycloak.Provider(version), schema)
}
