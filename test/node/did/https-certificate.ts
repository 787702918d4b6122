// A self-signed certificate of issuer.example for servers of tests, and its key; valid until 2125. Made with:
// openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj /CN=issuer.example
// -addext subjectAltName=DNS:issuer.example

/** Certificate (PEM); a client trusts it as its own authority. */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBozCCAUqgAwIBAgIUKGHYu/UEs80BMuswMCjIMz03gFEwCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOaXNzdWVyLmV4YW1wbGUwIBcNMjYxMTIxMDQ0ODI1WhgPMjEy
NjEwMjgwNDQ4MjVaMBkxFzAVBgNVBAMMDmlzc3Vlci5leGFtcGxlMFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAE+Qa4esWn0OUQ1pz35PcxrDQ7GL6EXBnjRahCwu5T
sZ8xEhAxf04LKbjp9KVcbV3WO/gBsJJMn3PX5Fz7JAmFQKNuMGwwHQYDVR0OBBYE
FLicc4b7YFEhQUDNFo2gVgk211tkMB8GA1UdIwQYMBaAFLicc4b7YFEhQUDNFo2g
Vgk211tkMA8GA1UdEwEB/wQFMAMBAf8wGQYDVR0RBBIwEIIOaXNzdWVyLmV4YW1w
bGUwCgYIKoZIzj0EAwIDRwAwRAIgHol4QKK0lQ/5w1OvynrKWugWLyfMI4aXreAp
EzZBUAsCICAca1h1Rg8Y/lfZz5VzVn/MWW55SMNjdqfJRV7bPIvT
-----END CERTIFICATE-----`

/** Its private key (PEM). */
export const certificateKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgiXsRoArwVx8n5M/8
oC7aMVUcpl+mAo5ic/27ODH6EXGhRANCAAT5Brh6xafQ5RDWnPfk9zGsNDsYvoRc
GeNFqELC7lOxnzESEDF/TgspuOn0pVxtXdY7+AGwkkyfc9fkXPskCYVA
-----END PRIVATE KEY-----`
