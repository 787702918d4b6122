import { randomBytes } from 'node:crypto'
import type { JsonObject } from '../../node/json.ts'
import type { KeyType } from '../../node/keys/key-store.ts'
import { createSecretBox } from '../../node/keys/secret-box.ts'
import { createSoftwareKeyStore, type KeyTable } from '../../node/keys/software.ts'
import { signMessages } from '../../node/suites/bbs/sign-messages.ts'
import { createDocumentLoader } from '../../node/suites/document-loader.ts'
import { createSuites } from '../../node/suites/index.ts'
import type { DocumentLoader } from '../../node/suites/suite.ts'
import { rateOf } from './load.ts'

function openKeyStore() {
  const rows = new Map<string, Parameters<KeyTable['insert']>[0]>()
  const table: KeyTable = {
    insert: async (row) => void rows.set(row.keyRef, row),
    get: async (keyRef) => rows.get(keyRef),
    delete: async (keyRef) => void rows.delete(keyRef),
  }
  return createSoftwareKeyStore({ table, secrets: createSecretBox(randomBytes(32)), signMessages })
}

/** Each context is loaded once, as once for all credentials of a request. */
function loaderOnce(): DocumentLoader {
  const loaded = new Map<string, ReturnType<DocumentLoader>>()
  const load = createDocumentLoader({
    extra: async (url) => (await fetch(url)).json() as Promise<JsonObject>,
  })
  return (url) => {
    const result = loaded.get(url) ?? load(url)
    loaded.set(url, result)
    return result
  }
}

/** Credentials a second of this node's suite alone, over the same document as `libraryRate`. */
export async function suiteRate(
  { document, verificationMethod }: { document: JsonObject; verificationMethod: string },
  { proofType, key: type }: { proofType: string; key: KeyType },
  count: number,
): Promise<number | undefined> {
  const suite = createSuites({ publicUrl: 'http://127.0.0.1' }).find(({ name }) => name === proofType)
  const signer = await openKeyStore().generate(type)
  const options = { key: { verificationMethod, signer }, created: new Date(), documentLoader: loaderOnce() }
  const run = async (times: number) => {
    for (let i = 0; i < times; i++) {
      const id = `urn:uuid:00000000-0000-4000-8000-${String(i).padStart(12, '0')}`
      await suite?.secure({ ...document, id }, options)
    }
  }
  await run(Math.ceil(count / 10))
  const started = performance.now()
  await run(count)
  return rateOf(count, started)
}
