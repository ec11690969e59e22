import { USER_SCHEMA } from "./scim-resource.ts";

const LIST_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

export const serviceProviderConfig = {
  schemas: ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
  documentationUri: "https://langfuse.com/docs/administration/scim-and-org-api",
  // Not true: PATCH works. It is what the real server says.
  patch: { supported: false },
  bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
  filter: { supported: true, maxResults: 100 },
  changePassword: { supported: false },
  sort: { supported: false },
  etag: { supported: false },
  authenticationSchemes: [
    {
      name: "Basic Authentication",
      description: "Authentication via HTTP Basic Auth",
      specUri: "https://tools.ietf.org/html/rfc2617",
      type: "httpbasic",
      primary: true,
    },
  ],
  meta: { resourceType: "ServiceProviderConfig", location: "/api/public/scim/ServiceProviderConfig" },
};

export const resourceTypes = {
  schemas: [LIST_SCHEMA],
  totalResults: 1,
  Resources: [
    {
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
      id: "User",
      name: "User",
      endpoint: "/api/public/scim/Users",
      description: "User Account",
      schema: USER_SCHEMA,
      schemaExtensions: [],
      meta: { resourceType: "ResourceType", location: "/api/public/scim/ResourceTypes/User" },
    },
  ],
};

const readWrite = { mutability: "readWrite", returned: "default", uniqueness: "none" };
const readOnly = { mutability: "readOnly", returned: "default", uniqueness: "none" };

const idAttributes = [
  {
    ...attribute("id", "string", "Unique identifier for the User", { required: true, caseExact: true }),
    ...{ mutability: "readOnly", returned: "always", uniqueness: "server" },
  },
  {
    ...attribute("userName", "string", "Unique identifier for the User, typically the email address", {
      required: true,
      caseExact: false,
    }),
    ...{ mutability: "readWrite", returned: "always", uniqueness: "server" },
  },
];

const nameAttribute = {
  ...attribute("name", "complex", "The components of the user's name"),
  subAttributes: [{ ...attribute("formatted", "string", "The user's full name", { caseExact: false }), ...readWrite }],
  ...readWrite,
};

const emailsAttribute = {
  ...attribute("emails", "complex", "Email addresses for the user"),
  multiValued: true,
  subAttributes: [
    { ...attribute("value", "string", "Email address value", { caseExact: false }), ...readWrite },
    { ...attribute("primary", "boolean", "Primary email indicator"), ...readWrite },
    { ...attribute("type", "string", "Email type (work, home, other)", { caseExact: false }), ...readWrite },
  ],
  ...readWrite,
};

const metaAttribute = {
  ...attribute("meta", "complex", "Resource metadata"),
  subAttributes: [
    { ...attribute("resourceType", "string", "The resource type", { caseExact: true }), ...readOnly },
    { ...attribute("created", "dateTime", "The resource creation time"), ...readOnly },
    { ...attribute("lastModified", "dateTime", "The resource last modification time"), ...readOnly },
  ],
  ...readOnly,
};

export const schemas = {
  schemas: [LIST_SCHEMA],
  totalResults: 1,
  Resources: [
    {
      id: USER_SCHEMA,
      name: "User",
      description: "User Account",
      attributes: [...idAttributes, nameAttribute, emailsAttribute, metaAttribute],
      meta: { resourceType: "Schema", location: `/api/public/scim/Schemas/${USER_SCHEMA}` },
    },
  ],
};

/** Only texts say whether their case matters. */
function attribute(
  name: string,
  type: string,
  description: string,
  traits: { required?: boolean; caseExact?: boolean } = {},
) {
  return { name, type, multiValued: false, description, required: false, ...traits };
}
