// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {DidRegistry} from "../../contracts/DidRegistry.sol";
import {IDidRegistry} from "../../contracts/interfaces/IDidRegistry.sol";
import {IERC1056} from "../../contracts/interfaces/IERC1056.sol";
import {Vm, vm} from "./Vm.sol";

/// @title Batches for the tests of DidRegistry
library DidRegistryChanges {
    bytes32 internal constant STATUS = "status";

    /// @notice One of four accounts, whose private keys are 1 to 4.
    function accountOf(uint256 i) internal pure returns (address) {
        return vm.addr(1 + (i % 4));
    }

    /// @notice One to four changes of every kind, drawn from a seed; few of them deactivate.
    function randomChanges(uint256 seed) internal pure returns (IDidRegistry.Change[] memory changes) {
        changes = new IDidRegistry.Change[](1 + (seed % 4));
        for (uint256 i = 0; i < changes.length; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            IDidRegistry.ChangeKind kind = IDidRegistry.ChangeKind(random % 5);
            bool toNobody = kind == IDidRegistry.ChangeKind.ChangeOwner && random >> 250 < 8;
            changes[i].kind = kind;
            changes[i].value = abi.encodePacked(toNobody ? address(0) : accountOf(random >> 8));
            if (kind != IDidRegistry.ChangeKind.ChangeOwner) changes[i].name = STATUS;
            if (kind == IDidRegistry.ChangeKind.AddDelegate) changes[i].validity = (random >> 16) % 200;
            if (kind == IDidRegistry.ChangeKind.SetAttribute) changes[i].validity = (random >> 16) % 200;
        }
    }

    /// @notice EIP-712 digest of a batch, computed from the published type and domain.
    function changesDigest(
        DidRegistry registry,
        uint256 chain,
        address identity,
        IDidRegistry.Change[] memory changes,
        uint256 nonce,
        uint256 deadline
    ) internal pure returns (bytes32) {
        bytes memory change = "Change(uint8 kind,bytes32 name,bytes value,uint256 validity)";
        bytes memory batch = "ApplyChanges(address identity,Change[] changes,uint256 nonce,uint256 deadline)";
        bytes memory hashes;
        for (uint256 i = 0; i < changes.length; ++i) {
            IDidRegistry.Change memory c = changes[i];
            bytes memory encoded = abi.encode(
                keccak256(change),
                uint256(c.kind),
                c.name,
                keccak256(c.value),
                c.validity
            );
            hashes = bytes.concat(hashes, keccak256(encoded));
        }
        bytes32 typeHash = keccak256(bytes.concat(batch, change));
        bytes32 structHash = keccak256(abi.encode(typeHash, identity, keccak256(hashes), nonce, deadline));
        bytes32 domain = keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak256("DidRegistry"),
                keccak256("1"),
                chain,
                address(registry)
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    /// @notice The call of ERC-1056 that makes one change.
    function singleCall(
        address identity,
        IDidRegistry.Change memory change
    ) internal pure returns (bytes memory) {
        address account = address(bytes20(change.value));
        if (change.kind == IDidRegistry.ChangeKind.SetAttribute)
            return
                abi.encodeCall(IERC1056.setAttribute, (identity, change.name, change.value, change.validity));
        if (change.kind == IDidRegistry.ChangeKind.RevokeAttribute)
            return abi.encodeCall(IERC1056.revokeAttribute, (identity, change.name, change.value));
        if (change.kind == IDidRegistry.ChangeKind.AddDelegate)
            return abi.encodeCall(IERC1056.addDelegate, (identity, change.name, account, change.validity));
        if (change.kind == IDidRegistry.ChangeKind.RevokeDelegate)
            return abi.encodeCall(IERC1056.revokeDelegate, (identity, change.name, account));
        return abi.encodeCall(IERC1056.changeOwner, (identity, account));
    }

    /// @notice Digest of an event's data with its last static word, previousChange, left out.
    function dataWithoutPreviousChange(Vm.Log memory log) internal pure returns (bytes32) {
        if (log.topics[0] == IERC1056.DIDOwnerChanged.selector) {
            (address owner, ) = abi.decode(log.data, (address, uint256));
            return keccak256(abi.encode(owner));
        }
        if (log.topics[0] == IERC1056.DIDDelegateChanged.selector) {
            (bytes32 kind, address delegate, uint256 end, ) = abi.decode(log.data, (bytes32, address, uint256, uint256));
            return keccak256(abi.encode(kind, delegate, end));
        }
        (bytes32 name, bytes memory value, uint256 validTo, ) = abi.decode(
            log.data,
            (bytes32, bytes, uint256, uint256)
        );
        return keccak256(abi.encode(name, value, validTo));
    }
}
