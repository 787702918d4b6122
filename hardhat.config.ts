import { createRequire } from 'node:module'
import hardhatIgnitionViem from '@nomicfoundation/hardhat-ignition-viem'
import hardhatMocha from '@nomicfoundation/hardhat-mocha'
import hardhatViem from '@nomicfoundation/hardhat-viem'
import { configVariable, defineConfig } from 'hardhat/config'

// The compiler comes from the npm package solc: nothing is downloaded.
const compiler = {
  version: '0.8.37',
  path: createRequire(import.meta.url).resolve('solc/soljson.js'),
  settings: { viaIR: true, optimizer: { enabled: true, runs: 10_000 }, evmVersion: 'osaka' },
}

export default defineConfig({
  plugins: [hardhatViem, hardhatMocha, hardhatIgnitionViem],
  solidity: { profiles: { default: compiler, production: compiler } },
  paths: { tests: { mocha: './test', solidity: './test' } },
  test: { mocha: { timeout: 120_000 } },
  networks: {
    // Block time must equal the wall clock: ethr-did-resolver compares validTo with Date.now().
    default: {
      type: 'edr-simulated',
      chainType: 'l1',
      hardfork: 'osaka',
      allowBlocksWithSameTimestamp: true,
    },
    node: { type: 'edr-simulated', chainType: 'l1', hardfork: 'osaka', allowBlocksWithSameTimestamp: true },
    local: { type: 'http', chainType: 'l1', url: 'http://127.0.0.1:8545' },
    // npm run deploy -- --network external
    external: {
      type: 'http',
      chainType: 'l1',
      url: configVariable('DEPLOY_RPC_URL'),
      accounts: [configVariable('DEPLOY_PRIVATE_KEY')],
    },
  },
})
