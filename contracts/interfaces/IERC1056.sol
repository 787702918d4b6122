// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

/// @title ERC-1056: lightweight identity
/// @notice The complete ERC-1056 interface, with the getters, signed calls and revert reasons that its tools rely on:
/// `bad_actor` when the caller is not the owner, `bad_signature` when the recovered signer is not.
/// @dev An identity is any address; it exists without registration and is its own first owner. Every event carries
/// the block of the identity's change before it, so that a reader walks its history from `changed` backwards.
/// @dev Warning: the hash of a signed call is `keccak256(0x19 ‖ 0x00 ‖ registry ‖ nonce(owner) ‖ identity ‖ name of
/// the call ‖ its arguments, packed)`: it holds no chain id and no deadline. A registry at the same address on another
/// chain accepts the same signature, and an unused one stays good until the owner's nonce moves on.
interface IERC1056 {
    /*//////////////////////////////////////////////////////////////
                                 EVENTS
    //////////////////////////////////////////////////////////////*/

    /// @notice The owner of an identity changed.
    /// @param identity The identity.
    /// @param owner Its new owner; 0x0 when the identity was deactivated.
    /// @param previousChange Block of the identity's previous change; 0 when there was none.
    event DIDOwnerChanged(address indexed identity, address owner, uint256 previousChange);

    /// @notice A delegate of an identity was added or revoked.
    /// @param identity The identity.
    /// @param delegateType Type of the delegate, ASCII padded with zeros on the right.
    /// @param delegate The delegate.
    /// @param validTo Time in seconds at which the delegate ceases to be valid; 0 when it was revoked.
    /// @param previousChange Block of the identity's previous change; 0 when there was none.
    event DIDDelegateChanged(
        address indexed identity,
        bytes32 delegateType,
        address delegate,
        uint256 validTo,
        uint256 previousChange
    );

    /// @notice An attribute of an identity was set or revoked.
    /// @param identity The identity.
    /// @param name Name of the attribute, ASCII padded with zeros on the right.
    /// @param value Value of the attribute.
    /// @param validTo Time in seconds at which the attribute ceases to be valid; 0 when it was revoked.
    /// @param previousChange Block of the identity's previous change; 0 when there was none.
    event DIDAttributeChanged(
        address indexed identity,
        bytes32 name,
        bytes value,
        uint256 validTo,
        uint256 previousChange
    );

    /*//////////////////////////////////////////////////////////////
                                 OWNER
    //////////////////////////////////////////////////////////////*/

    /// @notice Gives an identity a new owner. Reverts with `bad_actor` when the caller is not its owner.
    /// @dev Warning: delegates and attributes stay as they are. `newOwner` is not asked for consent: a mistyped
    /// address is a lost identity.
    /// @param identity The identity.
    /// @param newOwner The new owner; 0x0 deactivates the identity for ever.
    function changeOwner(address identity, address newOwner) external;

    /// @notice `changeOwner` by signature of the owner over `"changeOwner" ‖ newOwner`. Reverts with `bad_signature`.
    /// @param identity The identity.
    /// @param sigV Recovery byte, 27 or 28.
    /// @param sigR First half of the signature.
    /// @param sigS Second half of the signature.
    /// @param newOwner The new owner; 0x0 deactivates the identity for ever.
    function changeOwnerSigned(address identity, uint8 sigV, bytes32 sigR, bytes32 sigS, address newOwner) external;

    /*//////////////////////////////////////////////////////////////
                               DELEGATES
    //////////////////////////////////////////////////////////////*/

    /// @notice Makes an address a delegate of an identity. Reverts with `bad_actor` when the caller is not its owner.
    /// @param identity The identity.
    /// @param delegateType Type of the delegate, ASCII padded with zeros on the right.
    /// @param delegate The delegate.
    /// @param validity Seconds from now for which it is valid; replaces an earlier term, longer or shorter.
    function addDelegate(address identity, bytes32 delegateType, address delegate, uint256 validity) external;

    /// @notice `addDelegate` by signature of the owner over `"addDelegate" ‖ delegateType ‖ delegate ‖ validity`.
    /// Reverts with `bad_signature`.
    /// @param identity The identity.
    /// @param sigV Recovery byte, 27 or 28.
    /// @param sigR First half of the signature.
    /// @param sigS Second half of the signature.
    /// @param delegateType Type of the delegate, ASCII padded with zeros on the right.
    /// @param delegate The delegate.
    /// @param validity Seconds from the block of the call, not from signing, for which it is valid.
    function addDelegateSigned(
        address identity,
        uint8 sigV,
        bytes32 sigR,
        bytes32 sigS,
        bytes32 delegateType,
        address delegate,
        uint256 validity
    ) external;

    /// @notice Ends a delegate's term at once. Reverts with `bad_actor` when the caller is not the identity's owner.
    /// @param identity The identity.
    /// @param delegateType Type of the delegate, ASCII padded with zeros on the right.
    /// @param delegate The delegate.
    function revokeDelegate(address identity, bytes32 delegateType, address delegate) external;

