import assert from 'node:assert/strict'
import { type Address, getAddress, type Hex, type TypedDataParameter, zeroAddress } from 'viem'
import { assertReverts } from './assert-reverts.ts'
import type { DeployedRegistries } from './registries.ts'

/** A function `…Signed` of a registry, ready to be called once. */
export interface SignedCall {
  /** Address of the registry; its contract name is the name of the EIP-712 domain. */
  contract: { name: string; address: Address }
  primaryType: string
  /** Fields of the EIP-712 type before `nonce` (where it has one) and `deadline`. */
  fields: readonly TypedDataParameter[]
  message: Record<string, unknown>
  /** `nonce(signer)`, for the functions that have one. */
  nonce?: (signer: Address) => Promise<bigint>
  /** Sends the call from the relayer. */
  send(deadline: bigint, signer: Address, signature: Hex): Promise<Hex>
  /** The same with one argument changed. */
  sendTampered(deadline: bigint, signer: Address, signature: Hex): Promise<Hex>
  /** The same for an issuer 0x0, where the issuer is an argument. */
  sendForNobody?: (deadline: bigint, signer: Address, signature: Hex) => Promise<Hex>
  /** Whether the call took effect. */
  done(): Promise<boolean>
  /** Error of a second submission. */
  replayError: string
}

/** What every function `…Signed` does and refuses; `arrange` is called on a fresh state for each test. */
export function behavesAsSignedCall(
  deployed: () => DeployedRegistries,
  arrange: () => Promise<SignedCall>,
): void {
  type Wallet = DeployedRegistries['issuer']
  const garbage: Hex = `0x${'11'.repeat(64)}1b`
  let call: SignedCall
  let deadline: bigint

  const sign = async (
    wallet: Wallet,
    domain: { chainId?: number; verifyingContract?: Address } = {},
  ): Promise<Hex> => {
    const nonce = await call.nonce?.(wallet.account.address)
    return wallet.signTypedData({
      domain: {
        name: call.contract.name,
        version: '1',
        chainId: await deployed().client.getChainId(),
        verifyingContract: call.contract.address,
        ...domain,
      },
      types: {
        [call.primaryType]: [
          ...call.fields,
          ...(nonce === undefined ? [] : [{ name: 'nonce', type: 'uint256' }]),
          { name: 'deadline', type: 'uint256' },
        ],
      },
      primaryType: call.primaryType,
      message: { ...call.message, ...(nonce === undefined ? {} : { nonce }), deadline },
    })
  }
  const address = (wallet: Wallet) => wallet.account.address
  const checksum = (wallet: Wallet) => getAddress(address(wallet))

  beforeEach(async () => {
    call = await arrange()
    deadline = (await deployed().now()) + 3_600n
    assert.equal(await call.done(), false)
  })

  it('takes the signature of the owner from anyone who sends it', async () => {
    const { issuer } = deployed()
    await call.send(deadline, address(issuer), await sign(issuer))
    assert.equal(await call.done(), true)
  })

  it('takes the signature of a delegate', async () => {
    const { delegate } = deployed()
    await call.send(deadline, address(delegate), await sign(delegate))
    assert.equal(await call.done(), true)
  })

  it('refuses a signature that was used', async () => {
    const { issuer } = deployed()
    const signature = await sign(issuer)
    await call.send(deadline, address(issuer), signature)
    await assertReverts(call.send(deadline, address(issuer), signature), call.replayError)
  })

  it('refuses a signature made for another chain', async () => {
    const { issuer } = deployed()
    const signature = await sign(issuer, { chainId: 1 })
    await assertReverts(call.send(deadline, address(issuer), signature), 'InvalidSignature', [
      checksum(issuer),
    ])
  })

  it('refuses a signature made for another contract', async () => {
    const { issuer, didRegistry } = deployed()
    const signature = await sign(issuer, { verifyingContract: didRegistry.address })
    await assertReverts(call.send(deadline, address(issuer), signature), 'InvalidSignature', [
      checksum(issuer),
    ])
  })

  it('refuses a signature over another argument', async () => {
    const { issuer } = deployed()
    await assertReverts(call.sendTampered(deadline, address(issuer), await sign(issuer)), 'InvalidSignature')
  })

  it('refuses a signature over another deadline', async () => {
    const { issuer } = deployed()
    await assertReverts(call.send(deadline + 1n, address(issuer), await sign(issuer)), 'InvalidSignature')
  })

  it('refuses a signature after its deadline', async () => {
    const { issuer, chain } = deployed()
    const signature = await sign(issuer)
    await chain.setNextBlockTimestamp({ timestamp: deadline + 1n })
    await chain.mine({ blocks: 1 })
    await assertReverts(call.send(deadline, address(issuer), signature), 'SignatureExpired', [deadline])
  })

  it('refuses the signature of a stranger, under its own name and under that of the owner', async () => {
    const { issuer, stranger } = deployed()
    const signature = await sign(stranger)
    await assertReverts(call.send(deadline, address(stranger), signature), 'NotAuthorized')
    await assertReverts(call.send(deadline, address(issuer), signature), 'InvalidSignature', [
      checksum(issuer),
    ])
  })

  it('refuses a recovered signer of 0x0, for issuer 0x0 and after deactivation too', async () => {
    const refused = (sent: Promise<Hex>) => assertReverts(sent, 'InvalidSignature', [zeroAddress])
    await refused(call.send(deadline, zeroAddress, garbage))
    if (call.sendForNobody) await refused(call.sendForNobody(deadline, zeroAddress, garbage))
    await deployed().deactivateIssuer()
    await refused(call.send(deadline, zeroAddress, garbage))
  })

  it('refuses malformed signatures', async () => {
    const { issuer } = deployed()
    const signature = await sign(issuer)
    for (const malformed of ['0x', garbage, signature.slice(0, -2), `${signature}00`] as Hex[]) {
      await assertReverts(call.send(deadline, address(issuer), malformed), 'InvalidSignature')
    }
  })

  it('refuses owner and delegate of a deactivated issuer', async () => {
    const { issuer, delegate, deactivateIssuer } = deployed()
    const signatures = [await sign(issuer), await sign(delegate)] as const
    await deactivateIssuer()
    await assertReverts(call.send(deadline, address(issuer), signatures[0]), 'NotAuthorized')
    await assertReverts(call.send(deadline, address(delegate), signatures[1]), 'NotAuthorized')
    assert.equal(await call.done(), false)
  })

  it('refuses a former owner, and takes the new one', async () => {
    const { issuer, stranger, didRegistry } = deployed()
    const old = await sign(issuer)
    await didRegistry.write.changeOwner([address(issuer), address(stranger)])
    await assertReverts(call.send(deadline, address(issuer), old), 'NotAuthorized')
    await call.send(deadline, address(stranger), await sign(stranger))
    assert.equal(await call.done(), true)
  })
}
