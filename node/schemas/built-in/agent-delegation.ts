import type { BuiltInSchema } from './built-in-schema.ts'

/** That one party may act for another, within a scope and constraints; `parentCredentialId` continues a chain. */
export const agentDelegation: BuiltInSchema = {
  name: 'agent_delegation',
  version: '1.0',
  alias: 'agent-delegation-v1',
  type: 'AgentDelegationCredential',
  jsonSchema: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Agent delegation',
    type: 'object',
    properties: {
      delegator: { type: 'string', format: 'uri', description: 'DID of who delegates' },
      delegate: { type: 'string', format: 'uri', description: 'DID of the agent' },
      scope: {
        type: 'array',
        items: { type: 'string', minLength: 1, maxLength: 200 },
        minItems: 1,
        maxItems: 100,
        uniqueItems: true,
      },
      constraints: { type: 'object', description: 'Limits of the scope, by name: max…, min…, lists, values' },
      maxDepth: { type: 'integer', minimum: 0, maximum: 10, description: 'How often it may be passed on' },
      parentCredentialId: { type: 'string', format: 'uri', maxLength: 500 },
    },
    required: ['delegator', 'delegate', 'scope'],
    additionalProperties: false,
  },
}
