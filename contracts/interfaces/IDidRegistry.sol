// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {IERC1056} from "./IERC1056.sol";

/// @title DID registry
/// @notice ERC-1056 with final deactivation, several changes in one transaction, and EIP-712 signatures.
/// @dev A deactivated identity has owner 0x0: nothing about it can be written again, by whatever path.
interface IDidRegistry is IERC1056 {
    /*//////////////////////////////////////////////////////////////
                                 TYPES
    //////////////////////////////////////////////////////////////*/

    /// @notice The kinds of change to an identity.
    enum ChangeKind {
        SetAttribute,
        RevokeAttribute,
        AddDelegate,
        RevokeDelegate,
        ChangeOwner
    }

    /// @notice One change to an identity.
    /// @param kind What is changed.
    /// @param name Attribute name or delegate type, ASCII padded with zeros on the right; 0 for a change of owner.
    /// @param value Bytes of the attribute, or the 20 bytes of the delegate or the new owner.
    /// @param validity Seconds from the block of the call; 0 for revocations and a change of owner.
    struct Change {
        ChangeKind kind;
        bytes32 name;
        bytes value;
        uint256 validity;
    }

    /*//////////////////////////////////////////////////////////////
                                 ERRORS
    //////////////////////////////////////////////////////////////*/

    /// @notice The identity is deactivated (or is address 0x0, which nobody owns).
    /// @param identity The identity.
    error IdentityDeactivated(address identity);

    /// @notice The actor does not own the identity, or no longer does at this point of the batch.
    /// @param identity The identity.
    /// @param actor Caller or signer.
    error NotIdentityOwner(address identity, address actor);

    /// @notice A batch holds no change.
    /// @param identity The identity.
    error NoChanges(address identity);

    /// @notice A change has a value of the wrong length, or a name or validity that its kind does not take.
    /// @param index Its position in the batch, from 0.
    error InvalidChange(uint256 index);

    /// @notice The signature was presented after its deadline.
    /// @param deadline The deadline, in seconds since 1970.
    error SignatureExpired(uint256 deadline);

    /// @notice The signature is not one of the identity's owner over these changes, at this nonce, on this chain.
    /// @param signer The owner, who had to sign.
    error InvalidSignature(address signer);

    /*//////////////////////////////////////////////////////////////
                                 WRITES
    //////////////////////////////////////////////////////////////*/

    /// @notice Applies changes to an identity in their order, as if its owner had made them one after the other; the
    /// events of all of them carry the same `previousChange`.
    /// @dev Warning: a batch that gives the identity away must do so in its last change; any after it reverts the whole.
    /// @param identity The identity.
    /// @param changes The changes, at least one.
    function applyChanges(address identity, Change[] calldata changes) external;

    /// @notice `applyChanges` by EIP-712 signature of the identity's owner, whoever sends it.
    /// @dev Domain: name `DidRegistry`, version `1`, chain id, this contract. Type:
    /// `ApplyChanges(address identity,Change[] changes,uint256 nonce,uint256 deadline)` with
    /// `Change(uint8 kind,bytes32 name,bytes value,uint256 validity)`, where nonce is `changesNonce(identity)`.
    /// @dev Warning: an unused signature stays good until its deadline or until another one takes its nonce; other
    /// changes, and an owner who leaves and returns, do not cancel it. An owner with code, an EIP-7702 account
    /// included, is asked by ERC-1271 and by nothing else.
    /// @param identity The identity.
    /// @param changes The changes, at least one.
    /// @param deadline Last time, in seconds, at which the signature is good.
    /// @param signature 65 bytes (r, s, v) of a key, or whatever the owner's ERC-1271 contract takes.
    function applyChangesSigned(
        address identity,
        Change[] calldata changes,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /*//////////////////////////////////////////////////////////////
                                 READS
    //////////////////////////////////////////////////////////////*/

    /// @notice How many signed batches were applied to an identity; unlike `nonce(signer)`, of the identity itself.
    /// @param identity The identity.
    /// @return The nonce of the next one.
    function changesNonce(address identity) external view returns (uint256);

    /// @notice Whether an identity has an owner: false once it is deactivated, and for address 0x0.
    /// @param identity The identity.
    /// @return True when it has.
    function isActive(address identity) external view returns (bool);

    /// @notice Whether an actor may act for an identity: its owner, or a valid delegate of the type; nobody may for a
    /// deactivated one.
    /// @param identity The identity.
    /// @param delegateType Type of the delegate, ASCII padded with zeros on the right.
    /// @param actor The actor.
    /// @return True when it may.
    function isAuthorized(address identity, bytes32 delegateType, address actor) external view returns (bool);
}
