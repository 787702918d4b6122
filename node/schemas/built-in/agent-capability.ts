import type { BuiltInSchema } from './built-in-schema.ts'

/** What a software agent can do, and who answers for it. */
export const agentCapability: BuiltInSchema = {
  name: 'agent_capability',
  version: '1.0',
  alias: 'agent-capability-v1',
  type: 'AgentCapabilityCredential',
  jsonSchema: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Agent capability',
    type: 'object',
    properties: {
      agentName: { type: 'string', minLength: 1, maxLength: 200 },
      agentVersion: { type: 'string', maxLength: 100 },
      operator: { type: 'string', format: 'uri', description: 'DID of who runs the agent' },
      autonomyLevel: { enum: ['Intern', 'Junior', 'Senior', 'Principal'] },
      capabilities: {
        type: 'array',
        items: { type: 'string', minLength: 1, maxLength: 200 },
        minItems: 1,
        maxItems: 100,
        uniqueItems: true,
      },
      limits: { type: 'object', description: 'Limits of the capabilities, by name' },
      serviceEndpoint: { type: 'string', format: 'uri' },
      evaluatedAt: { type: 'string', format: 'date-time' },
    },
    required: ['agentName', 'capabilities'],
    additionalProperties: false,
  },
}
