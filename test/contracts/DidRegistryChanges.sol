// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {DidRegistry} from "../../contracts/DidRegistry.sol";
import {IDidRegistry} from "../../contracts/interfaces/IDidRegistry.sol";
import {vm} from "./Vm.sol";

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
                keccak256("Cartulary DidRegistry"),
                keccak256("1"),
                chain,
                address(registry)
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }
}