    /// @notice `revokeDelegate` by signature of the owner over `"revokeDelegate" ‖ delegateType ‖ delegate`. Reverts
    /// with `bad_signature`.
    /// @param identity The identity.
    /// @param sigV Recovery byte, 27 or 28.
    /// @param sigR First half of the signature.
    /// @param sigS Second half of the signature.
    /// @param delegateType Type of the delegate, ASCII padded with zeros on the right.
    /// @param delegate The delegate.
    function revokeDelegateSigned(
        address identity,
        uint8 sigV,
        bytes32 sigR,
        bytes32 sigS,
        bytes32 delegateType,
        address delegate
    ) external;

    /*//////////////////////////////////////////////////////////////
                               ATTRIBUTES
    //////////////////////////////////////////////////////////////*/

    /// @notice Sets an attribute of an identity. Reverts with `bad_actor` when the caller is not its owner.
    /// @dev Warning: neither name nor value is checked; what a resolver makes of them is the resolver's affair.
    /// @param identity The identity.
    /// @param name Name of the attribute, ASCII padded with zeros on the right.
    /// @param value Value of the attribute; it stands in the event alone.
    /// @param validity Seconds from now for which it is valid.
    function setAttribute(address identity, bytes32 name, bytes calldata value, uint256 validity) external;

    /// @notice `setAttribute` by signature of the owner over `"setAttribute" ‖ name ‖ value ‖ validity`. Reverts with
    /// `bad_signature`.
    /// @param identity The identity.
    /// @param sigV Recovery byte, 27 or 28.
    /// @param sigR First half of the signature.
    /// @param sigS Second half of the signature.
    /// @param name Name of the attribute, ASCII padded with zeros on the right.
    /// @param value Value of the attribute.
    /// @param validity Seconds from the block of the call, not from signing, for which it is valid.
    function setAttributeSigned(
        address identity,
        uint8 sigV,
        bytes32 sigR,
        bytes32 sigS,
        bytes32 name,
        bytes calldata value,
        uint256 validity
    ) external;

    /// @notice Revokes the attribute with exactly this name and value. Reverts with `bad_actor` when the caller is not
    /// the identity's owner.
    /// @dev Warning: attributes stand in events alone, so it is not checked that this one was ever set.
    /// @param identity The identity.
    /// @param name Name of the attribute, ASCII padded with zeros on the right.
    /// @param value Value of the attribute.
    function revokeAttribute(address identity, bytes32 name, bytes calldata value) external;

    /// @notice `revokeAttribute` by signature of the owner over `"revokeAttribute" ‖ name ‖ value`. Reverts with
    /// `bad_signature`.
    /// @param identity The identity.
    /// @param sigV Recovery byte, 27 or 28.
    /// @param sigR First half of the signature.
    /// @param sigS Second half of the signature.
    /// @param name Name of the attribute, ASCII padded with zeros on the right.
    /// @param value Value of the attribute.
    function revokeAttributeSigned(
        address identity,
        uint8 sigV,
        bytes32 sigR,
        bytes32 sigS,
        bytes32 name,
        bytes calldata value
    ) external;

    /*//////////////////////////////////////////////////////////////
                                 READS
    //////////////////////////////////////////////////////////////*/

    /// @notice The owner of an identity: the identity itself until it was changed, 0x0 once it is deactivated.
    /// @param identity The identity.
    /// @return The owner.
    function identityOwner(address identity) external view returns (address);

    /// @notice The owner as stored: 0x0 while the identity is its own first owner, and once it is deactivated.
    /// @param identity The identity.
    /// @return The stored owner.
    function owners(address identity) external view returns (address);

    /// @notice Whether a delegate is valid now; false for every delegate of a deactivated identity.
    /// @param identity The identity.
    /// @param delegateType Type of the delegate, ASCII padded with zeros on the right.
    /// @param delegate The delegate.
    /// @return True when it is.
    function validDelegate(address identity, bytes32 delegateType, address delegate) external view returns (bool);

    /// @notice The time in seconds at which a delegate ceases to be valid; 0 when never added, or revoked.
    /// @dev Warning: it is not cleared when the identity is deactivated; `validDelegate` answers for both.
    /// @param identity The identity.
    /// @param typeHash keccak256 of the delegate type.
    /// @param delegate The delegate.
    /// @return validTo The time.
    function delegates(
        address identity,
        bytes32 typeHash,
        address delegate
    ) external view returns (uint256 validTo);

    /// @notice The block of the newest ERC-1056 event of an identity; 0 when there is none.
    /// @param identity The identity.
    /// @return The block number.
    function changed(address identity) external view returns (uint256);

    /// @notice How many signed calls of this interface a signer has made, for all identities that it owns.
    /// @param signer The signer.
    /// @return The nonce of the next one.
    function nonce(address signer) external view returns (uint256);
}
