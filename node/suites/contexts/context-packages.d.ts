// Digital Bazaar's context packages bring no types: what is used of them.

declare module '@digitalbazaar/citizenship-context' {
  export const contexts: ReadonlyMap<string, import('../../json.ts').JsonObject>
}

declare module '@digitalbazaar/vdl-context' {
  export const contexts: ReadonlyMap<string, import('../../json.ts').JsonObject>
}

declare module '@digitalbazaar/credentials-examples-context' {
  const packaged: { contexts: ReadonlyMap<string, import('../../json.ts').JsonObject> }
  export default packaged
}

declare module '@digitalbazaar/odrl-context' {
  const packaged: { contexts: ReadonlyMap<string, import('../../json.ts').JsonObject> }
  export default packaged
}
