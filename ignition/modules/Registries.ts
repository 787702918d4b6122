import { buildModule } from '@nomicfoundation/hardhat-ignition/modules'

/** Deploys the four registries in their order of dependence. */
export default buildModule('Registries', (m) => {
  const didRegistry = m.contract('DidRegistry')
  const schemaRegistry = m.contract('SchemaRegistry', [didRegistry])
  const credentialDefinitionRegistry = m.contract('CredentialDefinitionRegistry', [
    didRegistry,
    schemaRegistry,
  ])
  const statusListRegistry = m.contract('StatusListRegistry', [didRegistry])
  return { didRegistry, schemaRegistry, credentialDefinitionRegistry, statusListRegistry }
})
