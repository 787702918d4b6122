// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title IAuthorization
/// @notice The refusals that the registries share: who may write on behalf of an issuer DID is asked of the
/// DidRegistry, and a relayed call carries an EIP-712 signature.
/// @dev Warning: a signer with code, an EIP-7702 account included, is asked by ERC-1271 and by nothing else. An unused
/// signature stays good until its deadline, or until its nonce is used otherwise.
interface IAuthorization {
    /// @notice `actor` is neither the owner of `issuer` nor its valid delegate of `delegateType`, or the DID
    /// of `issuer` is deactivated.
    /// @param issuer Address of the issuer's DID.
    /// @param delegateType `schema` or `status`, padded with zeros on the right.
    /// @param actor Caller or signer.
    error NotAuthorized(address issuer, bytes32 delegateType, address actor);

    /// @notice The block's time is past the deadline.
    /// @param deadline Seconds since 1970.
    error SignatureExpired(uint256 deadline);

    /// @notice `signer` did not sign this call, on this chain, for this contract, with the current nonce.
    /// @param signer Who was said to have signed.
    error InvalidSignature(address signer);

    /// @notice The DidRegistry that decides who may write.
    /// @return Its address.
    function didRegistry() external view returns (address);
}
