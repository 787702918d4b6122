// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IAuthorization} from "./IAuthorization.sol";

/// @title IResourceRegistry
/// @notice What the registries of immutable resources share. A resource is named by parts, its key is
/// computed by the contract from them, its bytes stand in one event and its head in two storage slots.
///
/// A part (name, version or tag) is 1 to 256 bytes of printable ASCII without `/ : ? # %`, and neither `.`
/// nor `..`, so that it is exactly one segment of a DID URL path once percent-encoded.
///
/// To read a resource: `head(key)`, then the registration event of `key` in block `head.blockNumber`, then
/// compare SHA-256 of its bytes with `head.digest`.
interface IResourceRegistry is IAuthorization {
    /// @notice `part` is empty, too long, a dot segment, or holds a character that is refused.
    /// @param part Name, version or tag.
    error InvalidPart(string part);

    /// @notice The content is empty or too long.
    /// @param length Its length in bytes.
    /// @param maximum The greatest length.
    error InvalidContentLength(uint256 length, uint256 maximum);

    /// @notice A resource with this key exists: it never changes.
    /// @param key The key.
    error AlreadyRegistered(bytes32 key);

    /// @notice There is no resource with this key.
    /// @param key The key.
    error UnknownKey(bytes32 key);

    /// @notice The resource is deactivated, for ever.
    /// @param key Its key.
    error KeyDeactivated(bytes32 key);

    /// @notice Ends the use of a resource for new issuance; it stays readable and cannot be reactivated.
    /// @dev Warning: nothing that was issued before becomes invalid by this.
    /// @param key Key of the resource; msg.sender must be authorised by its issuer for `schema`.
    function deactivate(bytes32 key) external;

    /// @notice `deactivate` by EIP-712 signature, sent by anyone.
    /// Type: `Deactivate(bytes32 key,uint256 nonce,uint256 deadline)`, nonce = `nonces(signer)`.
    /// @param key Key of the resource.
    /// @param deadline Last second (since 1970) at which the signature counts.
    /// @param signer Owner or `schema` delegate of the resource's issuer; an ERC-1271 contract may sign.
    /// @param signature 65 bytes r ‖ s ‖ v, or what the ERC-1271 contract understands.
    function deactivateSigned(bytes32 key, uint256 deadline, address signer, bytes calldata signature) external;

    /// @notice The number that the next signature of a signer must carry.
    /// @param signer The signer.
    /// @return How many signatures of it were used.
    function nonces(address signer) external view returns (uint256);
}
