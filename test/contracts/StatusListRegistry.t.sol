// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {DidRegistry} from "../../contracts/DidRegistry.sol";
import {StatusListRegistry} from "../../contracts/StatusListRegistry.sol";
import {IAuthorization} from "../../contracts/interfaces/IAuthorization.sol";
import {IStatusListRegistry} from "../../contracts/interfaces/IStatusListRegistry.sol";
import {Erc1271Wallet} from "./Erc1271Wallet.sol";
import {StatusListCalls} from "./StatusListCalls.sol";
import {vm} from "./Vm.sol";

/// @title Fuzz tests of StatusListRegistry
contract StatusListRegistryTest {
    uint32 private constant CAPACITY = 131_072;

    DidRegistry private _dids;
    StatusListRegistry private _registry;
    /// @dev In storage: the optimizer reads block.chainid anew after vm.chainId, as it is constant in a call.
    uint256 private _chain;
    address private _issuer;
    bytes32 private _listId;

    function setUp() external {
        _chain = block.chainid;
        _dids = new DidRegistry();
        _registry = new StatusListRegistry(_dids);
        _issuer = vm.addr(1);
        vm.prank(_issuer);
        _listId = _registry.createList(_issuer, IStatusListRegistry.Purpose.Suspension, 0, CAPACITY, "");
    }

    function testFuzz_RegistrationSignatureWorksOnceAndOnOneChain(
        uint32 count,
        bytes32 root,
        uint64 chain,
        uint32 life
    ) external {
        count = 1 + (count % (CAPACITY / 2));
        vm.assume(chain != _chain && chain != 0);
        uint256 deadline = block.timestamp + life;
        IStatusListRegistry.RegistrationOp memory op =
            IStatusListRegistry.RegistrationOp(_listId, 0, count, root);
        bytes memory data = StatusListCalls.signedRegistration(_registry, _chain, 1, op, deadline);

        vm.chainId(chain);
        require(!_call(data), "worked on another chain");
        vm.chainId(_chain);
        require(_call(data), "did not work");
        require(!_call(data), "worked twice");
        require(_registry.list(_listId).registered == count, "registered");
    }

    function testFuzz_StatusSignatureWorksOnceAndOnOneChain(uint256 seed, uint64 chain, uint32 life) external {
        vm.assume(chain != _chain && chain != 0);
        uint256 deadline = block.timestamp + life;
        bytes memory indices = StatusListCalls.randomIndices(seed);
        IStatusListRegistry.StatusOp memory op = IStatusListRegistry.StatusOp(_listId, 0, indices, true);
        bytes memory data = StatusListCalls.signedStatus(_registry, _chain, 1, op, deadline);

        vm.chainId(chain);
        require(!_call(data), "worked on another chain");
        vm.chainId(_chain);
        require(_call(data), "did not work");
        require(!_call(data), "worked twice");
        require(_registry.list(_listId).version == 1, "version");
    }

    function testFuzz_LateSignatureReverts(uint32 life, uint32 late) external {
        uint256 deadline = block.timestamp + life;
        IStatusListRegistry.RegistrationOp memory op = IStatusListRegistry.RegistrationOp(_listId, 0, 1, 0);
        bytes memory data = StatusListCalls.signedRegistration(_registry, _chain, 1, op, deadline);
        vm.warp(deadline + 1 + late);
        require(!_call(data), "worked after its deadline");
    }

    function testFuzz_NoSignatureMakesNobodyASigner(bytes calldata signature) external {
        IStatusListRegistry.RegistrationOp memory op = IStatusListRegistry.RegistrationOp(_listId, 0, 1, 0);
        require(!_registerFor(op, address(0), signature), "0x0 signed");
        vm.prank(_issuer);
        _dids.changeOwner(_issuer, address(0));
        require(!_registerFor(op, address(0), signature), "0x0 signed for a deactivated issuer");
    }

    function testFuzz_ContractOwnerSignsByErc1271(uint256 key, uint256 otherKey) external {
        key = 2 + (key % 1_000_000);
        otherKey = 2 + (otherKey % 1_000_000);
        vm.assume(key != otherKey);
        Erc1271Wallet wallet = new Erc1271Wallet(vm.addr(key));
        vm.prank(_issuer);
        _dids.changeOwner(_issuer, address(wallet));

        IStatusListRegistry.RegistrationOp memory op = IStatusListRegistry.RegistrationOp(_listId, 0, 1, 0);
        require(!_registerFor(op, address(wallet), _signature(otherKey, op)), "signed by another key");
        require(_registerFor(op, address(wallet), _signature(key, op)), "refused the key of the wallet");
        require(!_registerFor(op, address(wallet), _signature(key, op)), "worked twice");
    }

    /// @notice Any bytes as indices: accepted exactly when a plain reading of the rules accepts them, and then the
    /// bits are those indices and no others.
    function testFuzz_IndicesAreWellFormedOrRefused(bytes calldata noise, bool tidy) external {
        bytes memory indices = tidy ? _tidied(noise) : noise;
        bool valid = indices.length > 0 && indices.length % 4 == 0;
        for (uint256 i = 0; valid && i < indices.length / 4; ++i) {
            uint256 index = StatusListCalls.indexAt(indices, i);
            valid = index < CAPACITY && (i == 0 || index > StatusListCalls.indexAt(indices, i - 1));
        }
        vm.prank(_issuer);
        require(_call(abi.encodeCall(_registry.setStatus, (_listId, 0, indices, true))) == valid, "validity");
        if (!valid) return;
        uint256 ones;
        bytes32[] memory words = _registry.words(_listId, 0, CAPACITY / 256);
        for (uint256 i = 0; i < words.length; ++i) {
            for (uint256 word = uint256(words[i]); word != 0; word &= word - 1) ++ones;
        }
        require(ones == indices.length / 4, "number of ones");
        for (uint256 i = 0; i < ones; ++i) {
            require(_registry.statusOf(_listId, StatusListCalls.indexAt(indices, i)), "status");
        }
    }

    function testFuzz_ListIdsDiffer(address a, bool p, uint32 n, address b, bool q, uint32 m) external view {
        vm.assume(a != b || p != q || n != m);
        bytes32 first = _registry.listIdOf(a, IStatusListRegistry.Purpose(p ? 1 : 0), n);
        bytes32 second = _registry.listIdOf(b, IStatusListRegistry.Purpose(q ? 1 : 0), m);
        require(first != second, "same id");
    }

    function testFuzz_NobodyOpensAListForAnother(address issuer, address caller, uint32 number) external {
        vm.assume(issuer != caller && caller != address(0));
        vm.expectRevert(
            abi.encodeWithSelector(IAuthorization.NotAuthorized.selector, issuer, StatusListCalls.STATUS, caller)
        );
        vm.prank(caller);
        _registry.createList(issuer, IStatusListRegistry.Purpose.Revocation, number, CAPACITY, "");
    }

    /// @dev Indices out of the noise: increasing, with steps below 4,096, at most 32.
    function _tidied(bytes calldata noise) private pure returns (bytes memory indices) {
        uint32 index;
        for (uint256 i = 0; i + 1 < noise.length && i < 64; i += 2) {
            index += 1 + (uint32(uint8(noise[i])) << 4) + (uint8(noise[i + 1]) & 15);
            indices = abi.encodePacked(indices, index);
        }
    }

    function _signature(
        uint256 key,
        IStatusListRegistry.RegistrationOp memory op
    ) private view returns (bytes memory) {
        bytes32 typeHash = keccak256(
            "RegisterEntries(bytes32 listId,uint32 expectedRegistered,uint32 count,bytes32 root,uint256 deadline)"
        );
        bytes32 structHash = keccak256(abi.encode(typeHash, op, block.timestamp));
        return StatusListCalls.sign(_registry, _chain, key, structHash);
    }

    function _registerFor(
        IStatusListRegistry.RegistrationOp memory op,
        address signer,
        bytes memory signature
    ) private returns (bool) {
        return _call(abi.encodeCall(_registry.registerEntriesSigned, (op, block.timestamp, signer, signature)));
    }

    function _call(bytes memory data) private returns (bool success) {
        (success, ) = address(_registry).call(data);
    }
}
