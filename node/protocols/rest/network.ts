import { z } from 'zod'
import { problems } from '../problem-document.ts'
import type { Resource } from './resource.ts'

const address = z.string().meta({ examples: ['0x5fbdb2315678afecb367f032d93f642f64180aa3'] })

const facts = z.object({
  chainId: z.number().int(),
  rpcUrl: z.string().nullable().describe('A public JSON-RPC address of the chain, where the node knows one.'),
  registries: z.object({
    didRegistry: address,
    schemaRegistry: address,
    credentialDefinitionRegistry: address,
    statusListRegistry: address,
  }),
  finalityDepth: z.number().int().describe('Blocks after which this node takes a transaction for final.'),
  publicUrl: z.string(),
  nodeDid: z.string().describe("The node's own DID, which owns the built-in schemas."),
  proofTypes: z.array(z.string()),
})

/** `GET /network`. */
export const network: Resource = (server, issuer) => {
  server.get(
    '/network',
    {
      config: { access: 'public' },
      schema: {
        tags: ['Network'],
        summary: 'What a verifier needs: chain, registries, finality',
        response: { 200: facts, ...problems() },
      },
    },
    async () => issuer.network(),
  )
}
