// Who may import whom: one rule each. `npm run check` runs them, and proves first
// that they bite (test/scripts/imports.ts).

const modules = ['formats', 'suites', 'status', 'did', 'ledger', 'stores', 'keys', 'jobs', 'agent']
const anyModule = `^node/(${modules.join('|')})/`
const domain = '^node/(schemas|delegation|anoncreds|events)/'
const application =
  '^node/(issuance|registrar|access|delivery|verification|presentation|bulk|exchange|webhooks|audit|wallet|recall)/'
// Pure functions inside a module: names and numbers that mean the same to everybody.
const pure =
  '^node/(ledger/resource-id|ledger/anoncreds-id|ledger/ethr-did|ledger/account-address|did/multikey|did/key-history|status/permute|keys/key-store|keys/sign-message)\\.ts$'

/** Outside libraries and the only place in node/ that may import them. */
const homes = [
  { name: 'viem', library: 'viem', home: '^node/ledger/' },
  {
    name: 'fastify',
    library: '(fastify|@fastify/[^/]+|fastify-type-provider-zod)',
    home: '^node/(server\\.ts$|protocols/)',
  },
  { name: 'kysely', library: '(kysely|pg|pg-[^/]+)', home: '^node/stores/' },
  { name: 'did-resolvers', library: '(ethr-did-resolver|web-did-resolver|ethers)', home: '^node/did/' },
  { name: 'veramo', library: '@veramo/(?!did-provider-)[^/]+', home: '^node/agent/' },
  { name: 'veramo-did-providers', library: '@veramo/did-provider-[^/]+', home: '^node/(agent|did)/' },
  { name: 'bullmq', library: '(bullmq|ioredis)', home: '^node/jobs/bullmq\\.ts$' },
  {
    name: 'linked-data',
    library: '(jsonld|jsonld-signatures|rdf-canonize|@digitalbazaar/[^/]+|[^/]+-context)',
    home: '^node/suites/',
  },
  {
    name: 'noble',
    library: '(@noble|@scure)/[^/]+',
    home: '^node/(keys/|suites/|did/)',
  },
  { name: 'hash-wasm', library: 'hash-wasm', home: '^node/issuance/merkle-tree\\.ts$' },
  { name: 'sd-jwt', library: '@sd-jwt/[^/]+', home: '^node/suites/' },
  { name: 'bbs-plus', library: '@mattrglobal/[^/]+', home: '^node/suites/bbs/' },
  { name: 'cbor', library: 'cborg', home: '^node/tokens/cbor\\.ts$' },
  { name: 'json-schema', library: '(ajv|ajv-formats|re2js)', home: '^node/schemas/' },
  { name: 'csv', library: 'csv-(parse|stringify)', home: '^node/bulk/' },
  { name: 'pino', library: 'pino', home: '^node/logger\\.ts$' },
  { name: 'prom-client', library: 'prom-client', home: '^node/observability/' },
  { name: 'opentelemetry', library: '@opentelemetry/[^/]+', home: '^node/observability/tracing\\.ts$' },
  { name: 'standardwebhooks', library: 'standardwebhooks', home: '^node/webhooks/' },
  { name: 'piscina', library: 'piscina', home: '^node/threads/' },
  { name: 'qrcode', library: 'qrcode', home: '^node/delivery/' },
  { name: 'hardhat', library: '(hardhat|@nomicfoundation/[^/]+|solc)', home: '^$' },
]

const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })
const values = { dependencyTypesNot: ['type-only'] }

