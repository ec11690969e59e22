// Package random maps the Terraform provider for random values to the tokens of the npm package @pulumi/random.
// Its module path begins with the upstream one, because the provider itself is an internal package there.
package random

import (
	"context"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	bridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	upstream "github.com/terraform-providers/terraform-provider-random/internal/provider"
)

// Name is the Pulumi package this provider serves.
const Name = "random"

// Provider describes the bridged provider; version is that of the npm package.
func Provider(version string) bridge.ProviderInfo {
	info := bridge.ProviderInfo{
		P:            tfbridge.ShimProvider(upstream.New()),
		Name:         Name,
		Version:      version,
		MetadataInfo: bridge.NewProviderMetadata([]byte("{}")),
		Resources: map[string]*bridge.ResourceInfo{
			// Upstream has no id attribute here; the published plugin takes the same constant-free route.
			"random_bytes": {ComputeID: func(context.Context, resource.PropertyMap) (resource.ID, error) { return "none", nil }},
		},
	}
	info.MustComputeTokens(tokens.SingleModule("random_", "index", func(module, name string) (string, error) {
		return tokens.MakeStandard(Name)(module, "Random"+name)
	}))
	return info
}
