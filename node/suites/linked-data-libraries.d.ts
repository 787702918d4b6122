// Digital Bazaar's libraries bring no types: what the suites use of them.

interface Document {
  [name: string]: import('../json.ts').Json | undefined
}

interface LibraryVerdict {
  verified: boolean
  error?: Error & { errors?: readonly Error[] }
}

declare module 'jsonld' {
  const jsonld: {
    expand(
      document: Document,
      options: { documentLoader: (url: string) => Promise<unknown>; safe: boolean; base?: null },
    ): Promise<readonly object[]>
    compact(
      input: readonly object[],
      context: Document[string],
      options: { documentLoader: (url: string) => Promise<unknown>; safe: boolean },
    ): Promise<Document>
    toRDF(
      input: object | readonly object[],
      options: {
        documentLoader: (url: string) => Promise<unknown>
        safe: boolean
        rdfDirection: string
        format: 'application/n-quads'
      },
    ): Promise<string>
  }
  export default jsonld
}

declare module '@digitalbazaar/di-sd-primitives' {
  export function canonicalize(
    input: object | string,
    options: {
      documentLoader: (url: string) => Promise<unknown>
      canonicalIdMap?: Map<string, string>
      inputFormat?: 'application/n-quads'
    },
  ): Promise<string>
}

declare module 'jsonld-signatures' {
  interface Options {
    suite: unknown
    purpose: unknown
    documentLoader: (url: string) => Promise<unknown>
    addSuiteContext?: boolean
  }
  const jsigs: {
    sign(document: Document, options: Options): Promise<Document>
    verify(document: Document, options: Options): Promise<LibraryVerdict>
    derive(document: Document, options: Options): Promise<Document>
    purposes: {
      AssertionProofPurpose: new (options?: { controller?: Document }) => unknown
      ControllerProofPurpose: new (options: { term: string; controller: Document }) => unknown
    }
  }
  export default jsigs
}

declare module '@digitalbazaar/vc' {
  export const CredentialIssuancePurpose: new (options: { controller: Document }) => unknown
  export function verifyCredential(options: {
    credential: Document
    suite: unknown
    documentLoader: (url: string) => Promise<unknown>
    checkStatus?: () => Promise<{ verified: boolean }>
    now?: Date
  }): Promise<LibraryVerdict>
  export function verify(options: {
    presentation: Document
    challenge: string
    domain?: string
    suite: unknown
    documentLoader: (url: string) => Promise<unknown>
    checkStatus: () => Promise<{ verified: boolean }>
    now: Date
  }): Promise<LibraryVerdict>
  export function signPresentation(options: {
    presentation: Document
    challenge: string
    domain?: string
    suite: unknown
    documentLoader: (url: string) => Promise<unknown>
  }): Promise<Document>
  export function issue(options: {
    credential: Document
    suite: unknown
    documentLoader: (url: string) => Promise<unknown>
  }): Promise<Document>
}

/** What jsonld-signatures hands a suite to make or verify one proof with; the document comes without its proofs. */
interface LibraryProofOptions {
  document: Document
}

interface LibrarySigner {
  id: string
  algorithm: string
  sign(input: { data: Uint8Array }): Promise<Uint8Array>
}

interface LibrarySuite {
  createProof(options: LibraryProofOptions): Promise<Document>
  verifyProof(options: LibraryProofOptions): Promise<LibraryVerdict>
  createVerifyData(options: {
    document: Document
    proof: Document
    documentLoader: (url: string) => Promise<unknown>
    /** Of the key that verifies; absent while a proof is made. */
    verificationMethod?: import('../json.ts').JsonObject
  }): Promise<Uint8Array>
  canonize(input: Document | readonly object[], options: object): Promise<string>
  canonizeProof(proof: Document, options: { document: Document; documentLoader?: unknown }): Promise<string>
}

declare module '@digitalbazaar/ed25519-signature-2020' {
  export const Ed25519Signature2020: new (options?: { signer?: LibrarySigner; date?: Date }) => LibrarySuite
}

declare module '@digitalbazaar/data-integrity' {
  export const DataIntegrityProof: new (options: {
    cryptosuite: unknown
    signer?: LibrarySigner
    date?: Date
  }) => LibrarySuite
}

declare module '@digitalbazaar/eddsa-rdfc-2022-cryptosuite' {
  export const cryptosuite: unknown
}

declare module '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite' {
  export const cryptosuite: { name: string; canonize: LibrarySuite['canonize'] }
}

declare module '@digitalbazaar/ecdsa-sd-2023-cryptosuite' {
  export function createSignCryptosuite(options: { mandatoryPointers: readonly string[] }): unknown
  export function createDiscloseCryptosuite(options: { selectivePointers: readonly string[] }): unknown
  export function createVerifyCryptosuite(): unknown
}

declare module '@digitalbazaar/ecdsa-jcs-2019-cryptosuite' {
  export function createSignCryptosuite(): unknown
  export function createVerifyCryptosuite(): unknown
}

declare module '@digitalbazaar/eddsa-jcs-2022-cryptosuite' {
  export function createSignCryptosuite(): unknown
  export function createVerifyCryptosuite(): unknown
}

declare module '@digitalbazaar/credentials-context' {
  export const contexts: ReadonlyMap<string, Document>
}

declare module '@digitalbazaar/vc-bitstring-status-list-context' {
  export const contexts: ReadonlyMap<string, Document>
}

declare module '@digitalbazaar/vc-status-list-context' {
  const library: { contexts: ReadonlyMap<string, Document> }
  export default library
}

declare module '@digitalbazaar/data-integrity-context' {
  const library: { contexts: ReadonlyMap<string, Document> }
  export default library
}

declare module '@digitalbazaar/multikey-context' {
  const library: { contexts: ReadonlyMap<string, Document> }
  export default library
}

declare module 'did-context' {
  const library: { contexts: ReadonlyMap<string, Document> }
  export default library
}

declare module 'ed25519-signature-2020-context' {
  const library: { contexts: ReadonlyMap<string, Document> }
  export default library
}
