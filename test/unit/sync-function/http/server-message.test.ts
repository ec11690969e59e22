import { expect, it } from "vitest";
import { serverMessage } from "#sync/http/server-message.ts";

it.each([
  ["an error field", '{"error":"User not found"}', "User not found"],
  ["a message with details", '{"message":"Invalid request body","details":[{"received":"x"}]}', "Invalid request body"],
  [
    "a SCIM envelope",
    '{"schemas":[],"detail":"User with this userName already exists","status":409}',
    "User with this userName already exists",
  ],
  [
    "an OAuth error",
    '{"error":"invalid_client","error_description":"Invalid client"}',
    "invalid_client: Invalid client",
  ],
  ["Keycloak's own field", '{"errorMessage":"Realm does not exist"}', "Realm does not exist"],
  ["a JSON string", '"no"', "no"],
  ["text", "Internal Server Error\n", "Internal Server Error"],
  ["HTML with a title", "<!DOCTYPE html><html><title> Not found </title></html>", 'an HTML page titled "Not found"'],
  ["HTML without one", "<html><body>x</body></html>", "an HTML page"],
  ["nothing", "", ""],
  ["another shape", '{"code":5}', ""],
  ["an echoed key", '{"error":"bad pair pk-lf-1 sk-lf-abc-123"}', "bad pair pk-lf-1 sk-lf-…"],
  ["an echoed pair without its scheme", '{"error":"bad token cGstbGYtMTpzay1sZi0x"}', "bad token cGstbGYt…"],
  ["an echoed header", "Authorization: Basic cGs6c2VjcmV0 refused", "Authorization: Basic … refused"],
])("the message is taken from %s", (_title, body, expected) => {
  expect(serverMessage(body)).toBe(expected);
});

it("a long message is cut", () => {
  expect(serverMessage("x".repeat(1000))).toHaveLength(241);
});
