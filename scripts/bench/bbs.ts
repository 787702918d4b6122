import { randomBytes } from 'node:crypto'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import * as library from '@digitalbazaar/bbs-signatures'
import {
  blsCreateProof,
  blsSign,
  blsVerifyProof,
  generateBls12381G2KeyPair,
} from '@mattrglobal/bbs-signatures/lib/wasm_module.js'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { sha256Ciphersuite } from '../../node/suites/bbs/ciphersuite.ts'
import { sign } from '../../node/suites/bbs/signature.ts'
import { inThread } from '../../node/threads/in-thread.ts'

const runs = 5
const count = 30
const messages = Array.from({ length: count }, (_, i) => Uint8Array.from(Buffer.from(`<a> <b> "${i}" .\n`)))
const indexes = [0, 1, 2, 3, 4, 5, 6, 7]
const disclosed = indexes.map((index) => messages[index] as Uint8Array)
const header = new Uint8Array(64)
const presentationHeader = new Uint8Array(32)

/** The shortest of several runs, in milliseconds: whoever else works on the machine only makes it longer. */
async function shortest(run: () => unknown): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < runs; i += 1) {
    const started = performance.now()
    await run()
    times.push(performance.now() - started)
  }
  return Math.min(...times)
}

interface Line {
  operation: string
  library: number
  own: number
}

async function bbsLines(): Promise<Line[]> {
  const privateKey = bls12_381.utils.randomSecretKey()
  const { Point } = bls12_381.G2
  const publicKey = Point.BASE.multiply(Point.Fn.fromBytes(privateKey)).toBytes(true)
  const ciphersuite = library.CIPHERSUITES.BLS12381_SHA256
  const key = () => ({ privateKey: Uint8Array.from(privateKey), publicKey })
  const signature = await inThread('bbs', 'sign', { key: key(), header, messages })
  const common = { publicKey, header, presentationHeader }
  const proof = await inThread('bbs', 'proofGen', { ...common, signature, messages, indexes })
  const theirs = { ...common, ciphersuite, disclosedMessageIndexes: indexes }
  return [
    {
      operation: 'BBS sign',
      library: await shortest(() =>
        library.sign({ secretKey: privateKey, publicKey, header, messages, ciphersuite }),
      ),
      own: await shortest(() => inThread('bbs', 'sign', { key: key(), header, messages })),
    },
    {
      operation: 'BBS derive',
      library: await shortest(() =>
        library.deriveProof({ ...theirs, signature: Uint8Array.from(signature), messages }),
      ),
      own: await shortest(() => inThread('bbs', 'proofGen', { ...common, signature, messages, indexes })),
    },
    {
      operation: 'BBS verify a derived proof',
      library: await shortest(() =>
        library.verifyProof({ ...theirs, proof: Uint8Array.from(proof), disclosedMessages: disclosed }),
      ),
      own: await shortest(() =>
        inThread('bbs', 'proofVerify', { ...common, messages: disclosed, indexes, proof }),
      ),
    },
  ]
}

async function plusLines(): Promise<Line[]> {
  const { publicKey, secretKey } = await generateBls12381G2KeyPair(Uint8Array.from(randomBytes(32)))
  const key = () => ({ privateKey: Uint8Array.from(secretKey), publicKey })
  const nonce = new Uint8Array(32)
  const signature = await inThread('bbs', 'signPlus', { key: key(), messages })
  const input = { signature, publicKey, messages, nonce, revealed: indexes }
  const proof = await inThread('bbs', 'proofGenPlus', input)
  const shown = { publicKey, messages: disclosed, nonce, proof }
  return [
    {
      operation: 'BBS+ sign',
      library: await shortest(() => blsSign({ keyPair: { publicKey, secretKey }, messages })),
      own: await shortest(() => inThread('bbs', 'signPlus', { key: key(), messages })),
    },
    {
      operation: 'BBS+ derive',
      library: await shortest(() => blsCreateProof(input)),
      own: await shortest(() => inThread('bbs', 'proofGenPlus', input)),
    },
    {
      operation: 'BBS+ verify a derived proof',
      library: await shortest(() => blsVerifyProof(shown)),
      own: await shortest(() => inThread('bbs', 'proofVerifyPlus', shown)),
    },
  ]
}

/** How long the event loop could not answer while something was signed again and again, at most, in milliseconds. */
async function blocked(run: () => unknown): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  for (let i = 0; i < 20; i += 1) {
    await run()
    await new Promise(setImmediate)
  }
  delay.disable()
  return delay.percentile(90) / 1e6
}

/** BBS signatures of 30 statements, 8 of them disclosed, beside the libraries called bare, as a table in Markdown. */
export async function bbsTable(): Promise<string> {
  const lines = [...(await bbsLines()), ...(await plusLines())]
  const key = { privateKey: bls12_381.utils.randomSecretKey(), publicKey: new Uint8Array(96) }
  const inLoop = await blocked(() => sign(sha256Ciphersuite, key, { header, messages }))
  const threaded = await blocked(() =>
    inThread('bbs', 'sign', {
      key: { ...key, privateKey: Uint8Array.from(key.privateKey) },
      header,
      messages,
    }),
  )
  const ms = (value: number) => value.toFixed(1)
  return [
    '| 30 statements, 8 disclosed | library, ms | here, ms | times |',
    '| --- | --: | --: | --: |',
    ...lines.map(
      ({ operation, library: bare, own }) =>
        `| ${operation} | ${ms(bare)} | ${ms(own)} | ${(bare / own).toFixed(1)} |`,
    ),
    '',
    `The shortest of ${runs} runs each, in a thread; BBS beside \`@digitalbazaar/bbs-signatures\`, BBS+ is the WebAssembly of \`@mattrglobal/bbs-signatures\` on both sides. While BBS signatures are made the event loop answers nobody for ${ms(inLoop)} ms in the loop itself, ${ms(threaded)} ms when a thread makes them (90th percentile).`,
  ].join('\n')
}
