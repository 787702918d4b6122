// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title IAuthorization
/// @notice The refusals that the registries share: who may write on behalf of an issuer DID is asked of the
/// DidRegistry, and a relayed call carries an EIP-712 signature.
interface IAuthorization {
    /// @notice `actor` is neither the owner of `issuer` nor its valid delegate of `delegateType`, or the DID
    /// of `issuer` is deactivated.
    error NotAuthorized(address issuer, bytes32 delegateType, address actor);

    /// @notice The block's time is past `deadline` (seconds since 1970).
    error SignatureExpired(uint256 deadline);

    /// @notice `signer` did not sign this call, on this chain, for this contract, with the current nonce.
    error InvalidSignature(address signer);

    /// @notice The DidRegistry that decides who may write.
    function didRegistry() external view returns (address);
}
