import { readFile, writeFile } from 'node:fs/promises'

// Writes node/ledger/abi.ts from the compiled contracts: `node scripts/abi.ts`.

const contracts = ['DidRegistry', 'SchemaRegistry', 'CredentialDefinitionRegistry', 'StatusListRegistry']

interface Parameter {
  name: string
  type: string
  indexed?: boolean
  components?: readonly Parameter[]
}

interface AbiItem {
  type: string
  name: string
  inputs: readonly Parameter[]
  outputs?: readonly Parameter[]
  stateMutability?: string
}

function formatParameter({ name, type, indexed, components }: Parameter): string {
  const full = components
    ? `(${components.map(formatParameter).join(', ')})${type.slice('tuple'.length)}`
    : type
  return [full, indexed ? 'indexed' : '', name].filter(Boolean).join(' ')
}

function formatItem({ type, name, inputs, outputs = [], stateMutability }: AbiItem): string {
  const head = `${type} ${name}(${inputs.map(formatParameter).join(', ')})`
  if (type !== 'function') return head
  const mutability = stateMutability === 'nonpayable' ? '' : ` ${stateMutability}`
  const returns = outputs.length === 0 ? '' : ` returns (${outputs.map(formatParameter).join(', ')})`
  return `${head}${mutability}${returns}`
}

/** The source of node/ledger/abi.ts: functions, events and errors of the registries in `artifacts`. */
export async function abiSource(artifacts: string): Promise<string> {
  const parts = await Promise.all(
    contracts.map(async (contract) => {
      const artifact = JSON.parse(
        await readFile(`${artifacts}/contracts/${contract}.sol/${contract}.json`, 'utf8'),
      )
      const items = (artifact.abi as AbiItem[]).filter(({ type }) => /^(function|event|error)$/.test(type))
      const lines = [...new Set(items.map(formatItem))].sort().map((line) => `  '${line}',\n`)
      const name = `${contract.charAt(0).toLowerCase()}${contract.slice(1)}Abi`
      return `/** ABI of ${contract}. */\nexport const ${name} = parseAbi([\n${lines.join('')}])\n`
    }),
  )
  return `// Written by scripts/abi.ts from the compiled contracts: do not edit.\nimport { parseAbi } from 'viem'\n\n${parts.join('\n')}`
}

if (import.meta.main) {
  const root = new URL('..', import.meta.url).pathname
  await writeFile(`${root}node/ledger/abi.ts`, await abiSource(process.argv[2] ?? `${root}artifacts`))
}
