// Command schemas writes the files that the resource plugins embed: run it with the folder that holds the plugins'
// commands and the folder of the Kubernetes provider's own command, which carries its schema unminified.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	pf "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfgen"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfgen"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"

	"github.com/terraform-providers/terraform-provider-random/toolchain/keycloak"
	"github.com/terraform-providers/terraform-provider-random/toolchain/random"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: schemas COMMANDS KUBERNETES_COMMAND KUBERNETES_VERSION")
		os.Exit(2)
	}
	if err := write(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "schemas:", err)
		os.Exit(1)
	}
}

func write(commands, kubernetes, kubernetesVersion string) error {
	quiet := diag.DefaultSink(os.Stderr, os.Stderr, diag.FormatOptions{Color: colors.Never})

	keycloakSchema, err := tfgen.GenerateSchemaWithOptions(tfgen.GenerateSchemaOptions{
		ProviderInfo: keycloak.Provider("0.0.1"), DiagnosticsSink: quiet, XInMemoryDocs: true,
	})
	if err != nil {
		return fmt.Errorf("keycloak schema: %w", err)
	}
	if err := writeJSON(filepath.Join(commands, "pulumi-resource-keycloak", "schema.json"), keycloakSchema.PackageSpec); err != nil {
		return err
	}

	randomSchema, err := pf.GenerateSchema(context.Background(), pf.GenerateSchemaOptions{
		ProviderInfo: random.Provider("0.0.1"), DiagnosticsSink: quiet, XInMemoryDocs: true,
	})
	if err != nil {
		return fmt.Errorf("random schema: %w", err)
	}
	target := filepath.Join(commands, "pulumi-resource-random", "schema.json")
	if err := os.WriteFile(target, randomSchema.ProviderMetadata.PackageSchema, 0o644); err != nil {
		return err
	}

	return copyKubernetes(kubernetes, kubernetesVersion, filepath.Join(commands, "pulumi-resource-kubernetes"))
}

// copyKubernetes minifies the two files: the schema alone shrinks from 8 MB to 4 MB, all of it embedded.
func copyKubernetes(source, version, target string) error {
	for _, name := range []string{"schema.json", "terraform-mapping.json"} {
		text, err := os.ReadFile(filepath.Join(source, name))
		if err != nil {
			return err
		}
		var document map[string]any
		if err := json.Unmarshal(text, &document); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if name == "schema.json" {
			document["version"] = version
		}
		if err := writeJSON(filepath.Join(target, name), document); err != nil {
			return err
		}
	}
	return nil
}

func writeJSON(path string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}
