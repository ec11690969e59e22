// Command pulumi-resource-random bridges the Terraform provider for random values with the token mapping of ../../random.
package main

import (
	"context"
	_ "embed"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"

	"github.com/terraform-providers/terraform-provider-random/toolchain/random"
)

//go:embed schema.json
var schema []byte

// version is set by the build (-X main.version) to the version of the npm package it serves.
var version string

func main() {
	tfbridge.Main(context.Background(), random.Name, random.Provider(version), tfbridge.ProviderMetadata{PackageSchema: schema})
}
