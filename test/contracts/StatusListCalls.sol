// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {IStatusListRegistry} from "../../contracts/interfaces/IStatusListRegistry.sol";
import {vm} from "./Vm.sol";

/// @title Calls for the tests of StatusListRegistry
/// @notice EIP-712 signatures computed from the published types and domain, and indices drawn from a seed.
library StatusListCalls {
    bytes32 internal constant STATUS = "status";

    /// @notice A registration with its signature; `chain` is the chain that is signed for.
    function signedRegistration(
        IStatusListRegistry registry,
        uint256 chain,
        uint256 key,
        IStatusListRegistry.RegistrationOp memory op,
        uint256 deadline
    ) internal pure returns (bytes memory) {
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "RegisterEntries(bytes32 listId,uint32 expectedRegistered,uint32 count,bytes32 root,uint256 deadline)"
                ),
                op,
                deadline
            )
        );
        bytes memory signature = sign(registry, chain, key, structHash);
        return abi.encodeCall(registry.registerEntriesSigned, (op, deadline, vm.addr(key), signature));
    }

    /// @notice A change of status with its signature; `chain` is the chain that is signed for.
    function signedStatus(
        IStatusListRegistry registry,
        uint256 chain,
        uint256 key,
        IStatusListRegistry.StatusOp memory op,
        uint256 deadline
    ) internal pure returns (bytes memory) {
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "SetStatus(bytes32 listId,uint32 expectedVersion,bytes indices,bool value,uint256 deadline)"
                ),
                op.listId,
                op.expectedVersion,
                keccak256(op.indices),
                op.value,
                deadline
            )
        );
        bytes memory signature = sign(registry, chain, key, structHash);
        return abi.encodeCall(registry.setStatusSigned, (op, deadline, vm.addr(key), signature));
    }

    function sign(
        IStatusListRegistry registry,
        uint256 chain,
        uint256 key,
        bytes32 structHash
    ) internal pure returns (bytes memory) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("StatusListRegistry"),
                keccak256("1"),
                chain,
                registry
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, keccak256(abi.encodePacked("\x19\x01", domain, structHash)));
        return abi.encodePacked(r, s, v);
    }

    /// @notice 1 to 8 increasing indices below 512, so that changes meet in the same words.
    function randomIndices(uint256 seed) internal pure returns (bytes memory indices) {
        uint256 count = 1 + (seed % 8);
        for (uint32 i = 0; i < count; ++i) {
            uint32 offset = uint32(uint256(keccak256(abi.encode(seed, i))) % 64);
            indices = abi.encodePacked(indices, i * 64 + offset);
        }
    }

    /// @notice The index at a position of packed indices.
    function indexAt(bytes memory indices, uint256 position) internal pure returns (uint256 index) {
        for (uint256 i = 0; i < 4; ++i) index = (index << 8) | uint8(indices[position * 4 + i]);
    }
}
