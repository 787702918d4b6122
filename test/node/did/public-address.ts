import assert from 'node:assert/strict'
import { isPublicAddress } from '../../../node/did/public-address.ts'

const wrong = [
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.8',
  '192.168.1.1',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:8.8.8.8',
  '64:ff9b::7f00:1',
  'fe80::1',
  'fc00::1',
  'fd12:3456::1',
  'ff02::1',
  '2001::1',
  '2001:db8::1',
  '2002:7f00:1::',
  'localhost',
  '',
]

describe('public addresses', () => {
  for (const address of wrong) {
    it(`are not ${address || 'an empty string'}`, () => assert.equal(isPublicAddress(address), false))
  }
  for (const address of ['8.8.8.8', '172.32.0.1', '192.0.1.1', '2606:4700::1111', '2a00:1450:4001::200e']) {
    it(`are such as ${address}`, () => assert.equal(isPublicAddress(address), true))
  }
})
