// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IDidRegistry} from "./interfaces/IDidRegistry.sol";
import {IERC1056} from "./interfaces/IERC1056.sol";

/// @title DID registry
/// @notice ERC-1056 with final deactivation, several changes in one transaction, and EIP-712 signatures.
contract DidRegistry is IDidRegistry, EIP712 {
    /*//////////////////////////////////////////////////////////////
                                 TYPES
    //////////////////////////////////////////////////////////////*/

    /// @dev All that a write reads and writes of an identity, in one slot. `owner` 0x0: the identity itself, unless
    /// `deactivated`. `changed`: block of the newest event.
    struct Head {
        address owner;
        uint64 changed;
        bool deactivated;
    }

    bytes32 private constant _CHANGE_TYPEHASH =
        keccak256("Change(uint8 kind,bytes32 name,bytes value,uint256 validity)");

    bytes32 private constant _APPLY_CHANGES_TYPEHASH =
        keccak256(
            "ApplyChanges(address identity,Change[] changes,uint256 nonce,uint256 deadline)"
            "Change(uint8 kind,bytes32 name,bytes value,uint256 validity)"
        );

    /*//////////////////////////////////////////////////////////////
                                 STATE
    //////////////////////////////////////////////////////////////*/

    mapping(address identity => Head head) private _heads;

    mapping(address identity => uint256 nonce) private _changesNonces;

    /// @inheritdoc IERC1056
    mapping(address signer => uint256 nonce) public override nonce;

    /// @inheritdoc IERC1056
    mapping(address identity => mapping(bytes32 typeHash => mapping(address delegate => uint256 validTo)))
        public
        override delegates;

    constructor() EIP712("DidRegistry", "1") {}

    /*//////////////////////////////////////////////////////////////
                                ERC-1056
    //////////////////////////////////////////////////////////////*/

    /// @inheritdoc IERC1056
    function changeOwner(address identity, address newOwner) external {
        Head memory head = _headOfActor(identity);
        _changeOwner(identity, head, newOwner);
        _commit(identity, head);
    }

    /// @inheritdoc IERC1056
    function changeOwnerSigned(
        address identity,
        uint8 sigV,
        bytes32 sigR,
        bytes32 sigS,
        address newOwner
    ) external {
        bytes memory call = abi.encodePacked("changeOwner", newOwner);
        Head memory head = _headOfSigner(identity, sigV, sigR, sigS, call);
        _changeOwner(identity, head, newOwner);
        _commit(identity, head);
    }

    /// @inheritdoc IERC1056
    function addDelegate(
        address identity,
        bytes32 delegateType,
        address delegate,
        uint256 validity
    ) external {
        Head memory head = _headOfActor(identity);
        _setDelegate(identity, head, delegateType, delegate, block.timestamp + validity);
        _commit(identity, head);
    }

    /// @inheritdoc IERC1056
    function addDelegateSigned(
        address identity,
        uint8 sigV,
        bytes32 sigR,
        bytes32 sigS,
        bytes32 delegateType,
        address delegate,
        uint256 validity
    ) external {
        bytes memory call = abi.encodePacked("addDelegate", delegateType, delegate, validity);
        Head memory head = _headOfSigner(identity, sigV, sigR, sigS, call);
        _setDelegate(identity, head, delegateType, delegate, block.timestamp + validity);
        _commit(identity, head);
    }

    /// @inheritdoc IERC1056
    function revokeDelegate(address identity, bytes32 delegateType, address delegate) external {
        Head memory head = _headOfActor(identity);
        _setDelegate(identity, head, delegateType, delegate, 0);
        _commit(identity, head);
    }

    /// @inheritdoc IERC1056
    function revokeDelegateSigned(
        address identity,
        uint8 sigV,
        bytes32 sigR,
        bytes32 sigS,
        bytes32 delegateType,
        address delegate
    ) external {
        bytes memory call = abi.encodePacked("revokeDelegate", delegateType, delegate);
        Head memory head = _headOfSigner(identity, sigV, sigR, sigS, call);
        _setDelegate(identity, head, delegateType, delegate, 0);
        _commit(identity, head);
    }

    /// @inheritdoc IERC1056
    function setAttribute(
        address identity,
        bytes32 name,
        bytes calldata value,
        uint256 validity
    ) external {
        Head memory head = _headOfActor(identity);
        emit DIDAttributeChanged(identity, name, value, block.timestamp + validity, head.changed);
        _commit(identity, head);
    }

    /// @inheritdoc IERC1056
    function setAttributeSigned(
        address identity,
        uint8 sigV,
        bytes32 sigR,
        bytes32 sigS,
        bytes32 name,
        bytes calldata value,
        uint256 validity
    ) external {
        bytes memory call = abi.encodePacked("setAttribute", name, value, validity);
        Head memory head = _headOfSigner(identity, sigV, sigR, sigS, call);
        emit DIDAttributeChanged(identity, name, value, block.timestamp + validity, head.changed);
        _commit(identity, head);
    }

    /// @inheritdoc IERC1056
    function revokeAttribute(address identity, bytes32 name, bytes calldata value) external {
        Head memory head = _headOfActor(identity);
        emit DIDAttributeChanged(identity, name, value, 0, head.changed);
        _commit(identity, head);
    }

    /// @inheritdoc IERC1056
    function revokeAttributeSigned(
        address identity,
        uint8 sigV,
        bytes32 sigR,
        bytes32 sigS,
        bytes32 name,
        bytes calldata value
    ) external {
        bytes memory call = abi.encodePacked("revokeAttribute", name, value);
        Head memory head = _headOfSigner(identity, sigV, sigR, sigS, call);
        emit DIDAttributeChanged(identity, name, value, 0, head.changed);
        _commit(identity, head);
    }

    /*//////////////////////////////////////////////////////////////
                                BATCHES
    //////////////////////////////////////////////////////////////*/

    /// @inheritdoc IDidRegistry
    function applyChanges(address identity, Change[] calldata changes) external {
        _applyChanges(identity, msg.sender, _heads[identity], changes);
    }

    /// @inheritdoc IDidRegistry
    function applyChangesSigned(
        address identity,
        Change[] calldata changes,
        uint256 deadline,
        bytes calldata signature
    ) external {
        if (block.timestamp > deadline) revert SignatureExpired(deadline);
        Head memory head = _heads[identity];
        address owner = _ownerOf(identity, head);
        if (owner == address(0)) revert IdentityDeactivated(identity);
        bytes32 digest = _changesDigest(identity, changes, _changesNonces[identity]++, deadline);
        if (!SignatureChecker.isValidSignatureNowCalldata(owner, digest, signature)) revert InvalidSignature(owner);
        _applyChanges(identity, owner, head, changes);
    }

    /*//////////////////////////////////////////////////////////////
                                 READS
    //////////////////////////////////////////////////////////////*/

    /// @inheritdoc IERC1056
    function identityOwner(address identity) external view returns (address) {
        return _ownerOf(identity, _heads[identity]);
    }

    /// @inheritdoc IERC1056
    function owners(address identity) external view returns (address) {
        return _heads[identity].owner;
    }

    /// @inheritdoc IERC1056
    function validDelegate(
        address identity,
        bytes32 delegateType,
        address delegate
    ) external view returns (bool) {
        return !_heads[identity].deactivated && _isDelegate(identity, delegateType, delegate);
    }

    /// @inheritdoc IERC1056
    function changed(address identity) external view returns (uint256) {
        return _heads[identity].changed;
    }

    /// @inheritdoc IDidRegistry
    function changesNonce(address identity) external view returns (uint256) {
        return _changesNonces[identity];
    }

    /// @inheritdoc IDidRegistry
    function isActive(address identity) external view returns (bool) {
        return _ownerOf(identity, _heads[identity]) != address(0);
    }

    /// @inheritdoc IDidRegistry
    function isAuthorized(
        address identity,
        bytes32 delegateType,
        address actor
    ) external view returns (bool) {
        address owner = _ownerOf(identity, _heads[identity]);
        if (owner == address(0)) return false;
        return actor == owner || _isDelegate(identity, delegateType, actor);
    }

    /*//////////////////////////////////////////////////////////////
                               INTERNALS
    //////////////////////////////////////////////////////////////*/

    /// @dev Applies one change after the other; `actor` must own the identity before each of them.
    function _applyChanges(
        address identity,
        address actor,
        Head memory head,
        Change[] calldata changes
    ) private {
        uint256 length = changes.length;
        if (length == 0) revert NoChanges(identity);
        for (uint256 i = 0; i < length; ++i) {
            address owner = _ownerOf(identity, head);
            if (owner == address(0)) revert IdentityDeactivated(identity);
            if (owner != actor) revert NotIdentityOwner(identity, actor);
            _applyChange(identity, head, changes[i], i);
        }
        _commit(identity, head);
    }

    /// @dev Applies the change at `index` of a batch and emits its event; a change of owner is left in `head`.
    function _applyChange(address identity, Head memory head, Change calldata change, uint256 index) private {
        ChangeKind kind = change.kind;
        bool set = kind == ChangeKind.SetAttribute || kind == ChangeKind.AddDelegate;
        if (!set && change.validity != 0) revert InvalidChange(index);
        uint256 validTo = set ? block.timestamp + change.validity : 0;
        if (kind == ChangeKind.SetAttribute || kind == ChangeKind.RevokeAttribute) {
            emit DIDAttributeChanged(identity, change.name, change.value, validTo, head.changed);
            return;
        }
        if (change.value.length != 20) revert InvalidChange(index);
        address account = address(bytes20(change.value));
        if (kind == ChangeKind.ChangeOwner) {
            if (change.name != 0) revert InvalidChange(index);
            _changeOwner(identity, head, account);
        } else {
            _setDelegate(identity, head, change.name, account, validTo);
        }
    }

    /// @dev Changes the owner in `head`, for `_commit` to store.
    function _changeOwner(address identity, Head memory head, address newOwner) private {
        head.owner = newOwner;
        head.deactivated = newOwner == address(0);
        emit DIDOwnerChanged(identity, newOwner, head.changed);
    }

    function _setDelegate(
        address identity,
        Head memory head,
        bytes32 delegateType,
        address delegate,
        uint256 validTo
    ) private {
        delegates[identity][_typeHash(delegateType)][delegate] = validTo;
        emit DIDDelegateChanged(identity, delegateType, delegate, validTo, head.changed);
    }

    /// @dev Stores what a call has changed: one write, after its events.
    function _commit(address identity, Head memory head) private {
        head.changed = uint64(block.number);
        _heads[identity] = head;
    }

    /// @dev The identity's head, once it is known that the caller owns it. The caller 0x0 of an `eth_call` without
    /// sender owns nothing, deactivated identities included.
    function _headOfActor(address identity) private view returns (Head memory head) {
        head = _heads[identity];
        address owner = _ownerOf(identity, head);
        // The reason that clients of ERC-1056 look for.
        // solhint-disable-next-line gas-custom-errors
        require(owner != address(0) && msg.sender == owner, "bad_actor");
    }

    /// @dev The identity's head, once it is known that its owner signed `call` at the owner's nonce, which is used up.
    /// A signature that recovers to nobody is refused before anything else. Both forms of an ECDSA signature are
    /// taken, as ERC-1056 registries do; the nonce makes the second worthless.
    function _headOfSigner(
        address identity,
        uint8 sigV,
        bytes32 sigR,
        bytes32 sigS,
        bytes memory call
    ) private returns (Head memory head) {
        head = _heads[identity];
        address owner = _ownerOf(identity, head);
        bytes32 digest = keccak256(abi.encodePacked(hex"1900", address(this), nonce[owner], identity, call));
        address signer = ecrecover(digest, sigV, sigR, sigS);
        // The reason that clients of ERC-1056 look for.
        // solhint-disable-next-line gas-custom-errors
        require(signer != address(0) && signer == owner, "bad_signature");
        ++nonce[signer];
    }

    /// @dev EIP-712 digest of a batch.
    function _changesDigest(
        address identity,
        Change[] calldata changes,
        uint256 changesNonce_,
        uint256 deadline
    ) private view returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](changes.length);
        for (uint256 i = 0; i < changes.length; ++i) {
            Change calldata change = changes[i];
            hashes[i] = keccak256(
                abi.encode(
                    _CHANGE_TYPEHASH,
                    change.kind,
                    change.name,
                    keccak256(change.value),
                    change.validity
                )
            );
        }
        bytes32 changesHash = keccak256(abi.encodePacked(hashes));
        return
            _hashTypedDataV4(
                keccak256(
                    abi.encode(_APPLY_CHANGES_TYPEHASH, identity, changesHash, changesNonce_, deadline)
                )
            );
    }

    function _isDelegate(address identity, bytes32 delegateType, address delegate) private view returns (bool) {
        return delegates[identity][_typeHash(delegateType)][delegate] > block.timestamp;
    }

    function _ownerOf(address identity, Head memory head) private pure returns (address) {
        if (head.deactivated) return address(0);
        return head.owner == address(0) ? identity : head.owner;
    }

    function _typeHash(bytes32 delegateType) private pure returns (bytes32) {
        return keccak256(abi.encode(delegateType));
    }
}
