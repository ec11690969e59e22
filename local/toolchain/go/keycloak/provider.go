// Package keycloak maps the Terraform provider for Keycloak to the tokens that the npm package @pulumi/keycloak uses.
package keycloak

import (
	upstream "github.com/keycloak/terraform-provider-keycloak/provider"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	strategies "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	sdkv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// Name is the Pulumi package this provider serves.
const Name = "keycloak"

// modules maps the first word of a Terraform name to the Pulumi module; everything else lives in index.
var modules = map[string]string{
	"authentication_": "authentication",
	"ldap_":           "ldap",
	"oidc_":           "oidc",
	"openid_":         "openid",
	"saml_":           "saml",
}

// irregular names the resources whose npm token does not follow from the Terraform name.
var irregular = map[string]tokens.Type{
	"keycloak_attribute_to_role_identity_provider_mapper": tfbridge.MakeResource(Name, "index", "AttributeToRoleIdentityMapper"),
	"keycloak_hardcoded_role_identity_provider_mapper":    tfbridge.MakeResource(Name, "index", "HardcodedRoleIdentityMapper"),
	"keycloak_custom_identity_provider_mapper":            tfbridge.MakeResource(Name, "index", "CustomIdentityProviderMapping"),
	"keycloak_openid_client_client_policy":                tfbridge.MakeResource(Name, "openid", "ClientPolicy"),
	"keycloak_realm_keystore_java_keystore":               tfbridge.MakeResource(Name, "index", "RealmKeystoreJavaGenerated"),
	"keycloak_saml_client_default_scopes":                 tfbridge.MakeResource(Name, "saml", "ClientDefaultScope"),
}

// flowDataSources live in index, although the resources of the same prefix do not.
var flowDataSources = map[string]tokens.ModuleMember{
	"keycloak_authentication_flow":      tfbridge.MakeDataSource(Name, "index", "getAuthenticationFlow"),
	"keycloak_authentication_execution": tfbridge.MakeDataSource(Name, "index", "getAuthenticationExecution"),
}

// withdrawn lists resources that the npm package does not have any more: newer servers refuse uploaded scripts.
var withdrawn = []string{"keycloak_openid_script_protocol_mapper", "keycloak_saml_script_protocol_mapper"}

// autonamed lists the properties that get a random suffix when a program leaves them out, as the published plugin does.
var autonamed = map[string]string{
	"keycloak_realm":                           "realm",
	"keycloak_openid_client":                   "client_id",
	"keycloak_saml_client":                     "client_id",
	"keycloak_authentication_flow":             "alias",
	"keycloak_authentication_subflow":          "alias",
	"keycloak_authentication_execution_config": "alias",
}

// Provider describes the bridged provider; version is that of the npm package.
func Provider(version string) tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:            sdkv2.NewProvider(upstream.KeycloakProvider(nil)),
		Name:         Name,
		Version:      version,
		Resources:    map[string]*tfbridge.ResourceInfo{},
		DataSources:  map[string]*tfbridge.DataSourceInfo{},
		MetadataInfo: tfbridge.NewProviderMetadata([]byte("{}")),
		Config:       configuration(),

		IgnoreMappings: withdrawn,
	}
	for name, token := range irregular {
		info.Resources[name] = &tfbridge.ResourceInfo{Tok: token}
	}
	for name, token := range flowDataSources {
		info.DataSources[name] = &tfbridge.DataSourceInfo{Tok: token}
	}
	info.MustComputeTokens(strategies.MappedModules("keycloak_", "index", modules, strategies.MakeStandard(Name)))
	for name, property := range autonamed {
		if info.Resources[name].Fields == nil {
			info.Resources[name].Fields = map[string]*tfbridge.SchemaInfo{}
		}
		info.Resources[name].Fields[property] = tfbridge.AutoName(property, 255, "-")
	}
	info.SetAutonaming(255, "-")
	return info
}

// configuration gives the provider arguments the environment variables that the published plugin reads.
func configuration() map[string]*tfbridge.SchemaInfo {
	environment := func(variable string) *tfbridge.SchemaInfo {
		return &tfbridge.SchemaInfo{Default: &tfbridge.DefaultInfo{EnvVars: []string{variable}}}
	}
	return map[string]*tfbridge.SchemaInfo{
		"client_timeout": {Default: &tfbridge.DefaultInfo{Value: 5, EnvVars: []string{"KEYCLOAK_CLIENT_TIMEOUT"}}},
		"client_id":      environment("KEYCLOAK_CLIENT_ID"),
		"client_secret":  environment("KEYCLOAK_CLIENT_SECRET"),
		"url":            environment("KEYCLOAK_URL"),
	}
}
