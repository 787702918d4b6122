/** What `cartulary --help` says. */
export const usage = `Usage: cartulary verify FILE --rpc URL --registries WHERE [options]
       cartulary verify BUNDLE --offline [--digest SHA256] [--json]
       cartulary bundle ID --node URL --api-key-file FILE [--rpc URL] [--out FILE]
       cartulary bundle FILE --node URL [--rpc URL] [--out FILE]
       cartulary bulk FILE --node URL --api-key-file FILE --schema ID --issuer DID [options]
       cartulary bulk JOB --node URL --api-key-file FILE
       cartulary audit verify NODE|FILE [--api-key-file FILE] [--rpc URL] [--registries WHERE] [--json]
       cartulary audit export NODE --api-key-file FILE --out FILE

Verifies credentials and presentations against the ledger, without the node that issued them.
FILE holds JSON or a token; - reads standard input.

verify
  --rpc URL              JSON-RPC of the chain; whoever runs it is believed
  --registries WHERE     a file, JSON, or the URL of a node, with the addresses of the registries;
                         whoever chooses them chooses the answers
  --registration FILE    what GET /credentials/{id}/registration gave: shows when the credential was
                         registered, and that it is older than the theft of its key
  --chain FILE           a parent of an agent delegation; may be repeated
  --contexts FILE        JSON-LD contexts that issuers registered with their nodes and that are not on the
                         ledger: [{"issuer": DID, "url": URL, "document": CONTEXT}, ...]
  --challenge TEXT       what the holder of a presentation was asked to repeat; without it nothing
  --domain TEXT          stops somebody from showing it again
  --any-holder           takes presentations of credentials about others than the holder
  --did-web              looks up did:web documents, over HTTPS
  --fetch-lists          fetches status lists that are not on the ledger, over HTTPS
  --json                 prints the whole result
  --offline              verifies a bundle without a chain. Whoever made the bundle could have written
  --digest SHA256        anything into it: it verifies only with its digest, known from somebody trusted

bundle
  Writes a credential and everything that its verification asks the chain for into one file: DID documents
  and their history, schema and contexts, status lists, registration, as of one block; prints its digest.
  --node URL             the node that issued it; it gives the credential by its ID, and its registration
  --api-key-file FILE    an API key of the node (credentials:read), to get the credential by its ID
  --out FILE             where it is written; standard output when left out

audit
  Recomputes the audit log of a node, from the node (its URL) or from an exported file, and tells the first entry
  that was altered, taken out, put in or moved. With --rpc it compares it with the heads on the ledger, too.
  --api-key-file FILE    an API key of the node (audit:read)
  --head PLACE:HASH      a head that was kept, such as one of an earlier verification; may be repeated

bulk
  Sends a file of rows to a node, which issues a credential to the holder of each; shows how far it is, and fetches
  two files at the end: what was issued, and the rows that were not, with the reasons, to be corrected and sent
  again. Ctrl-C leaves the job going on; its ID takes it up again.
  --node URL             the node
  --api-key-file FILE    an API key of the node (credentials:issue, credentials:read); --key KEY where others
                         cannot see the arguments of commands
  --schema ID            the schema, by its ID or alias
  --issuer DID           the issuer
  --proof-type NAME      how the credentials are secured, as GET /network lists it
  --expires TIME         2030-12-31T23:59:59Z
  --mapping MAP          a file or JSON: {"Student": "holderDid", "Title": "degree.name", "Note": null}
  --type csv|ndjson      how the rows are written; by default as the name of the file says
  --not-revocable        issues credentials without a status entry
  --dry-run              checks every row and issues none
  --success FILE         where the two files are written; by default beside FILE, .success and .failure
  --failures FILE        before the ending

Exit codes: 0 verified, 1 failed, 2 could not be decided, 64 wrong usage, 65 malformed input,
66 unreadable file, 69 chain or node does not answer. Of bulk: 0 all rows issued, 1 not all, 2 the job goes on.

Examples
  cartulary verify degree.json --rpc https://rpc.example --registries network.json
  cartulary verify - --rpc http://127.0.0.1:8545 --registries http://127.0.0.1:3000 < degree.jwt
  cartulary bundle degree.json --node https://issuer.example --rpc https://rpc.example --out degree.bundle
  cartulary verify degree.bundle --offline --digest 3c0f…
  cartulary bulk graduates.csv --node https://issuer.example --api-key-file key --schema degree-v1 --issuer did:ethr:…
`