export default {
  forbidden: [
    rule(
      'no-circular',
      'Two files that need each other are one file, or three.',
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    ),
    rule('not-unresolvable', 'Every import leads somewhere.', {}, { couldNotResolve: true }),
    rule(
      'not-undeclared',
      'package.json names every package that is imported.',
      {},
      { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    ),
    rule(
      'not-to-dev-dependency',
      'The node runs without the tools of its developers.',
      { path: '^node/' },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    ),
    rule(
      'node-imports-node-only',
      'The node needs neither tests nor scripts nor the deployment.',
      { path: '^node/' },
      { path: '^(test|scripts|ignition|artifacts)/|^hardhat\\.config' },
    ),
    ...homes.map(({ name, library, home }) =>
      rule(
        `home-of-${name}`,
        `Each outside library has one home: ${home}`,
        { path: '^node/', pathNot: home },
        { path: `node_modules/${library}/` },
      ),
    ),
    rule(
      'home-of-node-sqlite',
      'SQL lives in stores.',
      { path: '^node/', pathNot: '^node/stores/' },
      { path: '^(node:)?sqlite$' },
    ),
    rule(
      'home-of-did-resolver',
      'Resolution happens in did/; its types are everybody’s.',
      { path: '^node/', pathNot: '^node/did/' },
      { path: 'node_modules/did-resolver/', ...values },
    ),
    rule(
      'siblings-never-import-siblings',
      'A module gets another one handed in; it may know the types of its contract.',
      { path: anyModule },
      { path: anyModule, pathNot: [`^node/$1/`, pure], ...values },
    ),
    rule(
      'modules-know-no-callers',
      'Imports point one way: a module knows nothing of the pipeline, protocols or composition.',
      { path: [anyModule, domain] },
      { path: [application, '^node/protocols/', '^node/((main|issuer|server)\\.ts$|composition/)'] },
    ),
    rule(
      'threads-compute',
      'A thread has the functions of its list: no chain, no database, no keys but those that come with a call. Whose turn it is depends on the tenant.',
      { path: '^node/threads/' },
      {
        path: '^node/',
        pathNot:
          '^node/(threads/|anoncreds/operations\\.ts$|suites/(bbs|rdf|signing)/operations\\.ts$|errors\\.ts$|tenant-share\\.ts$)',
        ...values,
      },
    ),
    rule(
      'operations-run-in-threads',
      'What is in the list of operations would keep the event loop.',
      { path: '^node/', pathNot: '^node/threads/(operations|signing-worker)\\.ts$' },
      { path: '^node/(anoncreds|suites/(bbs|rdf|signing))/operations\\.ts$', ...values },
    ),
    rule(
      'threads-start-no-threads',
      'What a thread runs would wait for a thread itself.',
      { path: '^node/threads/(operations|signing-worker)\\.ts$' },
      { path: '^node/threads/(in-thread|pool)\\.ts$', reachable: true },
    ),
    rule(
      'threads-have-one-door',
      'Whoever wants a thread asks inThread for it.',
      { path: '^node/', pathNot: '^node/threads/' },
      { path: '^node/threads/', pathNot: '^node/threads/in-thread\\.ts$', ...values },
    ),
    rule(
      'domain-is-pure',
      'Schemas, delegation and AnonCreds are rules about data: no module behind them.',
      { path: domain },
      { path: anyModule, pathNot: pure, ...values },
    ),
    rule(
      'application-knows-no-protocol',
      'The pipeline does not know who asks.',
      { path: application },
      { path: ['^node/protocols/', '^node/((main|issuer|server)\\.ts$|composition/)'] },
    ),
    rule(
      'application-gets-modules-handed-in',
      'Only the composition root builds modules; above them their types suffice.',
      { path: [application, '^node/protocols/', '^node/server\\.ts$'] },
      { path: anyModule, pathNot: pure, ...values },
    ),
    rule(
      'protocols-know-no-composition',
      'A protocol is mounted by the server.',
      { path: '^node/protocols/' },
      { path: '^node/((main|issuer|server)\\.ts$|composition/)' },
    ),
    rule(
      'protocols-share-nothing-with-protocols',
      'One folder is one way to ask; what two need stands beside them.',
      { path: '^node/protocols/([^/]+)/' },
      { path: '^node/protocols/[^/]+/', pathNot: '^node/protocols/$1/' },
    ),
    rule(
      'verification-beside-issuance',
      'A verifier needs neither stores nor keys nor the pipeline.',
      { path: '^node/verification/' },
      { path: '^node/(stores|keys|issuance|registrar|access|delivery|jobs|agent)/' },
    ),
    rule(
      'verifier-stands-alone',
      'The library and the command need neither stores nor keys nor the pipeline.',
      { path: '^node/((bundle|cli)/|(verifier|open-verification|cli|anoncreds)\\.ts$)' },
      { path: '^node/(stores|keys|issuance|registrar|access|delivery|jobs|agent|protocols)/', ...values },
    ),
    rule(
      'command-line-on-top',
      'Nothing stands on the command line.',
      { path: '^node/', pathNot: '^node/(cli/|cli\\.ts$)' },
      { path: '^node/cli/' },
    ),
    rule(
      'issuance-beside-verification',
      'The pipeline does not check its own work.',
      { path: '^node/issuance/' },
      { path: '^node/(verification|registrar|access|delivery)/', ...values },
    ),
    rule(
      'configuration-comes-handed-in',
      'Below the composition root, settings are parameters.',
      { path: [anyModule, domain, application] },
      { path: '^node/config\\.ts$', ...values },
    ),
    rule(
      'loaded-when-configured',
      'A node without QUEUE_URL does not load BullMQ and the drivers of its servers.',
      { path: '^node/' },
      { path: '^node/jobs/bullmq\\.ts$', dynamic: false },
    ),
    rule(
      'errors-stand-alone',
      'Everything may import the errors; they import nothing.',
      { path: '^node/errors\\.ts$' },
      { path: '.' },
    ),
  ],
  options: {
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['node', 'import', 'types', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.json'],
    },
  },
}
